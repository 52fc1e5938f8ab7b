import Bytes
import Model
import Storing
import Support
import Testing

/// What the disk refuses never becomes an acknowledgement.
@Suite struct FaultTests {
  private func rowsAreThereOnce(_ disk: MemoryDisk, _ names: [String]) throws {
    let store = try Rows.open(disk)
    let counts = try Rows.count(store)
    #expect(counts.values.allSatisfy { $0 == 1 })
    #expect(Set(counts.keys.map { $0.prefix { $0 != "/" } }) == Set(names.map { $0[...] }))
    store.close()
  }

  @Test func aFailedSyncGoesToANewSegmentAndKeepsRowsOnce() async throws {
    let disk = MemoryDisk()
    let store = try Rows.open(disk)
    _ = try await store.append(Rows.batch("a"), idempotencyKey: nil)
    let before = disk.contents("/store/segments/00000001.seg")
    disk.inject(.init(.sync))
    _ = try await store.append(Rows.batch("b"), idempotencyKey: nil)
    _ = try await store.append(Rows.batch("c"), idempotencyKey: nil)
    #expect(store.status().segments == 2)
    #expect(disk.contents("/store/segments/00000001.seg") == before)
    store.close()
    try rowsAreThereOnce(disk, ["a", "b", "c"])
  }

  @Test func anySingleFaultLosesNothing() async throws {
    for call in [DiskCall.open, .append, .sync, .syncFolder, .truncate] {
      for after in 0..<4 {
        let disk = MemoryDisk()
        let store = try Rows.open(disk)
        disk.inject(.init(call, after: after, written: 300))
        for number in 0..<5 {
          _ = try await store.append(Rows.batch("b\(number)"), idempotencyKey: nil)
        }
        store.close()
        var random = SeededGenerator(seed: UInt64(after))
        try rowsAreThereOnce(disk.crashed(using: &random), (0..<5).map { "b\($0)" })
      }
    }
  }

  @Test func syncsThatFailForEverMakeTheStoreReadOnly() async throws {
    let disk = MemoryDisk()
    let store = try Rows.open(disk)
    _ = try await store.append(Rows.batch("a"), idempotencyKey: nil)
    disk.inject(.init(.sync, count: .max))
    for _ in 0..<3 {
      let fault = await #expect(throws: StoreFault.self) {
        try await store.append(Rows.batch("b"), idempotencyKey: "k")
      }
      guard case .readOnly = fault else { throw try #require(fault) }
    }
    #expect(store.status().isReadOnly)
    #expect(try Rows.count(store).count == 3)
    store.close()
    disk.heal()
    // Refused rows must not come back and then be answered as a repeat.
    let again = try Rows.open(disk)
    #expect(try await !again.append(Rows.batch("b"), idempotencyKey: "k").wasDuplicate)
    again.close()
    try rowsAreThereOnce(disk, ["a", "b"])
  }

  @Test func aFullDiskRefusesAndTakesAgain() async throws {
    let disk = MemoryDisk()
    let store = try Rows.open(disk)
    _ = try await store.append(Rows.batch("a"), idempotencyKey: nil)
    let used = disk.usedBytes
    disk.limit(bytes: used + 100)
    for _ in 0..<5 {
      await #expect(throws: StoreFault.full) {
        try await store.append(Rows.batch("b"), idempotencyKey: "k")
      }
    }
    #expect(disk.usedBytes == used)
    #expect(disk.paths.count == 1)
    disk.limit(bytes: nil)
    #expect(try await !store.append(Rows.batch("b"), idempotencyKey: "k").wasDuplicate)
    store.close()
    try rowsAreThereOnce(disk, ["a", "b"])
  }

  @Test func aStartOnAFullDiskServesReads() async throws {
    let disk = MemoryDisk()
    var store = try Rows.open(disk)
    _ = try await store.append(Rows.batch("a"), idempotencyKey: nil)
    store.close()
    disk.limit(bytes: disk.usedBytes)
    store = try Rows.open(disk)
    #expect(try Rows.count(store).count == 3)
    await #expect(throws: StoreFault.full) {
      try await store.append(Rows.batch("b"), idempotencyKey: nil)
    }
    store.close()
  }
}
