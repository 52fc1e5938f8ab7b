import Bytes
import Model
import Storing
import Support
import Testing

@Suite struct StoreTests {
  private func all(
    _ store: Store, _ scope: Scope = .fleet, metric: ByteString? = nil, from: Int64 = .min,
    through: Int64 = .max
  ) throws -> [StoredSeries] {
    try store.series(
      in: scope, metric: metric, from: from, through: through, where: { _, _ in true })
  }

  @Test func whatWasAcknowledgedIsThereAfterARestart() async throws {
    let disk = MemoryDisk()
    var store = try Rows.open(disk)
    for number in 0..<20 {
      let receipt = try await store.append(Rows.batch("b\(number)"), idempotencyKey: nil)
      #expect(receipt == Receipt(wasDuplicate: false, rows: 4))
    }
    store.close()
    store = try Rows.open(disk)
    let counts = try Rows.count(store)
    #expect(counts.count == 60)
    #expect(counts.values.allSatisfy { $0 == 1 })
    let series = try all(store, .tenant("t0"), metric: "m")
    #expect(series.count == 20)
    #expect(series.allSatisfy { $0.values == [0.1 + 0.2] })
    #expect(try all(store, .tenant("t1")).isEmpty)
    store.close()
  }

  /// Everything a batch holds comes back from the file as it was, bit for bit.
  @Test func batchesOfAnyShapeComeBack() throws {
    var random = SeededGenerator(seed: 11)
    let disk = MemoryDisk()
    var settings = Rows.settings()
    settings.cacheBytes = 0
    settings.segmentBytes = 20_000
    let batches = (0..<120).map { Rows.random(&random, number: $0) }.filter { !$0.isEmpty }
    var expected: [Rows.Piece: Int] = [:]
    for piece in batches.flatMap(Rows.pieces) { expected[piece, default: 0] += 1 }
    for isRestarted in [false, true] {
      let store = try Rows.open(disk, settings: settings)
      if !isRestarted {
        for batch in batches { try Rows.append(batch, to: store) }
      }
      #expect(try Rows.pieces(in: store) == expected)
      #expect(!store.isPartial)
      store.close()
    }
  }

  @Test func valuesReadBackBitForBit() throws {
    let disk = MemoryDisk()
    var store = try Rows.open(disk)
    let samples = Rows.awkward.enumerated().map { (Int64($0.offset), $0.element) }
    try Rows.append(Rows.samples(samples), to: store)
    for place in ["head", "segment", "block", "block after a start"] {
      let read = try all(store, metric: "m", from: 0, through: 100)
      #expect(read.first?.values.map(\.bitPattern) == Rows.awkward.map(\.bitPattern), "\(place)")
      if place == "segment" { try store.compact(now: Rows.now) }
      if place == "block" || place == "head" {
        store.close()
        store = try Rows.open(disk)
      }
    }
    store.close()
  }

  @Test func lateSamplesAreOrderedAndTheLastWrittenWins() async throws {
    let disk = MemoryDisk()
    var store = try Rows.open(disk)
    for sample in [(30, 3.0), (10, 1.0), (20, 2.0), (10, 9.0)] as [(Int64, Double)] {
      _ = try await store.append(Rows.samples([sample]), idempotencyKey: nil)
    }
    for _ in 0..<2 {
      let read = try all(store, metric: "m", from: 10, through: 20)
      #expect(read.first?.times == [10, 20])
      #expect(read.first?.values == [9, 2])
      store.close()
      store = try Rows.open(disk)
    }
    // How many were replaced is known once they are put in order for good.
    try store.compact(now: Rows.second)
    #expect(store.status().overwrittenSamples == 1)
    #expect(try all(store, metric: "m", from: 10, through: 20).first?.values == [9, 2])
    store.close()
  }

  @Test func timesAndTenantsPruneFrames() async throws {
    let store = try Rows.open(MemoryDisk())
    for number in 0..<10 {
      let time = Rows.now + Int64(number) * 1_000
      _ = try await store.append(
        Rows.batch("b\(number)", count: 1, time: time), idempotencyKey: nil)
    }
    var lent = 0
    let count: (Batch) -> Bool = { _ in
      lent += 1
      return true
    }
    try store.scan(in: .fleet, from: Rows.now + 3_000, to: Rows.now + 5_000, visit: count)
    #expect(lent == 2)
    try store.scan(in: .tenant("nobody"), from: .min, to: .max, visit: count)
    #expect(lent == 2)
    try store.scan(in: .tenant("t0"), from: .min, to: .max) { _ in
      lent += 1
      return lent < 5
    }
    #expect(lent == 5)
    store.close()
  }

  /// Names that differ in front only, and many of them, are told apart like others, in level 0 and
  /// in blocks.
  @Test func tenantsOfLikeNamesAreEachFound() throws {
    let store = try Rows.open(MemoryDisk())
    var batch = Batch()
    for number in 0..<3_000 {
      batch.addField("row", batch.intern(ByteString("\(number)")), .text)
      var record = Record(time: Rows.now + Int64(number), receivedAt: Rows.now)
      record.tenant = batch.intern(ByteString("\(1_000 + number % 1_500)-same"))
      batch.append(record: record)
    }
    try Rows.append(batch, to: store)
    for _ in 0..<2 {
      for number in stride(from: 0, to: 1_500, by: 37) {
        let tenant = ByteString("\(1_000 + number)-same")
        var found: [String] = []
        // A frame of level 0 is lent whole.
        try store.scan(in: .tenant(tenant), from: .min, to: .max) { batch in
          for record in batch.records where batch.string(record.tenant) == tenant {
            found.append(batch.field("row", of: record)?.text ?? "")
          }
          return true
        }
        #expect(found.sorted() == ["\(number)", "\(number + 1_500)"].sorted())
      }
      try store.compact(now: Rows.now)
    }
    store.close()
  }

  @Test func oneProcessHasTheFolder() throws {
    let disk = MemoryDisk()
    let store = try Rows.open(disk)
    #expect(throws: StoreFault.locked("/store")) { try Rows.open(disk) }
    store.close()
    try Rows.open(disk).close()
  }

  @Test func afterCloseNothingIsTakenAndReadsGoOn() async throws {
    let store = try Rows.open(MemoryDisk())
    _ = try await store.append(Rows.batch("a"), idempotencyKey: nil)
    store.close()
    store.close()
    await #expect(throws: StoreFault.closed) {
      try await store.append(Rows.batch("b"), idempotencyKey: nil)
    }
    #expect(try Rows.count(store).count == 3)
  }

  /// Written once by the first version of the format; every later version must read it.
  @Test func theStoredSampleOfVersion1Opens() throws {
    let fixture = Fixture.named("store/v1/00000001.seg")
    let store = try Rows.open(try DamageTests.disk(holding: fixture.bytes()))
    let expected = try fixture.sibling(".out", for: ".seg").text()
    // A message may have lines of its own, so lines are compared as text.
    #expect(try Rows.text(of: store).joined(separator: "\n") + "\n" == expected)
    #expect(!store.isPartial)
    store.close()
  }
}
