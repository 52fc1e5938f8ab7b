import Bytes
import Foundation
import Model
import Storing
import Support
import Synchronization
import Testing

/// Rows go from segments to blocks and from small blocks to large ones, and stay what they are.
@Suite struct CompactionTests {
  private static let quick: StoreSettings = {
    var settings = Rows.settings()
    settings.cacheBytes = 0
    settings.segmentBytes = 20_000
    return settings
  }()

  /// What a set of batches holds together.
  private static func pieces(_ batches: [Batch]) -> [Rows.Piece: Int] {
    var all: [Rows.Piece: Int] = [:]
    for piece in batches.flatMap(Rows.pieces) { all[piece, default: 0] += 1 }
    return all
  }

  /// Rows with odd fields and samples with odd values, through level 0, blocks, merged blocks and
  /// starts between all of these.
  @Test(arguments: 0..<4) func rowsOfAnyShapeStayWhatTheyAre(seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(seed))
    let disk = MemoryDisk()
    var stored: [Batch] = []
    var store = try Rows.open(disk, settings: Self.quick)
    for round in 0..<9 {
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        let batch = Rows.random(&random, number: stored.count)
        guard !batch.isEmpty else { continue }
        try Rows.append(batch, to: store)
        stored.append(batch)
      }
      let expected = Self.pieces(stored)
      #expect(try Rows.pieces(in: store) == expected, "appended, round \(round)")
      if round % 3 == 1 {
        store.close()
        store = try Rows.open(disk, settings: Self.quick)
        #expect(try Rows.pieces(in: store) == expected, "started, round \(round)")
      }
      try store.compact(now: Rows.now)
      #expect(try Rows.pieces(in: store) == expected, "compacted, round \(round)")
      #expect(store.status().segments == 0)
    }
    #expect(store.status().merges > 0)
    store.close()
    store = try Rows.open(disk, settings: Self.quick)
    #expect(try Rows.pieces(in: store) == Self.pieces(stored))
    #expect(!store.isPartial)
    store.close()
  }

  /// A place of a row among those of its tenant: service, environment, host, time, arrival.
  private struct Place: Comparable {
    let stream: [ByteString]
    let time: Int64
    let arrival: Int

    static func < (left: Place, right: Place) -> Bool {
      if left.stream != right.stream {
        return left.stream.lexicographicallyPrecedes(right.stream)
      }
      return (left.time, left.arrival) < (right.time, right.arrival)
    }
  }

  /// Streams that come mixed, some of them late, lie one after another and in time.
  @Test func rowsOfABlockLieByStreamAndTime() throws {
    var random = SeededGenerator(seed: 11)
    let store = try Rows.open(MemoryDisk(), settings: Self.quick)
    for number in 0..<12 {
      var batch = Batch()
      for row in 0..<100 {
        batch.addField("row", batch.intern(ByteString("\(number * 100 + row)")), .integer)
        let late = Int64.random(in: 0..<40, using: &random) == 0 ? Int64(50) : 0
        let time = Rows.now + (Int64(number * 5 + row / 20) - late) * Rows.second
        var record = Record(time: time, receivedAt: Rows.now)
        let names = (0..<4).map { _ in "n\(Int.random(in: 0..<3, using: &random))" }
        record.tenant = batch.intern(ByteString(names[0]))
        record.service = batch.intern(ByteString(row % 7 == 0 ? "" : names[1]))
        record.environment = batch.intern(ByteString(names[2]))
        record.host = batch.intern(ByteString(names[3]))
        record.message = batch.intern(ByteString("row \(row) of \(number)"))
        batch.append(record: record)
      }
      try Rows.append(batch, to: store)
    }
    try store.compact(now: Rows.now)
    var found: [ByteString: [Place]] = [:]
    try store.scan(in: .fleet, from: .min, to: .max) { batch in
      for record in batch.records {
        let stream = [record.service, record.environment, record.host].map(batch.string)
        let arrival = batch.field("row", of: record).flatMap { Int($0.text) }
        found[batch.string(record.tenant), default: []].append(
          Place(stream: stream, time: record.time, arrival: try #require(arrival)))
      }
      return true
    }
    #expect(found.count == 3)
    #expect(found.values.reduce(0) { $0 + $1.count } == 1_200)
    for places in found.values { #expect(places == places.sorted()) }
    store.close()
  }

  /// Every row is counted once, wherever it lies.
  @Test func theBooksBalance() throws {
    let disk = MemoryDisk()
    let store = try Rows.open(disk, settings: Self.quick)
    var records = 0
    var samples = 0
    for round in 0..<20 {
      let batch = Rows.batch("b\(round)", count: round % 5, samples: 1 + round % 4)
      records += batch.records.count
      samples += batch.samples.count
      try Rows.append(batch, to: store)
      if round % 2 == 1 { try store.compact(now: Rows.now) }
      let found = try Rows.pieces(in: store)
      #expect(found.count == records + samples)
      #expect(found.values.allSatisfy { $0 == 1 })
      if round % 2 == 1 { #expect(store.status().blockRows == records + samples) }
    }
    #expect(store.status().segments == 0)
    #expect(store.status().samples == 0)
    #expect(disk.paths.allSatisfy { !$0.hasSuffix(".seg") && !$0.hasSuffix(".draft") })
    store.close()
  }

  /// What level 0 may have at most.
  enum Measure: CaseIterable {
    case bytes, frames, samples
  }

  @Test(arguments: Measure.allCases)
  func levelZeroIsCompactedWhenItHasGrown(_ measure: Measure) throws {
    let disk = MemoryDisk()
    var settings = Self.quick
    switch measure {
    case .bytes: settings.unsealedBytes = 40_000
    case .frames: settings.unsealedFrames = 40
    case .samples: settings.unsealedSamples = 40
    }
    let store = try Rows.open(disk, settings: settings)
    for number in 0..<100 { try Rows.append(Rows.batch("b\(number)"), to: store) }
    // The thread that compacts is modest: other tests may keep it from running for long.
    let end = ContinuousClock.now + .seconds(120)
    while store.status().compactions == 0, ContinuousClock.now < end { usleep(1_000) }
    // Closing waits for what is under way.
    store.close()
    #expect(store.status().compactions > 0)
    #expect(try Rows.count(store).count == 300)
    let again = try Rows.open(disk, settings: Self.quick)
    let found = try Rows.pieces(in: again)
    #expect(found.count == 400)
    #expect(found.values.allSatisfy { $0 == 1 })
    again.close()
  }

  /// Names that several tasks add to.
  private final class Names: Sendable {
    private let names = Mutex<Set<String>>([])

    var all: Set<String> { names.withLock { $0 } }

    func insert(_ name: String) {
      names.withLock { _ = $0.insert(name) }
    }
  }

  /// Writers, readers and compaction at once: no reader ever misses a row that was acknowledged
  /// before it began, or sees one twice.
  @Test func readersSeeEachRowOnceWhileItMoves() async throws {
    let disk = MemoryDisk()
    var settings = Self.quick
    settings.unsealedFrames = 3
    let store = try Rows.open(disk, settings: settings)
    let acknowledged = Names()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for writer in 0..<3 {
        group.addTask {
          for number in 0..<40 {
            let name = "w\(writer)-\(number)"
            _ = try await store.append(Rows.batch(name), idempotencyKey: nil)
            acknowledged.insert(name)
          }
        }
      }
      group.addTask {
        for _ in 0..<60 {
          let known = acknowledged.all
          let found = try Rows.pieces(in: store)
          #expect(found.values.allSatisfy { $0 == 1 })
          let names = Set(found.keys.map(\.name.text))
          for name in known {
            #expect((0..<3).allSatisfy { names.contains("\(name)/\($0)") }, "\(name)")
            #expect(names.contains(name), "the sample of \(name)")
          }
          await Task.yield()
        }
      }
      try await group.waitForAll()
    }
    try store.compact(now: Rows.now)
    #expect(try Rows.pieces(in: store).count == 3 * 40 * 4)
    store.close()
  }

  /// A read that has begun finds what it found, although the files under it are replaced, also
  /// when the power goes then.
  @Test func aReadOutlivesTheFilesItReads() throws {
    let disk = MemoryDisk()
    let store = try Rows.open(disk, settings: Self.quick)
    var stored = 0
    for _ in 0..<4 {
      try Rows.append(Rows.batch("b\(stored)"), to: store)
      stored += 1
      try store.compact(now: Rows.now)
    }
    try Rows.append(Rows.batch("level 0"), to: store)
    let before = try Rows.count(store)
    var seen: [String: Int] = [:]
    var random = SeededGenerator(seed: 1)
    try store.scan(in: .fleet, from: .min, to: .max) { batch in
      for record in batch.records {
        seen[batch.field("row", of: record)?.text ?? "", default: 0] += 1
      }
      // Enough for a merge of merged files.
      for _ in 0..<4 {
        try Rows.append(Rows.batch("b\(stored)"), to: store)
        stored += 1
        try store.compact(now: Rows.now)
      }
      let copy = try Rows.open(disk.killed(), settings: Self.quick)
      #expect(try Rows.pieces(in: copy) == Rows.pieces(in: store))
      copy.close()
      let crashed = try Rows.open(disk.crashed(using: &random), settings: Self.quick)
      #expect(try Rows.pieces(in: crashed) == Rows.pieces(in: store))
      crashed.close()
      return true
    }
    #expect(seen == before)
    #expect(store.status().merges > 0)
    store.close()
    #expect(disk.paths.count { $0.hasSuffix(".blk") } == store.status().blockFiles)
  }

  /// Of one series and time the last written wins, wherever the others lie.
  @Test func theLastWrittenSampleWins() throws {
    let disk = MemoryDisk()
    var store = try Rows.open(disk, settings: Self.quick)
    for round in 0..<20 {
      let value = Double(round)
      try Rows.append(Rows.samples([(10, value), (20 + Int64(round), value)]), to: store)
      if round % 2 == 0 { try store.compact(now: Rows.now) }
      if round % 5 == 0 {
        store.close()
        store = try Rows.open(disk, settings: Self.quick)
      }
      let series = try #require(try Rows.series(store, metric: "m").first)
      #expect(series.times == [10] + (0...round).map { 20 + Int64($0) })
      #expect(series.values == [value] + (0...round).map { Double($0) })
    }
    store.close()
  }

  /// Also when the older block is written anew later than the newer one.
  @Test func theLastWrittenSampleWinsAfterADeletion() throws {
    let disk = MemoryDisk()
    var store = try Rows.open(disk, settings: Self.quick)
    var other = Batch()
    other.startSeries(tenant: other.intern(ByteString("t")))
    other.addLabel(other.intern(ByteString("__name__")), other.intern(ByteString("victim")))
    other.append(sample: Sample(series: try other.finishSeries(), time: 10, value: 7))
    try Rows.append(other, to: store)
    try Rows.append(Rows.samples([(10, 1)]), to: store)
    try store.compact(now: Rows.now)
    try Rows.append(Rows.samples([(10, 2)]), to: store)
    try store.compact(now: Rows.now)
    // So that blocks are in memory, too.
    #expect(try Rows.series(store).count == 2)
    let receipt = try store.delete(
      DeletionRequest(
        tenant: "t", times: .min ... .max, records: nil, series: { $0["__name__"] == "victim" }))
    #expect(receipt.samples == 1)
    for round in 0..<10 {
      #expect(try Rows.series(store).map(\.values) == [[2]])
      // Enough of them for a merge.
      try Rows.append(Rows.batch("b\(round)", samples: 0), to: store)
      try store.compact(now: Rows.now)
      store.close()
      store = try Rows.open(disk, settings: Self.quick)
    }
    store.close()
  }

  /// And when small files are merged around a large one that is newer than some of them.
  @Test func theLastWrittenSampleWinsAfterAMerge() throws {
    let disk = MemoryDisk()
    let store = try Rows.open(disk, settings: Self.quick)
    for file in 0..<18 {
      // The fifth file is too large to be merged with the others; the value of file 4 must win.
      if file <= 4 { try Rows.append(Rows.samples([(10, Double(file))]), to: store) }
      if file == 4 {
        for _ in 0..<10 { try Rows.append(Self.incompressible(bytes: 1 << 20), to: store) }
      }
      try Rows.append(Rows.samples([(20 + Int64(file), 0)]), to: store)
      try store.compact(now: Rows.now)
      let series = try #require(try Rows.series(store, metric: "m").first)
      #expect(series.values.first == Double(min(file, 4)), "file \(file)")
      #expect(series.times.count == file + 2)
    }
    #expect(store.status().merges > 0)
    store.close()
  }

  /// One record of so many bytes at least.
  private static func incompressible(bytes: Int) -> Batch {
    var batch = Batch()
    var noise = SeededGenerator(seed: 5)
    var message: [UInt8] = []
    message.reserveCapacity(bytes)
    while message.count < bytes { message += noise.next().littleEndianBytes }
    var record = Record(time: Rows.now, receivedAt: Rows.now)
    record.tenant = batch.intern(ByteString("t"))
    record.message = batch.intern(message)
    batch.append(record: record)
    return batch
  }

  @Test func keysOutliveCompactionForADay() throws {
    let disk = MemoryDisk()
    let clock = Clock()
    for (hours, isDuplicate) in [(0, false), (20, true), (23, true), (30, false), (31, true)] {
      let moment = Clock(clock.now + Int64(hours) * 3_600 * Rows.second)
      let store = try Rows.open(disk, settings: Self.quick, clock: moment)
      let receipt = try Rows.append(Rows.batch("b"), to: store, key: "k")
      #expect(receipt.wasDuplicate == isDuplicate, "after \(hours) hours")
      try Rows.append(Rows.batch("after \(hours)"), to: store)
      try store.compact(now: moment.now)
      store.close()
    }
  }

  /// Level 0 of a version that knew no blocks is compacted like any other.
  @Test func theStoredSampleOfVersion1IsCompacted() throws {
    let bytes = try Fixture.named("store/v1/00000001.seg").bytes()
    let disk = try DamageTests.disk(holding: bytes)
    let store = try Rows.open(disk, settings: Self.quick)
    let before = try Rows.pieces(in: store)
    try store.compact(now: Rows.now)
    #expect(store.status().segments == 0)
    #expect(try Rows.pieces(in: store) == before)
    store.close()
  }
}
