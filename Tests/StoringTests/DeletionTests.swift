import Bytes
import Model
import Storing
import Support
import Testing

/// What is deleted is in no file any more, and nothing else is touched.
@Suite struct DeletionTests {
  private static func request(
    _ name: String?, tenant: ByteString = "t0", times: ClosedRange<Int64> = .min ... .max
  ) -> DeletionRequest {
    guard let name else {
      return DeletionRequest(
        tenant: tenant, times: times, records: { $0.records.map { _ in true } },
        series: { _ in true })
    }
    let prefix = ByteString(name + "/")
    let batch = ByteString(name)
    return DeletionRequest(
      tenant: tenant, times: times,
      records: { batch in
        batch.records.map { batch.field("row", of: $0)?.hasPrefix(prefix) ?? false }
      },
      series: { $0["batch"] == batch })
  }

  private func filled(_ disk: MemoryDisk) throws -> Store {
    var settings = Rows.settings()
    settings.cacheBytes = 0
    let store = try Rows.open(disk, settings: settings)
    for number in 0..<12 {
      try Rows.append(
        Rows.batch(
          "b\(number)", count: 4, samples: 2, time: Rows.now + Int64(number) * Rows.second),
        to: store)
      if number % 4 == 3, number < 11 { try store.compact(now: Rows.now) }
    }
    return store
  }

  @Test(arguments: [true, false]) func deletedRowsAreInNoFileAnyMore(isStarted: Bool) throws {
    let disk = MemoryDisk()
    var store = try filled(disk)
    let before = try Rows.pieces(in: store)
    let receipt = try store.delete(Self.request("b5"))
    #expect(receipt.records == 2)
    #expect(receipt.samples == 2)
    #expect(receipt.rewrittenBlocks + receipt.droppedBlocks == 2)
    if isStarted {
      store.close()
      store = try Rows.open(disk)
    }
    let after = try Rows.pieces(in: store)
    let gone = Set(before.keys).subtracting(after.keys).map(\.name.text).sorted()
    #expect(gone == ["b5", "b5", "b5/0", "b5/2"])
    #expect(Set(after.keys).isSubset(of: before.keys))
    #expect(after.values.allSatisfy { $0 == 1 })
    // Asked again there is nothing left to do.
    let nothing = try store.delete(Self.request("b5"))
    #expect(nothing.records + nothing.samples == 0)
    store.close()
  }

  /// Blocks are compressed, so the word to be found is one that they keep as it is.
  @Test func theBytesAreGone() throws {
    let disk = MemoryDisk()
    let store = try Rows.open(disk)
    let word = "victim-7f3a9c"
    var batch = Batch()
    var record = Record(time: Rows.now, receivedAt: Rows.now)
    record.tenant = batch.intern(ByteString("t0"))
    record.host = batch.intern(ByteString(word))
    record.message = batch.intern(ByteString(word))
    batch.append(record: record)
    try Rows.append(batch, to: store)
    try Rows.append(Rows.batch("other"), to: store)
    func isThere() -> Bool {
      disk.paths.contains { ByteString(disk.contents($0)).contains(ByteString(word)) }
    }
    #expect(isThere())
    let host = ByteString(word)
    let receipt = try store.delete(
      DeletionRequest(
        tenant: "t0", times: .min ... .max,
        records: { batch in batch.records.map { batch.string($0.host) == host } }, series: nil))
    #expect(receipt.records == 1)
    #expect(!isThere())
    #expect(try Rows.count(store).count == 3)
    store.close()
  }

  @Test func onlyTheTimesAndTheTenantAskedForGo() throws {
    let store = try filled(MemoryDisk())
    let times = (Rows.now + 3 * Rows.second)...(Rows.now + 5 * Rows.second)
    let receipt = try store.delete(Self.request(nil, tenant: "t1", times: times))
    // Records 1 and 3 of each batch are of t1: both of b3 and b4, none of b5 but its first moment.
    #expect(receipt.records == 4)
    #expect(receipt.samples == 0)
    #expect(try Rows.count(store).count == 48 - 4)
    let samples = try store.delete(
      DeletionRequest(tenant: "t0", times: times, records: nil, series: { _ in true }))
    #expect(samples.records == 0)
    // Both samples of b3 and b4, a millisecond apart, and the first of b5.
    #expect(samples.samples == 5)
    #expect(try store.delete(Self.request(nil, tenant: "nobody")).files == 0)
    store.close()
  }

  @Test func aWholeTenantGoes() throws {
    let disk = MemoryDisk()
    let store = try filled(disk)
    let receipt = try store.delete(Self.request(nil))
    #expect(receipt.records == 24)
    #expect(receipt.samples == 24)
    #expect(receipt.rewrittenBlocks == 0)
    #expect(try Rows.count(store).count == 24)
    #expect(try Rows.series(store).isEmpty)
    store.close()
  }

  @Test func whatComesAfterwardsStays() throws {
    let disk = MemoryDisk()
    let store = try filled(disk)
    _ = try store.delete(Self.request(nil))
    try Rows.append(Rows.batch("later", count: 1), to: store)
    #expect(try Rows.count(store)["later/0"] == 1)
    store.close()
    let again = try Rows.open(disk)
    #expect(try Rows.count(again).count == 25)
    again.close()
  }

  /// A deletion that fails half-way is repeated, and then all is gone.
  @Test func aDeletionThatFailsIsRepeated() throws {
    for after in 0..<12 {
      let disk = MemoryDisk()
      let store = try filled(disk)
      try store.compact(now: Rows.now)
      let before = try Rows.pieces(in: store)
      disk.inject(.init([.append, .sync, .rename, .syncFolder][after % 4], after: after / 4))
      let first = try? store.delete(Self.request(nil, tenant: "t1"))
      let between = try Rows.pieces(in: store)
      #expect(Set(between.keys).isSubset(of: before.keys))
      #expect(between.values.allSatisfy { $0 == 1 })
      disk.heal()
      let second = try store.delete(Self.request(nil, tenant: "t1"))
      #expect((first?.records ?? 0) + second.records <= 24)
      for isStarted in [false, true] {
        let last = isStarted ? try Rows.open(disk.killed()) : store
        let found = try Rows.count(last)
        #expect(found.count == 24 && found.values.allSatisfy { $0 == 1 }, "\(after)")
        last.close()
      }
    }
  }
}
