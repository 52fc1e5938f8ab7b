import Bytes
import Model
import Packing
import Storing
import Support
import Testing

/// Any bytes may be found in a segment: a start never fails for them, an answer never holds a
/// wrong row, and what is missing is said.
@Suite struct DamageTests {
  /// A disk with some segments of known batches.
  private struct Filled {
    let disk = MemoryDisk()
    let pieces: Set<Rows.Piece>

    init(batches: Int = 24, rows: Int = 3, segmentBytes: Int = 6_000) throws {
      var settings = Rows.settings()
      settings.segmentBytes = segmentBytes
      let store = try Rows.open(disk, settings: settings)
      for number in 0..<batches {
        try Rows.append(Rows.batch("b\(number)", count: rows), to: store)
      }
      pieces = Set(try Rows.pieces(in: store).keys)
      store.close()
    }

    /// The same disk once more, to be damaged.
    func copy() -> MemoryDisk { disk.killed() }
  }

  static func segments(_ disk: MemoryDisk) -> [String] {
    disk.paths.filter { $0.hasSuffix(".seg") }
  }

  /// What a store holds; every row once, and none that was not written.
  private func rows(
    _ store: Store, of expected: Set<Rows.Piece>
  ) throws -> Set<Rows.Piece> {
    let found = try Rows.pieces(in: store)
    #expect(found.values.allSatisfy { $0 == 1 })
    #expect(Set(found.keys).isSubset(of: expected))
    return Set(found.keys)
  }

  @Test func aFlippedBitCostsAtMostItsBatch() throws {
    let filled = try Filled()
    var random = SeededGenerator(seed: 3)
    var missing = 0
    for _ in 0..<100 {
      let copy = filled.copy()
      let path = try #require(Self.segments(copy).randomElement(using: &random))
      copy.corrupt(path) { $0.flipBit(using: &random) }
      let store = try Rows.open(copy)
      let found = try rows(store, of: filled.pieces)
      let lost = filled.pieces.subtracting(found)
      #expect(Set(lost.map { $0.name.text.prefix { $0 != "/" } }).count <= 1)
      if !lost.isEmpty {
        missing += 1
        #expect(lost.count == 4)
        #expect(store.isPartial)
        #expect(copy.paths.contains { $0.hasPrefix("/store/quarantine/") })
      }
      store.close()
    }
    // Most bits are in frames: a test that never hits one shows nothing.
    #expect(missing > 70)
  }

  @Test func aStrayWriteCostsWhatItHits() throws {
    let filled = try Filled()
    var random = SeededGenerator(seed: 5)
    for _ in 0..<60 {
      let copy = filled.copy()
      let paths = Self.segments(copy)
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
      #expect(filled.pieces.count - (try rows(store, of: filled.pieces).count) <= 4 * 3)
      store.close()
    }
  }

