import Bytes
import Glibc
import Model
import Storing
import Support
import Synchronization
import Testing

/// What the disk refuses never becomes an acknowledgement, and costs nothing that was acknowledged
/// before; the store takes rows again by itself once the disk does.
@Suite struct FaultTests {
  /// What is wrong with a disk when it is opened, in words.
  private func faults(_ disk: MemoryDisk, _ ledger: Ledger) throws -> [String] {
    disk.heal()
    disk.limit(bytes: nil)
    let store = try Workload.open(disk)
    defer { store.close() }
    return ledger.faults(in: try Rows.pieces(in: store))
  }

  private func disk() throws -> MemoryDisk {
    let disk = MemoryDisk()
    try disk.makeFolder("/data")
    try disk.syncFolder("/")
    return disk
  }

  /// How many calls of each kind the workload makes.
  private func calls(_ call: DiskCall) throws -> Int {
    let count = Mutex(0)
    let disk = WatchedDisk(try disk()) { made, _ in
      if made == call { count.withLock { $0 += 1 } }
      return .pass
    }
    try Workload(seed: 1).run(on: disk)
    return count.withLock { $0 }
  }

  /// The n-th call of a kind fails once, for every n: appends, compaction, merging, deletion,
  /// retention and starts all meet it.
  @Test(arguments: [
    DiskCall.sync, .syncFolder, .append, .truncate, .rename, .remove, .open, .read, .list,
  ])
  func theNthCallThatFailsOnceCostsNothing(_ call: DiskCall) throws {
    let count = try calls(call)
    #expect(count > 0)
    // What a start cannot read or make stops it with an error; the next succeeds.
    for after in stride(from: 0, to: count, by: max(1, count / 60)) {
      let disk = try disk()
      let workload = Workload(seed: 1)
      disk.inject(.init(call, after: after, written: 300))
      try? workload.run(on: disk)
      let found = try faults(disk, workload.ledger)
      #expect(found == [], "\(call) \(after)")
      var random = SeededGenerator(seed: UInt64(after))
      let crashed = disk.crashed(using: &random)
      let later = try faults(crashed, workload.ledger)
      #expect(later == [], "\(call) \(after), then a power cut")
    }
  }

  /// From the n-th call on all fail, until somebody repairs the disk.
  @Test(arguments: [DiskCall.sync, .syncFolder, .append])
  func callsThatFailForEverGiveNoFalseAnswer(_ call: DiskCall) throws {
    let count = try calls(call)
    for after in stride(from: 0, to: count, by: max(1, count / 25)) {
      let disk = try disk()
      let workload = Workload(seed: 1)
      let number = call == .append ? ENOSPC : EIO
      disk.inject(.init(call, after: after, count: .max, number: number, written: 100))
      try? workload.run(on: disk)
      let found = try faults(disk, workload.ledger)
      #expect(found == [], "\(call) \(after)")
    }
  }

  /// A write that stops after one byte, half-way, or one byte before its end.
  @Test(arguments: [ENOSPC, EIO]) func shortWritesLeaveNothingBehind(_ number: Int32) throws {
    let whole = Frames.sizes
    for (index, size) in whole.enumerated() {
      for written in [1, size / 2, size - 1] {
        let disk = MemoryDisk()
        let store = try Rows.open(disk)
        disk.inject(.init(.append, after: index, number: number, written: written))
        for number in whole.indices {
          // Refused when the disk is full, and written anew when it failed otherwise.
          let name = "b\(number)"
          if (try? Rows.append(Rows.batch(name), to: store)) == nil {
            try Rows.append(Rows.batch(name), to: store)
          }
        }
        store.close()
        // On a full disk the part that fitted is cut off again, and the segment goes on; a segment
        // that failed otherwise is left, with what it has.
        let all = disk.paths.filter { $0.hasSuffix(".seg") }.flatMap { disk.contents($0) }
        let extra = all.count - whole.reduce(0, +)
        #expect(number == ENOSPC ? extra == 0 : extra >= 0, "\(written) bytes of write \(index)")
        let again = try Rows.open(disk)
        #expect(try Rows.count(again).values.allSatisfy { $0 == 1 })
        #expect(try Rows.count(again).count == whole.count * 3)
        #expect(!again.isPartial)
        again.close()
      }
    }
  }

  /// How long the writes of a few batches are.
  private enum Frames {
    static let sizes: [Int] = {
      let sizes = Mutex<[Int]>([])
      let memory = MemoryDisk()
      let last = Mutex(0)
      guard let store = try? Rows.open(memory) else { return [] }
      for number in 0..<4 {
        _ = try? Rows.append(Rows.batch("b\(number)"), to: store)
        let size = memory.contents("/store/segments/00000001.seg").count
        sizes.withLock { $0.append(size - last.withLock { $0 }) }
        last.withLock { $0 = size }
      }
      store.close()
      return sizes.withLock { $0 }
    }()
  }

