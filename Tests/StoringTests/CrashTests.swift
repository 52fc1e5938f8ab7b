import Bytes
import Model
import Storing
import Support
import Synchronization
import Testing

/// The power goes at any call to the disk, any unsynced sector is kept or lost, and every state
/// that this can leave behind is opened. The process is killed at any call, and again while it
/// starts.
@Suite struct CrashTests {
  private static let seeds = 16
  private static let statesPerSeed = 125

  /// Collects states while a workload runs on a disk.
  private final class Collector: Sendable {
    let workload: Workload
    private let memory = MemoryDisk()
    private let random: Mutex<SeededGenerator>
    private let collected = Mutex<[CrashState]>([])
    private let calls = Mutex(0)

    init(seed: UInt64) throws {
      random = Mutex(SeededGenerator(seed: seed))
      let memory = memory
      workload = Workload(seed: ~seed) { round in
        // A disk that works now and then, too.
        if round == 2 { memory.inject(.init(.sync)) }
        if round == 5 { memory.inject(.init(.append, number: 28, written: 700)) }
        if round == 7 { memory.inject(.init(.syncFolder)) }
        if round == 8 { memory.inject(.init(.rename)) }
      }
      try memory.makeFolder("/data")
      try memory.syncFolder("/")
    }

    /// Runs the workload; `judge` may ignore calls, `snapshot` says what becomes of the disk.
    func run(
      _ judge: @escaping @Sendable (DiskCall, String) -> WatchedDisk.Verdict = { _, _ in .pass },
      every step: Int = 1,
      snapshot: @escaping @Sendable (MemoryDisk, inout SeededGenerator) -> MemoryDisk
    ) throws -> [CrashState] {
      let disk = WatchedDisk(memory) { [self] call, path in
        guard call != .read, call != .open, call != .list else { return .pass }
        let number = calls.withLock { calls in
          calls += 1
          return calls
        }
        if number % step == 0 {
          let ledger = workload.ledger
          let after = random.withLock { snapshot(memory, &$0) }
          collected.withLock { $0.append(CrashState(disk: after, ledger: ledger)) }
        }
        return judge(call, path)
      }
      try workload.run(on: disk)
      return collected.withLock { $0 }
    }
  }

  @Test(arguments: 0..<seeds) func afterAPowerCutEveryPromiseHolds(seed: Int) throws {
    let states = try Collector(seed: UInt64(seed)).run { $0.crashed(using: &$1) }
    #expect(states.count >= Self.statesPerSeed)
    var random = SeededGenerator(seed: UInt64(seed))
    for (index, state) in states.enumerated() {
      let faults = try state.faults(&random)
      #expect(faults == [], "seed \(seed), state \(index)")
    }
  }

  /// Every call of one run, a seventh of them for each argument.
  @Test(arguments: 1...7) func afterAKillEveryPromiseHolds(first: Int) throws {
    let states = try Collector(seed: 40).run { disk, _ in disk.killed() }
    var random = SeededGenerator(seed: UInt64(first))
    for index in stride(from: first - 1, to: states.count, by: 7) {
      var state = states[index]
      state.isKill = true
      let faults = try state.faults(&random)
      #expect(faults == [], "state \(index)")
    }
  }

  /// Each start is cut short at some call, five times, before one is let through.
  @Test(arguments: 0..<4) func aStartThatIsCutShortCostsNothing(seed: Int) throws {
    let states = try Collector(seed: UInt64(100 + seed)).run(every: 7) { $0.crashed(using: &$1) }
    var random = SeededGenerator(seed: UInt64(seed))
    for (index, state) in states.enumerated() {
      var disk = state.disk
      for _ in 0..<5 { disk = Self.cutShort(disk, &random) }
      let state = CrashState(disk: disk, ledger: state.ledger)
      let faults = try state.faults(&random)
      #expect(faults == [], "seed \(seed), state \(index)")
    }
  }

