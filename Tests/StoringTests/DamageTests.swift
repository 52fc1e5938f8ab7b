import Bytes
import Model
import Packing
import Storing
import Support
import Testing

/// Any bytes may be found on disk: a start never fails for them, an answer never holds a wrong
/// row, and what is missing is said.
@Suite struct DamageTests {
  private static let batches = 24

  /// A disk with some segments of known rows, and the rows' counts.
  private func filled() async throws -> (disk: MemoryDisk, rows: [String: Int]) {
    let disk = MemoryDisk()
    var settings = Rows.settings()
    settings.segmentBytes = 6_000
    let store = try Store(
      opening: "/store", on: disk, settings: settings, clock: { Rows.now })
    for number in 0..<Self.batches {
      _ = try await store.append(Rows.batch("b\(number)"), idempotencyKey: nil)
    }
    let rows = try Rows.count(store)
    store.close()
    return (disk, rows)
  }

  private func segments(_ disk: MemoryDisk) -> [String] {
    disk.paths.filter { $0.hasSuffix(".seg") }
  }

  @Test func aFlippedBitCostsAtMostItsBatch() async throws {
    let (disk, rows) = try await filled()
    var random = SeededGenerator(seed: 3)
    var missing = 0
    for _ in 0..<150 {
      let copy = disk.crashed(using: &random)
      let path = try #require(segments(copy).randomElement(using: &random))
      copy.corrupt(path) { bytes in
        let bit = Int.random(in: 0..<(bytes.count * 8), using: &random)
        bytes[bit / 8] ^= 1 << UInt8(bit % 8)
      }
      let store = try Rows.open(copy)
      let found = try Rows.count(store)
      #expect(found.allSatisfy { $0.value == rows[$0.key] })
      #expect(rows.count - found.count <= 3)
      let samples = try store.series(
        in: .fleet, metric: "m", from: .min, through: .max, where: { _, _ in true })
      #expect(samples.count * 3 == found.count)
      #expect(samples.allSatisfy { $0.values == [0.1 + 0.2] })
      if found.count < rows.count {
        missing += 1
        #expect(store.isPartial)
        #expect(copy.paths.contains { $0.hasPrefix("/store/quarantine/") })
      }
      store.close()
    }
    // Most bits are in frames: a test that never hits one shows nothing.
    #expect(missing > 100)
  }

  @Test func aStrayWriteCostsWhatItHits() async throws {
    let (disk, rows) = try await filled()
    var random = SeededGenerator(seed: 5)
    for _ in 0..<60 {
      let copy = disk.crashed(using: &random)
      let paths = segments(copy)
      let path = try #require(paths.randomElement(using: &random))
      let source = copy.contents(try #require(paths.randomElement(using: &random)))
      let isZeros = Bool.random(using: &random)
      copy.corrupt(path) { bytes in
        let start = Int.random(in: 0..<max(1, bytes.count - 512), using: &random)
        let from = Int.random(in: 0..<max(1, source.count - 512), using: &random)
        for index in 0..<512 where start + index < bytes.count && from + index < source.count {
          bytes[start + index] = isZeros ? 0 : source[from + index]
        }
      }
      let store = try Rows.open(copy)
      let found = try Rows.count(store)
      #expect(found.allSatisfy { $0.value == rows[$0.key] })
      #expect(rows.count - found.count <= 3 * 3)
      store.close()
    }
  }

  @Test func anyLengthOfASegmentOpens() async throws {
    let disk = MemoryDisk()
    var store = try Rows.open(disk)
    for number in 0..<3 {
      _ = try await store.append(Rows.batch("b\(number)"), idempotencyKey: nil)
    }
    store.close()
    let path = try #require(segments(disk).first)
    let whole = disk.contents(path)
    var last = 0
    for length in stride(from: 0, through: whole.count, by: 11) {
      let copy = try Self.disk(holding: Array(whole.prefix(length)))
      store = try Rows.open(copy)
      let found = try Rows.count(store)
      #expect(found.count % 3 == 0 && found.count >= last)
      #expect(!store.isPartial)
      last = found.count
      store.close()
    }
    #expect(last == 9)
  }

  @Test func anyBytesAsASegmentOpenAndAreReported() throws {
    var random = SeededGenerator(seed: 4)
    for _ in 0..<100 {
      let bytes = (0..<Int.random(in: 4...3_000, using: &random)).map { _ in
        UInt8.random(in: 1...255, using: &random)
      }
      let disk = try Self.disk(holding: bytes)
      let store = try Rows.open(disk)
      #expect(try Rows.count(store).isEmpty)
      #expect(store.isPartial)
      #expect(disk.contents("/store/segments/00000001.seg") == bytes)
      store.close()
    }
  }

  /// A payload that lies although its checksum holds must not trap, whatever it says.
  @Test func aLyingPayloadIsRefused() async throws {
    let disk = MemoryDisk()
    let store = try Rows.open(disk)
    _ = try await store.append(Rows.batch("b"), idempotencyKey: nil)
    store.close()
    let frame = disk.contents(try #require(segments(disk).first)).dropLast(32)
    let header = 96
    let packed = Int(frame[88]) | Int(frame[89]) << 8
    let size = Int(frame[84]) | Int(frame[85]) << 8
    let payload = try LZ4.decompress(Array(frame.suffix(packed)), size: size)
    let names = Array(frame[header..<(frame.count - packed)])
    var random = SeededGenerator(seed: 6)
    for _ in 0..<300 {
      var lying = payload
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        // Most of what can lie are the counts and the tables, so aim there half of the time.
        let place =
          Bool.random(using: &random)
          ? Int.random(in: 0..<24, using: &random)
          : Int.random(in: 0..<lying.count, using: &random)
        lying[place] = UInt8.random(in: 0...255, using: &random)
      }
      let body = LZ4.compress(lying)
      var forged = Array(frame.prefix(header)) + names + body
      forged.replaceSubrange(88..<92, with: Self.little(UInt64(body.count)).prefix(4))
      forged.replaceSubrange(
        8..<16, with: Self.little(Checksum.xxh3(Array(forged.dropFirst(16)))))
      let again = try Rows.open(try Self.disk(holding: forged))
      _ = try Rows.count(again)
      again.close()
    }
  }

  @Test func aSegmentThatCannotBeReadLeavesTheOthers() async throws {
    let (disk, rows) = try await filled()
    disk.inject(.init(.read))
    let store = try Rows.open(disk)
    let found = try Rows.count(store)
    #expect(!found.isEmpty && found.count < rows.count)
    #expect(store.isPartial)
    _ = try await store.append(Rows.batch("later"), idempotencyKey: nil)
    store.close()
    let again = try Rows.open(disk)
    #expect(try Rows.count(again).count == rows.count + 3)
    #expect(!again.isPartial)
    again.close()
  }

  @Test func aReadThatFailsLaterIsPartialAndNoMore() async throws {
    let (disk, rows) = try await filled()
    let store = try Rows.open(disk)
    disk.inject(.init(.read))
    #expect(try Rows.count(store).count == rows.count - 3)
    #expect(store.isPartial)
    #expect(try Rows.count(store).count == rows.count)
    store.close()
  }

  private static func little(_ value: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
  }

  static func disk(holding segment: [UInt8]) throws -> MemoryDisk {
    let disk = MemoryDisk()
    try disk.makeFolder("/store")
    try disk.makeFolder("/store/segments")
    let file = try disk.open("/store/segments/00000001.seg", create: true)
    try file.append(segment, at: 0)
    return disk
  }
}