  @Test func aFailedSyncPoisonsItsSegment() throws {
    let memory = MemoryDisk()
    let touched = Mutex<[String]>([])
    let disk = WatchedDisk(memory) { call, path in
      if call == .append || call == .sync { touched.withLock { $0.append(path) } }
      return .pass
    }
    let store = try Rows.open(disk)
    try Rows.append(Rows.batch("a"), to: store)
    let before = memory.contents("/store/segments/00000001.seg")
    memory.inject(.init(.sync))
    for name in ["b", "c"] { try Rows.append(Rows.batch(name), to: store) }
    #expect(store.status().segments == 2)
    #expect(memory.contents("/store/segments/00000001.seg") == before)
    let later = touched.withLock { $0.suffix(4) }
    #expect(later.allSatisfy { $0.hasSuffix("00000002.seg") })
    store.close()
  }

  @Test func syncsThatFailForEverMakeTheStoreReadOnlyUntilTheyDoNot() throws {
    let disk = MemoryDisk()
    let clock = Clock()
    let store = try Rows.open(disk, clock: clock)
    try Rows.append(Rows.batch("a"), to: store)
    disk.inject(.init(.sync, count: .max))
    for _ in 0..<3 {
      let fault = #expect(throws: StoreFault.self) {
        try Rows.append(Rows.batch("b"), to: store, key: "k")
      }
      guard case .readOnly = fault else { throw try #require(fault) }
      clock.advance(Rows.second / 3)
    }
    #expect(store.status().refusal != nil)
    #expect(try Rows.count(store).count == 3)
    disk.heal()
    // Within a second of the last attempt by the store's clock, and with nobody's help.
    clock.advance(Rows.second)
    #expect(try !Rows.append(Rows.batch("b"), to: store, key: "k").wasDuplicate)
    #expect(store.status().refusal == nil)
    store.close()
    let again = try Rows.open(disk)
    #expect(try Rows.count(again).values.allSatisfy { $0 == 1 })
    #expect(try Rows.count(again).count == 6)
    again.close()
  }

  /// Refused rows must not come back at a start and then be answered as a repeat.
  @Test func whatWasRefusedIsTakenAfterTheStart() throws {
    let disk = MemoryDisk()
    let store = try Rows.open(disk)
    disk.inject(.init(.sync, count: .max))
    #expect(throws: StoreFault.self) { try Rows.append(Rows.batch("b"), to: store, key: "k") }
    store.close()
    disk.heal()
    let again = try Rows.open(disk)
    #expect(try !Rows.append(Rows.batch("b"), to: again, key: "k").wasDuplicate)
    #expect(try Rows.count(again).count == 3)
    again.close()
  }

  @Test func aFullDiskRefusesAndTakesAgain() throws {
    let disk = MemoryDisk()
    let store = try Rows.open(disk)
    try Rows.append(Rows.batch("a"), to: store)
    let used = disk.usedBytes
    disk.limit(bytes: used + 100)
    for _ in 0..<5 {
      #expect(throws: StoreFault.full) {
        try Rows.append(Rows.batch("b"), to: store, key: "k")
      }
    }
    #expect(disk.usedBytes == used)
    #expect(disk.paths.count { $0.hasSuffix(".seg") } == 1)
    disk.limit(bytes: nil)
    #expect(try !Rows.append(Rows.batch("b"), to: store, key: "k").wasDuplicate)
    store.close()
    let again = try Rows.open(disk)
    #expect(try Rows.count(again).count == 6)
    again.close()
  }

  @Test func belowWhatStaysFreeRowsAreRefusedBeforeAWriteFails() throws {
    let disk = MemoryDisk()
    var settings = Rows.settings()
    settings.minimumFree = 100_000
    let store = try Rows.open(disk, settings: settings)
    try Rows.append(Rows.batch("a"), to: store)
    for (free, isTaken) in [
      (99_999, false), (130_000, true), (nil, true), (0, false), (1 << 40, true),
    ] as [(Int?, Bool)] {
      disk.report(bytes: free.map { disk.usedBytes + $0 })
      let answer = Result { try Rows.append(Rows.batch("b\(free ?? 1)"), to: store) }
      switch answer {
      case .success: #expect(isTaken)
      case .failure(let fault): #expect(!isTaken && fault as? StoreFault == .full)
      }
      // Reads, and what frees space, go on.
      #expect(try Rows.count(store)["a/0"] == 1)
      if !isTaken { try store.compact(now: Rows.now) }
    }
    store.close()
  }

  @Test func aStartOnAFullDiskServesReads() throws {
    let disk = MemoryDisk()
    var store = try Rows.open(disk)
    try Rows.append(Rows.batch("a"), to: store)
    store.close()
    disk.limit(bytes: disk.usedBytes)
    store = try Rows.open(disk)
    #expect(try Rows.count(store).count == 3)
    #expect(throws: StoreFault.full) { try Rows.append(Rows.batch("b"), to: store) }
    #expect(throws: (any Error).self) { try store.compact(now: Rows.now) }
    #expect(try Rows.count(store).count == 3)
    disk.limit(bytes: nil)
    try store.compact(now: Rows.now)
    try Rows.append(Rows.batch("b"), to: store)
    #expect(try Rows.count(store).count == 6)
    store.close()
  }
}
