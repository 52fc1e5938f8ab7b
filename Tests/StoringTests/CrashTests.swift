import Bytes
import Model
import Storing
import Support
import Synchronization
import Testing

@Suite struct CrashTests {
  /// Appends until the power goes at a random moment; what was acknowledged by then must be there
  /// once, what was not must be whole or absent.
  private func lost(seed: UInt64, ignoringSyncs: Bool) async throws -> (lost: Int, torn: Int) {
    var random = SeededGenerator(seed: seed)
    let disk = MemoryDisk(ignoresSyncs: ignoringSyncs)
    let store = try Rows.open(disk)
    let count = Int.random(in: 1...6, using: &random)
    var acknowledged: [String] = []
    for number in 0..<count {
      let name = "b\(number)"
      _ = try await store.append(Rows.batch(name, count: 5), idempotencyKey: ByteString(name))
      acknowledged.append(name)
    }
    // One more whose sync fails: it must not be acknowledged, and may or may not be there.
    disk.fail(call: 2, with: 5, onwards: true)
    let unsure = try? await store.append(Rows.batch("unsure", count: 5), idempotencyKey: nil)
    #expect(unsure == nil)
    let crashed = disk.afterCrash(&random)
    store.close()
    let again = try Rows.open(crashed)
    defer { again.close() }
    let counts = try Rows.count(again)
    var lost = 0
    var torn = 0
    for name in acknowledged {
      let rows = (0..<5).map { counts["\(name)/\($0)"] ?? 0 }
      if rows != [1, 1, 1, 1, 1] { lost += 1 }
    }
    let rows = (0..<5).map { counts["unsure/\($0)"] ?? 0 }
    if rows != [0, 0, 0, 0, 0] && rows != [1, 1, 1, 1, 1] { torn += 1 }
    return (lost, torn)
  }

  @Test func noPowerCutLosesOrTearsWhatWasAcknowledged() async throws {
    for seed in 0..<400 {
      let outcome = try await lost(seed: UInt64(seed), ignoringSyncs: false)
      #expect(outcome == (0, 0), "seed \(seed)")
    }
  }

  @Test func withoutSyncsTheSameTestFails() async throws {
    var lost = 0
    for seed in 0..<40 { lost += try await self.lost(seed: UInt64(seed), ignoringSyncs: true).lost }
    #expect(lost > 0)
  }

  @Test func flippedBitsCostAtMostTheirFrame() async throws {
    var random = SeededGenerator(seed: 3)
    let disk = MemoryDisk()
    let store = try Rows.open(disk)
    for number in 0..<30 {
      _ = try await store.append(Rows.batch("b\(number)"), idempotencyKey: nil)
    }
    store.close()
    let path = try #require(disk.paths.first { $0.hasSuffix(".seg") })
    for _ in 0..<150 {
      var copyRandom = SeededGenerator(seed: random.next())
      let copy = disk.afterCrash(&copyRandom)
      copy.flip(bit: Int.random(in: 0..<1_000_000, using: &random), of: path)
      let again = try Rows.open(copy)
      let counts = try Rows.count(again)
      // The last group may vanish as unacknowledged; any other flip costs one batch of three.
      #expect(counts.count >= 87)
      #expect(counts.values.allSatisfy { $0 == 1 })
      #expect(counts.keys.allSatisfy { $0.hasPrefix("b") })
      again.close()
    }
  }

  @Test func anyBytesAsASegmentOpen() throws {
    var random = SeededGenerator(seed: 4)
    for _ in 0..<200 {
      let disk = MemoryDisk()
      let bytes = (0..<Int.random(in: 0...5_000, using: &random)).map { _ in
        UInt8.random(in: 0...255, using: &random)
      }
      let file = try disk.open("/store/segments/00000001.seg", create: true)
      try file.append(bytes, at: 0)
      let store = try Rows.open(disk)
      #expect(try Rows.count(store).isEmpty)
      store.close()
    }
  }

  @Test func aFailedSyncGoesToANewSegmentAndKeepsRowsOnce() async throws {
    let disk = MemoryDisk()
    let store = try Rows.open(disk)
    _ = try await store.append(Rows.batch("a"), idempotencyKey: nil)
    disk.fail(call: 2, with: 5)
    _ = try await store.append(Rows.batch("b"), idempotencyKey: nil)
    _ = try await store.append(Rows.batch("c"), idempotencyKey: nil)
    #expect(store.status().segments == 2)
    store.close()
    let again = try Rows.open(disk)
    let counts = try Rows.count(again)
    #expect(counts.count == 9)
    #expect(counts.values.allSatisfy { $0 == 1 })
    again.close()
  }

  @Test func aFullDiskRefusesAndRecovers() async throws {
    let disk = MemoryDisk()
    let store = try Rows.open(disk)
    disk.fail(call: 1, with: 28, onwards: true)
    await #expect(throws: StoreFault.full) {
      try await store.append(Rows.batch("a"), idempotencyKey: "k")
    }
    disk.heal()
    let receipt = try await store.append(Rows.batch("a"), idempotencyKey: "k")
    #expect(!receipt.wasDuplicate)
    store.close()
    let again = try Rows.open(disk)
    #expect(try Rows.count(again).count == 3)
    again.close()
  }
}
