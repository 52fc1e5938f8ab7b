import Bytes
import Model
import Storing
import Support
import Testing

/// Rows go when their time is over or their tenant has too many, and not before.
@Suite struct RetentionTests {
  private static let hour: Int64 = 3_600 * Rows.second

  private func batch(_ name: String, tenant: String, time: Int64) -> Batch {
    var batch = Batch()
    batch.addField("row", batch.intern(ByteString(name)), .text)
    var record = Record(time: time, receivedAt: time)
    record.tenant = batch.intern(ByteString(tenant))
    var noise = SeededGenerator(seed: UInt64(bitPattern: time))
    record.message = batch.intern((0..<500).map { _ in UInt8(truncatingIfNeeded: noise.next()) })
    batch.append(record: record)
    batch.startSeries(tenant: record.tenant)
    batch.addLabel(batch.intern(ByteString("__name__")), batch.intern(ByteString("m")))
    if let series = try? batch.finishSeries() {
      batch.append(sample: Sample(series: series, time: time / 1_000_000, value: 1))
    }
    return batch
  }

  private func samples(_ store: Store, _ tenant: ByteString) throws -> Int {
    try Rows.series(store).filter { $0.tenant == tenant }.reduce(0) { $0 + $1.times.count }
  }

  /// One block of each tenant for each of ten hours.
  private func filled(_ disk: MemoryDisk, _ settings: StoreSettings) throws -> Store {
    let store = try Rows.open(disk, settings: settings)
    for hour in 0..<10 {
      for tenant in ["short", "long"] {
        let time = Rows.now + Int64(hour) * Self.hour
        try Rows.append(batch("\(tenant)-\(hour)", tenant: tenant, time: time), to: store)
      }
      // Five files only: eight would be merged.
      if hour % 2 == 1 { try store.compact(now: Rows.now) }
    }
    return store
  }

  @Test func eachTenantHasATimeOfItsOwn() throws {
    let disk = MemoryDisk()
    var settings = Rows.settings(retention: 8 * Self.hour)
    settings.retentionByTenant = ["short": 4 * Self.hour]
    var store = try filled(disk, settings)
    let end = Rows.now + 9 * Self.hour + 1
    store.applyRetention(now: end)
    for _ in 0..<3 {
      let found = try Rows.count(store)
      // Blocks hold two hours each: one that is partly past its time stays.
      #expect(found.keys.filter { $0.hasPrefix("short") }.count == 4)
      #expect(found.keys.filter { $0.hasPrefix("long") }.count == 8)
      #expect(try samples(store, "short") == 4)
      #expect(try samples(store, "long") == 8)
      #expect(found["short-9"] == 1 && found["long-2"] == 1 && found["long-1"] == nil)
      #expect(!store.isPartial)
      store.close()
      store = try Rows.open(disk, settings: settings, clock: Clock(end))
    }
    store.close()
  }

  @Test func aTenantWithTooManyBytesLosesItsOldest() throws {
    let disk = MemoryDisk()
    var settings = Rows.settings()
    settings.bytesByTenant = ["short": 3_000]
    let store = try filled(disk, settings)
    // Each compaction drops what is too much.
    let found = try Rows.count(store)
    #expect(found.keys.filter { $0.hasPrefix("long") }.count == 10)
    let left = found.keys.filter { $0.hasPrefix("short") }.sorted()
    #expect((1..<10).contains(left.count))
    #expect(left.last == "short-9")
    #expect(left == (10 - left.count..<10).map { "short-\($0)" })
    store.close()
  }

  @Test func segmentsRotateAndGoWhenAllOfThemIsOld() throws {
    let disk = MemoryDisk()
    var settings = Rows.settings(retention: Self.hour)
    settings.segmentBytes = 4_096
    let clock = Clock(Rows.now)
    var store = try Rows.open(disk, settings: settings, clock: clock)
    for number in 0..<50 {
      let time = Rows.now + Int64(number) * Self.hour
      try Rows.append(Rows.batch("b\(number)", time: time), to: store)
    }
    let before = store.status().segments
    #expect(before > 3)
    clock.advance(49 * Self.hour)
    store.applyRetention(now: clock.now)
    for _ in 0..<2 {
      #expect(store.status().segments < before)
      #expect(disk.paths.count { $0.hasSuffix(".seg") } == store.status().segments)
      let counts = try Rows.count(store)
      #expect(counts["b49/0"] == 1)
      #expect(counts["b0/0"] == nil)
      #expect(!store.isPartial)
      store.close()
      store = try Rows.open(disk, settings: settings, clock: clock)
    }
    store.close()
  }

  @Test func whatIsOldAndNotCompactedIsDroppedWithItsBlock() throws {
    let disk = MemoryDisk()
    let settings = Rows.settings(retention: Self.hour)
    let store = try Rows.open(disk, settings: settings)
    try Rows.append(Rows.batch("old", time: Rows.now - 2 * Self.hour), to: store)
    try Rows.append(Rows.batch("new"), to: store)
    try store.compact(now: Rows.now)
    try Rows.append(Rows.batch("late", time: Rows.now - 2 * Self.hour), to: store)
    try store.compact(now: Rows.now)
    let found = try Rows.count(store)
    #expect(found["new/0"] == 1)
    #expect(found["late/0"] == nil)
    store.close()
  }

  /// A file of which little is needed any more is written anew, and its space comes back.
  @Test func theSpaceOfDroppedBlocksComesBack() throws {
    let disk = MemoryDisk()
    var settings = Rows.settings(retention: 100 * Self.hour)
    settings.retentionByTenant = ["short": Self.hour]
    let store = try Rows.open(disk, settings: settings)
    for number in 0..<40 {
      try Rows.append(
        batch("short-\(number)", tenant: "short", time: Rows.now + Int64(number)), to: store)
    }
    try Rows.append(batch("long", tenant: "long", time: Rows.now), to: store)
    try store.compact(now: Rows.now)
    let before = store.status().blockFileBytes
    store.applyRetention(now: Rows.now + 2 * Self.hour)
    #expect(store.status().blockFileBytes < before / 4)
    #expect(try Rows.count(store) == ["long": 1])
    store.close()
    let again = try Rows.open(
      disk, settings: settings, clock: Clock(Rows.now + 2 * Self.hour))
    #expect(try Rows.count(again) == ["long": 1])
    again.close()
  }
}
