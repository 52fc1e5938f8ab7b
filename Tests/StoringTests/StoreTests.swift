import Bytes
import Foundation
import Model
import Storing
import Support
import Synchronization
import Testing

@Suite struct StoreTests {
  @Test func whatWasAcknowledgedIsThereAfterARestart() async throws {
    let disk = MemoryDisk()
    var store = try Rows.open(disk)
    for number in 0..<20 {
      let receipt = try await store.append(Rows.batch("b\(number)"), idempotencyKey: nil)
      #expect(!receipt.wasDuplicate && receipt.rows == 4)
    }
    store.close()
    store = try Rows.open(disk)
    let counts = try Rows.count(store)
    #expect(counts.count == 60)
    #expect(counts.values.allSatisfy { $0 == 1 })
    let series = try store.series(
      in: .tenant("t0"), metric: "m", from: .min, through: .max, where: { _, _ in true })
    #expect(series.count == 20)
    #expect(series.allSatisfy { $0.values == [0.1 + 0.2] })
    let others = try store.series(
      in: .tenant("t1"), metric: nil, from: .min, through: .max, where: { _, _ in true })
    #expect(others.isEmpty)
    store.close()
  }

  @Test func valuesReadBackBitForBit() async throws {
    let disk = MemoryDisk()
    let store = try Rows.open(disk)
    let awkward: [Double] = [
      -0.0, .leastNonzeroMagnitude, 1e308, 0.1 + 0.2, 9_007_199_254_740_994, .infinity,
      Double(bitPattern: 0x7ff0_0000_0000_0002), Double(bitPattern: 0x7ff8_0000_dead_beef),
    ]
    var batch = Batch()
    batch.startSeries(tenant: batch.intern(ByteString("t")))
    batch.addLabel(batch.intern(ByteString("__name__")), batch.intern(ByteString("m")))
    let series = try batch.finishSeries()
    for (time, value) in awkward.enumerated() {
      batch.append(sample: Sample(series: series, time: Int64(time), value: value))
    }
    _ = try await store.append(batch, idempotencyKey: nil)
    store.close()
    let again = try Rows.open(disk)
    let read = try again.series(
      in: .fleet, metric: "m", from: 0, through: 100, where: { _, _ in true })
    #expect(read.first?.values.map(\.bitPattern) == awkward.map(\.bitPattern))
    again.close()
  }

  @Test func lateSamplesAreOrderedAndTheLastWrittenWins() async throws {
    let store = try Rows.open(MemoryDisk())
    for (time, value) in [(30, 3.0), (10, 1.0), (20, 2.0), (10, 9.0)] as [(Int64, Double)] {
      var batch = Batch()
      batch.startSeries(tenant: batch.intern(ByteString("t")))
      batch.addLabel(batch.intern(ByteString("__name__")), batch.intern(ByteString("m")))
      batch.append(sample: Sample(series: try batch.finishSeries(), time: time, value: value))
      _ = try await store.append(batch, idempotencyKey: nil)
    }
    let read = try store.series(
      in: .fleet, metric: "m", from: 10, through: 20, where: { _, _ in true })
    #expect(read.first?.times == [10, 20])
    #expect(read.first?.values == [9, 2])
    store.close()
  }

  @Test func aKeyCountsOnceAlsoAcrossARestart() async throws {
    let disk = MemoryDisk()
    var store = try Rows.open(disk)
    for round in 0..<3 {
      let receipt = try await store.append(Rows.batch("b"), idempotencyKey: "k")
      #expect(receipt.wasDuplicate == (round > 0))
      store.close()
      store = try Rows.open(disk)
    }
    #expect(try Rows.count(store).values.allSatisfy { $0 == 1 })
    store.close()
  }

  @Test func manyWritersShareSyncs() async throws {
    let store = try Rows.open(MemoryDisk())
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<200 {
        group.addTask {
          _ = try await store.append(Rows.batch("b\(number)"), idempotencyKey: nil)
        }
      }
      try await group.waitForAll()
    }
    #expect(try Rows.count(store).count == 600)
    let status = store.status()
    #expect(status.commits == 200)
    #expect(status.syncs <= 200)
    store.close()
  }

  @Test func oneProcessHasTheFolder() throws {
    let disk = MemoryDisk()
    let store = try Rows.open(disk)
    #expect(throws: StoreFault.locked("/store")) { try Rows.open(disk) }
    store.close()
  }

  @Test func segmentsRotateAndRetentionDropsTheOldest() async throws {
    let disk = MemoryDisk()
    var settings = StoreSettings(retention: 1_000_000_000)
    settings.segmentBytes = 4_096
    let store = try Store(opening: "/store", on: disk, settings: settings, clock: { Rows.now })
    for number in 0..<50 {
      let time = Rows.now + Int64(number) * 1_000_000_000
      _ = try await store.append(Rows.batch("b\(number)", time: time), idempotencyKey: nil)
    }
    let before = store.status().segments
    #expect(before > 3)
    store.applyRetention(now: Rows.now + 49 * 1_000_000_000)
    #expect(store.status().segments < before)
    let counts = try Rows.count(store)
    #expect(counts["b49/0"] == 1)
    #expect(counts["b0/0"] == nil)
    store.close()
  }

  @Test func theMachinesDiskKeepsRowsToo() async throws {
    let folder = NSTemporaryDirectory() + "plimsoll-store-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var store = try Rows.open(SystemDisk(), folder)
    _ = try await store.append(Rows.batch("b"), idempotencyKey: "k")
    #expect(throws: StoreFault.self) { try Rows.open(SystemDisk(), folder) }
    store.close()
    store = try Rows.open(SystemDisk(), folder)
    #expect(try Rows.count(store).count == 3)
    #expect(try await store.append(Rows.batch("b"), idempotencyKey: "k").wasDuplicate)
    store.close()
  }
}
