import Bytes
import Model
import Storing
import Support
import Synchronization
import Testing

/// The power goes at any call to the disk, any unsynced sector is kept or lost, and every state
/// that this can leave behind is opened.
@Suite struct CrashTests {
  /// What a batch was called, how many records it has, and whether it has a key.
  struct Sent: Sendable {
    let name: String
    let rows: Int
    let hasKey: Bool

    var batch: Batch { Rows.batch(name, count: rows) }
    var key: ByteString? { hasKey ? ByteString(name) : nil }
  }

  /// The disk as a crash at some call left it, and what was acknowledged by then.
  struct CrashState: Sendable {
    let disk: MemoryDisk
    let acknowledged: Set<String>
  }

  /// Runs appends on a disk and collects a state after a crash at every call that changes it.
  private func states(
    seed: UInt64, ignoring: Set<DiskCall>
  ) async throws -> (sent: [Sent], states: [CrashState]) {
    let random = Mutex(SeededGenerator(seed: seed))
    let acknowledged = Mutex<Set<String>>([])
    let collected = Mutex<[CrashState]>([])
    let disk = MemoryDisk(ignoring: ignoring) { disk, call in
      guard call != .read, call != .open, call != .list else { return }
      let known = acknowledged.withLock { $0 }
      let after = random.withLock { disk.crashed(using: &$0) }
      collected.withLock { $0.append(CrashState(disk: after, acknowledged: known)) }
    }
    var settings = Rows.settings()
    settings.segmentBytes = 8_192
    let store = try Store(
      opening: "/data/store", on: prepared(disk), settings: settings, clock: { Rows.now })
    var plan = SeededGenerator(seed: ~seed)
    var sent: [Sent] = []
    for round in 0..<5 {
      if round == 2 { disk.inject(.init(.sync)) }
      if round == 3 { disk.inject(.init(.append, number: 28, written: 700)) }
      // All but the last may wait for it, so that they mostly share its group.
      let group = (0..<Int.random(in: 1...3, using: &plan)).map {
        Sent(
          name: "b\(round)-\($0)", rows: Int.random(in: 1...12, using: &plan),
          hasKey: Bool.random(using: &plan))
      }
      sent += group
      await withCheckedContinuation { done in
        for (index, one) in group.enumerated() {
          let isLast = index == group.count - 1
          store.append(one.batch, idempotencyKey: one.key, mayWait: !isLast) { result in
            if case .success = result { acknowledged.withLock { _ = $0.insert(one.name) } }
            if isLast { done.resume() }
          }
        }
      }
    }
    store.close()
    return (sent, collected.withLock { $0 })
  }

  private func prepared(_ disk: MemoryDisk) throws -> MemoryDisk {
    try disk.makeFolder("/data")
    try disk.syncFolder("/")
    return disk
  }

  /// What is wrong with a state, in words; empty when every promise holds.
  private func faults(_ state: CrashState, _ sent: [Sent]) async throws -> [String] {
    var faults: [String] = []
    try? state.disk.makeFolder("/data")
    var store = try Rows.open(state.disk, "/data/store")
    let found = try Rows.count(store)
    var present: [Sent] = []
    for one in sent {
      let counts = (0..<one.rows).map { found["\(one.name)/\($0)"] ?? 0 }
      let isWhole = counts.allSatisfy { $0 == 1 }
      if isWhole { present.append(one) }
      if state.acknowledged.contains(one.name), !isWhole { faults.append("lost \(one.name)") }
      if !isWhole, counts.contains(where: { $0 != 0 }) { faults.append("torn \(one.name)") }
    }
    // The client of every batch with a key comes again, some more rows come, and there is a start.
    for one in sent where one.hasKey {
      _ = try await store.append(one.batch, idempotencyKey: one.key)
    }
    _ = try await store.append(Rows.batch("later"), idempotencyKey: nil)
    store.close()
    store = try Rows.open(state.disk, "/data/store")
    let again = try Rows.count(store)
    for one in sent where one.hasKey || present.contains(where: { $0.name == one.name }) {
      let counts = (0..<one.rows).map { again["\(one.name)/\($0)"] ?? 0 }
      if !counts.allSatisfy({ $0 == 1 }) { faults.append("not once after the start \(one.name)") }
    }
    if again["later/0"] != 1 { faults.append("lost what came after the crash") }
    store.close()
    return faults
  }

  @Test(arguments: 0..<16) func acknowledgedRowsAreThereOnceOthersWholeOrAbsent(
    seed: UInt64
  ) async throws {
    let (sent, states) = try await states(seed: seed, ignoring: [])
    #expect(states.count >= 20)
    for (index, state) in states.enumerated() {
      let faults = try await faults(state, sent)
      #expect(faults.isEmpty, "seed \(seed), state \(index)")
    }
  }

  /// A killed process leaves rows that were written and not synced. Once a start has shown them,
  /// or answered that a key was stored before, the power may go.
  @Test func whatAStartHasShownIsDurable() async throws {
    let killed = Mutex<[MemoryDisk]>([])
    let disk = MemoryDisk { disk, call in
      if call == .sync || call == .syncFolder {
        let copy = disk.killed()
        killed.withLock { $0.append(copy) }
      }
    }
    let store = try Rows.open(disk)
    for number in 0..<4 {
      _ = try await store.append(Rows.batch("b\(number)"), idempotencyKey: nil)
    }
    store.close()
    var random = SeededGenerator(seed: 9)
    for copy in killed.withLock({ $0 }) {
      let next = try Rows.open(copy)
      let shown = try Rows.count(next)
      for _ in 0..<8 {
        let last = try Rows.open(copy.crashed(using: &random))
        #expect(try Rows.count(last) == shown)
        last.close()
      }
      next.close()
    }
  }

  /// The first test is worth something only if it fails where syncs are missing.
  @Test(arguments: [DiskCall.sync, .syncFolder]) func missingSyncsAreNoticed(
    _ ignored: DiskCall
  ) async throws {
    var faulty = 0
    for seed in 0..<3 {
      let (sent, states) = try await states(seed: UInt64(seed), ignoring: [ignored])
      for state in states {
        let faults = try await faults(state, sent)
        faulty += faults.isEmpty ? 0 : 1
      }
    }
    #expect(faulty > 0)
  }
}
