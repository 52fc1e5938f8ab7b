import Bytes
import Glibc
import Model
import Storing
import Support
import Testing

/// Any bytes may be found in a block file, also ones that were made to be found.
@Suite struct BlockDamageTests {
  static let settings: StoreSettings = {
    var settings = Rows.settings()
    settings.cacheBytes = 0
    return settings
  }()

  /// A disk with three block files of known batches, a second apart.
  private struct Filled {
    let disk = MemoryDisk()
    var pieces: Set<Rows.Piece> = []

    init() throws {
      let store = try Rows.open(disk, settings: BlockDamageTests.settings)
      for number in 0..<9 {
        let time = Rows.now + Int64(number) * Rows.second
        try Rows.append(
          Rows.batch("b\(number)", count: 8, samples: 4, time: time), to: store,
          key: ByteString("k\(number)"))
        if number % 3 == 2 { try store.compact(now: Rows.now) }
      }
      pieces = Set(try Rows.pieces(in: store).keys)
      store.close()
    }

    func copy() -> MemoryDisk { disk.killed() }
    static func path(_ number: Int) -> String { "/store/blocks/0000000\(number).blk" }
  }

  /// A query over what a damaged block had says so, with its tenant and its times, and one beside
  /// it does not.
  @Test(arguments: [UInt8(1), 2]) func missingRangesAreSaidExactly(kind: UInt8) throws {
    let filled = try Filled()
    let disk = filled.copy()
    let block = try #require(
      BlockBytes(disk.contents(Filled.path(2)))?.entries.first { $0.kind == kind })
    disk.corrupt(Filled.path(2)) { $0[block.range.lowerBound + block.range.count / 2] ^= 8 }
    let store = try Rows.open(disk, settings: Self.settings)
    let found = try Rows.pieces(in: store)
    #expect(found.count == filled.pieces.count - block.rows)
    #expect(Set(found.keys).isSubset(of: filled.pieces))
    let scale: Int64 = kind == 2 ? 1_000_000 : 1
    let first = block.times.lowerBound * scale
    let last = block.times.upperBound * scale
    let said = store.missing(in: .fleet, from: .min, to: .max)
    #expect(said.map(\.tenant) == [block.tenant])
    #expect(said.map(\.times) == [first...last])
    let own = Scope.tenant(block.tenant)
    for (from, to) in [(last, last + 1), (first - 9, first + 1), (.min, .max)] {
      #expect(store.missing(in: own, from: from, to: to) == said)
    }
    #expect(store.missing(in: own, from: last + 1, to: .max).isEmpty)
    #expect(store.missing(in: own, from: .min, to: first).isEmpty)
    #expect(store.missing(in: .tenant("other"), from: .min, to: .max).isEmpty)
    // A merge and a deletion set a copy aside and leave the rest whole.
    _ = try store.delete(
      DeletionRequest(
        tenant: "nobody", times: .min ... .max, records: { $0.records.map { _ in true } },
        series: nil))
    #expect(try Rows.pieces(in: store) == found)
    store.close()
  }

  /// What nobody asks for is found by the scrubber.
  @Test func theScrubberFindsWhatNobodyReads() throws {
    let filled = try Filled()
    for (number, part) in [(1, 0), (2, 1), (3, 2)] {
      let disk = filled.copy()
      let blocks = try #require(BlockBytes(disk.contents(Filled.path(number)))?.entries)
      disk.corrupt(Filled.path(number)) { $0[blocks[part].range.upperBound - 1] ^= 1 }
      let store = try Rows.open(disk, settings: Self.settings)
      let before = store.status().damagedRegions
      let reports = (0..<3).compactMap { _ in store.scrubNext() }
      #expect(reports.map(\.damaged).reduce(0, +) == 1)
      #expect(reports.count == 3)
      #expect(store.isPartial)
      #expect(store.status().damagedRegions <= before + 1)
      store.close()
    }
  }

  /// A write that went astray: the bytes of another tenant's block, in the place of one's own.
  @Test func aBlockOfAnotherTenantIsNeverRead() throws {
    let filled = try Filled()
    for kind in [UInt8(1), 2] {
      let disk = filled.copy()
      let source = try #require(BlockBytes(disk.contents(Filled.path(1))))
      let target = try #require(BlockBytes(disk.contents(Filled.path(3))))
      let stray = try #require(source.entries.first { $0.kind == kind })
      for own in target.entries where own.kind == kind {
        let count = min(stray.range.count, own.range.count)
        let bytes = Array(source.bytes[stray.range].prefix(count))
        disk.corrupt(Filled.path(3)) {
          $0.replaceSubrange(own.range.lowerBound..<(own.range.lowerBound + count), with: bytes)
        }
      }
      let store = try Rows.open(disk, settings: Self.settings)
      let found = try Rows.pieces(in: store)
      #expect(Set(found.keys).isSubset(of: filled.pieces))
      #expect(found.values.allSatisfy { $0 == 1 })
      #expect(store.isPartial)
      store.close()
    }
  }

  /// A file may end at any of its bytes, or hold any. Nothing stops the start, and no other file is
  /// touched.
  @Test func anyLengthOfABlockFileOpens() throws {
    let filled = try Filled()
    let whole = filled.disk.contents(Filled.path(3))
    for length in stride(from: 0, to: whole.count, by: 3) {
      let disk = filled.copy()
      disk.corrupt(Filled.path(3)) { $0.removeLast(whole.count - length) }
      let store = try Rows.open(disk, settings: Self.settings)
      let found = try Rows.pieces(in: store)
      // Without its directory, and without a catalogue in this kind of disk, the file is lost.
      #expect(found.count == filled.pieces.count / 3 * 2)
      #expect(Set(found.keys).isSubset(of: filled.pieces))
      #expect(store.isPartial)
      #expect(disk.contents(Filled.path(3)).count == length)
      store.close()
    }
  }

  @Test func whateverIsNamedAsABlockFileOpens() throws {
    let filled = try Filled()
    var random = SeededGenerator(seed: 2)
    for number in 0..<60 {
      let disk = filled.copy()
      let bytes = (0..<(number * 7)).map { _ in UInt8.random(in: 0...255, using: &random) }
      let file = try disk.open(Filled.path(7), create: true)
      try file.append(bytes, at: 0)
      let store = try Rows.open(disk, settings: Self.settings)
      #expect(Set(try Rows.pieces(in: store).keys) == filled.pieces)
      #expect(store.isPartial)
      try Rows.append(Rows.batch("later"), to: store)
      try store.compact(now: Rows.now)
      #expect(try Rows.pieces(in: store).count == filled.pieces.count + 4)
      store.close()
      #expect(disk.contents(Filled.path(7)) == bytes)
    }
  }

  /// Blocks and directories that lie although every checksum outside of them fits: no trap, and no
  /// memory by their word.
  @Test(arguments: 0..<4) func lyingBlocksAreRefusedOrRead(seed: Int) throws {
    let filled = try Filled()
    let whole = try #require(BlockBytes(filled.disk.contents(Filled.path(1))))
    var random = SeededGenerator(seed: UInt64(seed))
    for _ in 0..<100 {
      var lying = whole
      let entry = try #require(lying.entries.randomElement(using: &random))
      let isDirectory = Int.random(in: 0..<5, using: &random) == 0
      // Mostly the start, where counts and sizes are.
      let range = isDirectory ? lying.directory : entry.range
      let near = range.prefix(Bool.random(using: &random) ? 96 : range.count)
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let place = Int.random(in: near.startIndex..<near.endIndex, using: &random)
        let patterns: [[UInt8]] = [
          [255, 255, 255, 255], [255, 255, 255, 127], [0, 0, 0, 0], [255], [128], [1],
          [UInt8.random(in: 0...255, using: &random)],
        ]
        for (index, byte) in (patterns.randomElement(using: &random) ?? []).enumerated()
        where place + index < range.upperBound { lying.bytes[place + index] = byte }
      }
      lying.sign()
      let disk = filled.copy()
      disk.corrupt(Filled.path(1)) { $0 = lying.bytes }
      let store = try Rows.open(disk, settings: Self.settings)
      _ = try Rows.pieces(in: store)
      _ = store.scrubNext()
      _ = try? store.delete(
        DeletionRequest(
          tenant: "t0", times: .min ... .max, records: { $0.records.map { _ in false } },
          series: { _ in false }))
      store.close()
    }
  }

  /// The same with sizes of four gigabytes, in a process that has no such memory.
  @Test func declaredSizesAreNoReasonForMemory() async {
    await #expect(processExitsWith: .success) {
      let filled = try Filled()
      let whole = try #require(BlockBytes(filled.disk.contents(Filled.path(1))))
      var limit = rlimit(rlim_cur: 1 << 30, rlim_max: 1 << 30)
      getrlimit(__rlimit_resource_t(UInt32(RLIMIT_DATA.rawValue)), &limit)
      limit.rlim_cur = 700 << 20
      setrlimit(__rlimit_resource_t(UInt32(RLIMIT_DATA.rawValue)), &limit)
      for entry in whole.entries {
        for place in entry.range.prefix(160) {
          var lying = whole
          let end = min(place + 4, entry.range.upperBound)
          for index in place..<end { lying.bytes[index] = index == place + 3 ? 0x7f : 0xff }
          lying.sign()
          let disk = filled.copy()
          disk.corrupt(Filled.path(1)) { $0 = lying.bytes }
          let store = try Rows.open(disk, settings: Self.settings)
          _ = try Rows.pieces(in: store)
          store.close()
        }
      }
    }
  }
}
