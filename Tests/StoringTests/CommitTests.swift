import Bytes
import Dispatch
import Model
import Storing
import Support
import Synchronization
import Testing

/// Who shares a sync, in which order rows are shown, and what a key stands for.
@Suite struct CommitTests {
  /// A disk whose next sync waits until it is let go, so that a queue can build up behind it.
  private struct Gate {
    let disk: MemoryDisk
    let reached = DispatchSemaphore(value: 0)
    let release = DispatchSemaphore(value: 0)

    init() {
      let isShut = Mutex(true)
      let reached = reached
      let release = release
      disk = MemoryDisk { _, call in
        guard call == .sync,
          isShut.withLock({ shut in
            defer { shut = false }
            return shut
          })
        else { return }
        reached.signal()
        release.wait()
      }
    }
  }

  /// Appends and notes the outcome under the batch's name.
  private final class Outcomes: Sendable {
    private let all = Mutex<[(name: String, result: Result<Receipt, StoreFault>)]>([])

    func append(
      _ name: String, to store: Store, key: ByteString? = nil, mayWait: Bool = false
    ) {
      store.append(Rows.batch(name), idempotencyKey: key, mayWait: mayWait) { [self] result in
        all.withLock { $0.append((name, result)) }
      }
    }

    var names: [String] { all.withLock { $0.map(\.name) } }

    func result(_ name: String) -> Result<Receipt, StoreFault>? {
      all.withLock { $0.first { $0.name == name }?.result }
    }
  }

  @Test func whatQueuesDuringASyncSharesTheNext() throws {
    let gate = Gate()
    let store = try Rows.open(gate.disk)
    let outcomes = Outcomes()
    outcomes.append("first", to: store)
    gate.reached.wait()
    #expect(try Rows.count(store).isEmpty)
    for number in 0..<5 { outcomes.append("b\(number)", to: store) }
    gate.release.signal()
    store.close()
    #expect(outcomes.names == ["first", "b0", "b1", "b2", "b3", "b4"])
    #expect(store.status().syncs == 2)
    #expect(store.status().commits == 6)
    #expect(try Rows.count(store).count == 18)
  }

  @Test func aBatchThatMayWaitTakesTheNextThatMustNot() throws {
    let store = try Rows.open(MemoryDisk())
    let outcomes = Outcomes()
    outcomes.append("a", to: store, mayWait: true)
    outcomes.append("b", to: store, mayWait: true)
    outcomes.append("c", to: store)
    store.close()
    #expect(outcomes.names == ["a", "b", "c"])
    #expect(store.status().syncs <= 3)
  }

  @Test func manyWritersAreAllStored() async throws {
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
    #expect(store.status().commits == 200)
    store.close()
  }

  @Test func aFullQueueRefusesAtOnce() throws {
    let gate = Gate()
    var settings = Rows.settings()
    settings.queueBytes = 12_000
    let store = try Store(
      opening: "/store", on: gate.disk, settings: settings, clock: { Rows.now })
    let outcomes = Outcomes()
    outcomes.append("first", to: store)
    gate.reached.wait()
    for number in 0..<20 { outcomes.append("b\(number)", to: store) }
    // The last is refused while the disk still hangs.
    #expect(outcomes.result("b19") == .failure(.overloaded))
    #expect(outcomes.result("b0") == nil)
    gate.release.signal()
    store.close()
    #expect(outcomes.result("b0") == .success(Receipt(wasDuplicate: false, rows: 4)))
    #expect(outcomes.names.count == 21)
  }

  @Test func aRepeatOfWhatIsQueuedWaitsForIt() throws {
    let gate = Gate()
    let store = try Rows.open(gate.disk)
    let outcomes = Outcomes()
    outcomes.append("first", to: store, key: "k")
    gate.reached.wait()
    outcomes.append("again", to: store, key: "k")
    outcomes.append("other", to: store, key: "l")
    outcomes.append("otherAgain", to: store, key: "l")
    #expect(outcomes.names.isEmpty)
    gate.release.signal()
    store.close()
    #expect(outcomes.result("again") == .success(Receipt(wasDuplicate: true, rows: 0)))
    #expect(outcomes.result("otherAgain") == .success(Receipt(wasDuplicate: true, rows: 0)))
    #expect(try Rows.count(store).count == 6)
  }

  @Test func aRepeatSharesTheFailureOfItsTwin() throws {
    let gate = Gate()
    let store = try Rows.open(gate.disk)
    let outcomes = Outcomes()
    outcomes.append("first", to: store)
    gate.reached.wait()
    outcomes.append("a", to: store, key: "k")
    outcomes.append("b", to: store, key: "k")
    gate.disk.inject(.init(.append, number: 28))
    gate.release.signal()
    store.close()
    #expect(outcomes.result("a") == .failure(.full))
    #expect(outcomes.result("b") == .failure(.full))
  }

  @Test func aKeyCountsOnceAlsoAcrossARestart() async throws {
    let disk = MemoryDisk()
    for round in 0..<3 {
      let store = try Rows.open(disk)
      let receipt = try await store.append(Rows.batch("b"), idempotencyKey: "k")
      #expect(receipt.wasDuplicate == (round > 0))
      #expect(try Rows.count(store) == ["b/0": 1, "b/1": 1, "b/2": 1])
      store.close()
    }
  }

  @Test func aKeyIsForgottenAfterADay() async throws {
    let disk = MemoryDisk()
    for (hours, isDuplicate) in [(0, false), (23, true), (25, false), (30, true)] {
      let now = Rows.now + Int64(hours) * 3_600_000_000_000
      let store = try Store(
        opening: "/store", on: disk, settings: Rows.settings(), clock: { now })
      let receipt = try await store.append(Rows.batch("b"), idempotencyKey: "k")
      #expect(receipt.wasDuplicate == isDuplicate, "after \(hours) hours")
      store.close()
    }
  }
}