  /// A segment may end at any of its bytes: what is whole before it counts.
  @Test func anyLengthOfASegmentOpens() throws {
    let filled = try Filled(batches: 3, rows: 1)
    let whole = filled.disk.contents(try #require(Self.segments(filled.disk).first))
    var last = 0
    for length in 0...whole.count {
      let store = try Rows.open(try Self.disk(holding: Array(whole.prefix(length))))
      let found = try rows(store, of: filled.pieces).count
      #expect(found % 2 == 0 && found >= last)
      #expect(!store.isPartial)
      last = found
      store.close()
    }
    #expect(last == 6)
  }

  /// Frames of one segment are damaged in their middles: every other frame counts, before and
  /// behind, and the damaged ones are counted exactly.
  @Test func damageInTheMiddleLeavesAllThatFollows() throws {
    let disk = MemoryDisk()
    let store = try Rows.open(disk)
    var batches: [Batch] = []
    // Groups of one to four frames.
    for number in 0..<12 {
      let group = (0...(number % 4)).map { Rows.batch("b\(number)-\($0)") }
      _ = Rows.append(group.map { ($0, nil) }, to: store)
      batches += group
    }
    store.close()
    let whole = disk.contents(try #require(Self.segments(disk).first))
    let starts = Self.frameStarts(whole)
    #expect(starts.count == batches.count)
    var random = SeededGenerator(seed: 8)
    for _ in 0..<100 {
      // Far enough from one another that no two damaged regions are one.
      let first = Int.random(in: 0..<(batches.count - 6), using: &random)
      let damaged = Bool.random(using: &random) ? [first] : [first, first + 5]
      var bytes = whole
      for frame in damaged {
        let end = frame + 1 < starts.count ? starts[frame + 1] : bytes.count
        // Before the trailer that the last of a group has behind it.
        let range = starts[frame]..<(end - 32)
        for _ in 0...Int.random(in: 0..<20, using: &random) {
          let place = Int.random(in: range, using: &random)
          bytes[place] ^= UInt8.random(in: 1...255, using: &random)
        }
        // Two changes of one byte may undo each other.
        if bytes[range] == whole[range] { bytes[range.lowerBound] ^= 1 }
      }
      let again = try Rows.open(try Self.disk(holding: bytes))
      let kept = batches.enumerated().filter { !damaged.contains($0.offset) }.map(\.element)
      let expected = Set(kept.flatMap(Rows.pieces))
      #expect(try rows(again, of: expected) == expected, "\(damaged)")
      #expect(again.status().damagedRegions == damaged.count, "\(damaged)")
      again.close()
    }
  }

  /// Where the frames of a segment begin, by their magic.
  private static func frameStarts(_ bytes: [UInt8]) -> [Int] {
    let magic = Array("PLF1".utf8)
    return bytes.indices.dropLast(3).filter { bytes[$0..<($0 + 4)].elementsEqual(magic) }
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
      // What cannot be read is kept, also by a compaction.
      try store.compact(now: Rows.now)
      store.close()
      let kept = disk.paths.contains { path in
        ByteString(disk.contents(path)).contains(ByteString(bytes))
      }
      #expect(kept)
    }
  }

  /// A payload that lies although its checksum holds must not trap, whatever it says.
  @Test func aLyingFrameIsRefusedOrRead() throws {
    let filled = try Filled(batches: 1, rows: 8)
    let group = filled.disk.contents(try #require(Self.segments(filled.disk).first))
    let frame = Array(group.dropLast(32))
    var random = SeededGenerator(seed: 6)
    for _ in 0..<400 {
      var lying = frame
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 40..<lying.count, using: &random)
        let isHigh = Bool.random(using: &random)
        lying[place] = isHigh ? 255 : UInt8.random(in: 0...255, using: &random)
      }
      lying.replaceSubrange(
        8..<16, with: Checksum.xxh3(Array(lying.dropFirst(16))).littleEndianBytes)
      let store = try Rows.open(try Self.disk(holding: lying))
      _ = try Rows.pieces(in: store)
      try store.compact(now: Rows.now)
      _ = try Rows.pieces(in: store)
      store.close()
    }
  }

  @Test func aSegmentThatCannotBeReadLeavesTheOthers() throws {
    let filled = try Filled()
    filled.disk.inject(.init(.read))
    let store = try Rows.open(filled.disk)
    let found = try rows(store, of: filled.pieces)
    #expect(!found.isEmpty && found.count < filled.pieces.count)
    #expect(store.isPartial)
    // It is not deleted by a compaction either.
    try store.compact(now: Rows.now)
    try Rows.append(Rows.batch("later"), to: store)
    store.close()
    let again = try Rows.open(filled.disk)
    let all = try Rows.pieces(in: again)
    #expect(all.count == filled.pieces.count + 4)
    #expect(all.values.allSatisfy { $0 == 1 })
    #expect(!again.isPartial)
    again.close()
  }

  @Test func aReadThatFailsLaterIsPartialAndNoMore() throws {
    let filled = try Filled()
    let store = try Rows.open(filled.disk)
    filled.disk.inject(.init(.read))
    #expect(try Rows.count(store).count == 24 * 3 - 3)
    #expect(store.isPartial)
    #expect(try Rows.count(store).count == 24 * 3)
    store.close()
  }

  /// The same segment twice, a number left out, and one of a version to come.
  @Test func strangeSegmentsAreReportedAndTheRestIsUsed() throws {
    let filled = try Filled(batches: 3)
    let bytes = filled.disk.contents("/store/segments/00000001.seg")
    var newer = bytes
    newer[4] = 77
    for (number, content) in [(5, bytes), (9, newer)] {
      let file = try filled.disk.open("/store/segments/0000000\(number).seg", create: true)
      try file.append(content, at: 0)
    }
    let store = try Rows.open(filled.disk)
    #expect(try rows(store, of: filled.pieces) == filled.pieces)
    #expect(store.isPartial)
    try store.compact(now: Rows.now)
    #expect(try rows(store, of: filled.pieces) == filled.pieces)
    store.close()
    #expect(filled.disk.contents("/store/segments/00000009.seg") == newer)
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

extension [UInt8] {
  /// Flips one bit somewhere.
  mutating func flipBit(using random: inout some RandomNumberGenerator) {
    guard !isEmpty else { return }
    let bit = Int.random(in: 0..<(count * 8), using: &random)
    self[bit / 8] ^= 1 << UInt8(bit % 8)
  }
}

extension FixedWidthInteger {
  /// Its bytes, little endian.
  var littleEndianBytes: [UInt8] { withUnsafeBytes(of: littleEndian) { Array($0) } }
}