  /// The disk after a power cut at one of the calls that a start makes.
  private static func cutShort(
    _ memory: MemoryDisk, _ random: inout SeededGenerator
  ) -> MemoryDisk {
    let target = Int.random(in: 1...12, using: &random)
    let state = Mutex((calls: 0, random: random, after: MemoryDisk?.none))
    let disk = WatchedDisk(memory) { call, _ in
      guard call != .read, call != .open, call != .list else { return .pass }
      state.withLock { state in
        state.calls += 1
        if state.calls == target { state.after = memory.crashed(using: &state.random) }
      }
      return .pass
    }
    try? memory.makeFolder("/data")
    try? Workload.open(disk).close()
    return state.withLock { state in
      random = state.random
      return state.after ?? memory.crashed(using: &state.random)
    }
  }

  /// A killed process leaves rows that were written and not synced. Once a start has shown them,
  /// or answered that a key was stored before, the power may go.
  @Test func whatAStartHasShownIsDurable() throws {
    let states = try Collector(seed: 9).run(every: 3) { disk, _ in disk.killed() }
    var random = SeededGenerator(seed: 9)
    for (index, state) in states.enumerated() {
      let next = try Workload.open(state.disk)
      let shown = try Rows.pieces(in: next)
      let last = try Workload.open(state.disk.crashed(using: &random))
      let found = try Rows.pieces(in: last)
      #expect(found == shown, "state \(index)")
      last.close()
      next.close()
    }
  }

  /// A sync fails, the process is killed before it can cut the group off, and the client comes
  /// again. The system takes the group's pages for clean, so another sync does not bring them to
  /// the disk: whoever is told that the rows are stored must find them after a power cut.
  @Test func aFailedSyncBeforeAKillIsNotBelieved() throws {
    let memory = MemoryDisk()
    let killed = Mutex<MemoryDisk?>(nil)
    let disk = WatchedDisk(memory) { call, _ in
      if call == .truncate { killed.withLock { $0 = $0 ?? memory.killed() } }
      return .pass
    }
    let store = try Rows.open(disk)
    try Rows.append(Rows.batch("a"), to: store)
    memory.inject(.init(.sync))
    try Rows.append(Rows.batch("b"), to: store, key: "k")
    store.close()
    let found = try #require(killed.withLock { $0 })
    let next = try Rows.open(found)
    try Rows.append(Rows.batch("b"), to: next, key: "k")
    next.close()
    var random = SeededGenerator(seed: 3)
    for _ in 0..<20 {
      let last = try Rows.open(found.crashed(using: &random))
      let counts = try Rows.count(last)
      #expect(counts.count == 6 && counts.values.allSatisfy { $0 == 1 })
      last.close()
    }
  }

  /// One kind of sync that is left out.
  enum Omission: CaseIterable {
    case allFiles, allFolders, segments, drafts, blockFolder

    func concerns(_ call: DiskCall, _ path: String) -> Bool {
      switch self {
      case .allFiles: call == .sync
      case .allFolders: call == .syncFolder
      case .segments: call == .sync && path.hasSuffix(".seg")
      case .drafts: call == .sync && path.hasSuffix(".draft")
      case .blockFolder: call == .syncFolder && path.hasSuffix("/blocks")
      }
    }
  }

  /// The first test is worth something only if it fails where a sync is missing.
  @Test(arguments: Omission.allCases) func missingSyncsAreNoticed(_ omission: Omission) throws {
    for seed in 0..<4 {
      let states = try Collector(seed: UInt64(seed)).run { call, path in
        omission.concerns(call, path) ? .ignore : .pass
      } snapshot: {
        $0.crashed(using: &$1)
      }
      var random = SeededGenerator(seed: UInt64(seed))
      for state in states where try !state.faults(&random).isEmpty { return }
    }
    Issue.record("no promise was broken without \(omission)")
  }
}
