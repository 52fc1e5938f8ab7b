import Bytes
import Dispatch
import Dividing
import Model
import Synchronization

/// A batch on its way to the disk.
struct Pending: Sendable {
  let batch: PreparedBatch
  let key: ByteString
  let mayWait: Bool
  let cost: Int
  /// Nanoseconds of the machine's steady clock.
  let queuedAt: UInt64
  let completion: @Sendable (Result<Receipt, StoreFault>) -> Void
}

/// A batch that is on disk, for the store to show to readers.
struct Committed: Sendable {
  let batch: PreparedBatch
  let frame: Frame
  let segment: Int
  let offset: Int
}

/// The one thread that writes. It takes every batch that queued during the last fdatasync, writes
/// them as one group, syncs once, shows them, acknowledges. It never waits while an
/// acknowledgement is due; only batches that may wait (UDP) wait, 50 ms at most.
final class Committer: Sendable {
  private static let longestWait: UInt64 = 50_000_000
  /// A group is built in memory: past this the rest of the queue makes the next group.
  private static let groupBytes = 16 << 20
  /// A disk that failed twice is tried again after this many nanoseconds.
  private static let pause: Int64 = 1_000_000_000

  /// What waits, and what became of what did.
  private struct Queue {
    var waiting: [Pending] = []
    /// How many of them must not wait.
    var due = 0
    /// Of what waits and of what is being written.
    var bytes = 0
    var isClosed = false
    var commits = 0
    var syncs = 0
    /// Why the last group was refused; nil when it was taken.
    var refusal: StoreFault?
    /// Until when, by the store's clock, no group is tried after one that could not be written.
    var refusesUntil = Int64.min
    /// Who waits for the segment to be ended.
    var cuts: [@Sendable (Int) -> Void] = []

    /// Takes the next group, or nil when the thread's work is done.
    mutating func takeGroup() -> [Pending]? {
      if waiting.isEmpty, isClosed { return nil }
      var cost = 0
      let rest = waiting.firstIndex { one in
        cost += one.cost
        return cost > Committer.groupBytes && cost > one.cost
      }
      let group = Array(waiting.prefix(min(rest ?? waiting.count, GroupPlace.mostFrames)))
      waiting.removeFirst(group.count)
      due -= group.count { !$0.mayWait }
      return group
    }
  }

  private let queue = Mutex(Queue())
  private let signal = DispatchSemaphore(value: 0)
  private let queueLimit: Int
  private let thread = Mutex<OwnThread?>(nil)

  /// `queueLimit` is in bytes.
  init(queueLimit: Int) {
    self.queueLimit = queueLimit
  }

  /// Starts the thread; `work` is used by it alone.
  func start(_ work: CommitWork) throws(StoreFault) {
    let box = WorkBox(work)
    do {
      let started = try OwnThread { [self] in run(box) }
      thread.withLock { $0 = started }
    } catch {
      throw .failed("\(error)")
    }
  }

  func add(
    _ batch: PreparedBatch, key: ByteString, mayWait: Bool, now: Int64,
    completion: @escaping @Sendable (Result<Receipt, StoreFault>) -> Void
  ) {
    let cost = batch.cost
    guard cost <= Frame.longestPayload else {
      return completion(.failure(.failed("a batch may have \(Frame.longestPayload) bytes")))
    }
    let refusal: StoreFault? = queue.withLock { queue in
      if queue.isClosed { return .closed }
      if let refusal = queue.refusal, now < queue.refusesUntil { return refusal }
      // One batch is always taken, however large: else it could never be.
      if queue.bytes > 0, queue.bytes + cost > queueLimit { return .overloaded }
      queue.bytes += cost
      queue.due += mayWait ? 0 : 1
      queue.waiting.append(
        Pending(
          batch: batch, key: key, mayWait: mayWait, cost: cost,
          queuedAt: DispatchTime.now().uptimeNanoseconds, completion: completion))
      return nil
    }
    if let refusal { return completion(.failure(refusal)) }
    signal.signal()
  }

  /// Ends the present segment and calls `completion`, on the committer's thread, with its number:
  /// what is committed later is in later segments. False when the committer is closed.
  func cut(_ completion: @escaping @Sendable (Int) -> Void) -> Bool {
    let isTaken = queue.withLock { queue in
      if queue.isClosed { return false }
      queue.cuts.append(completion)
      return true
    }
    signal.signal()
    return isTaken
  }

  /// Writes what is queued and ends the thread.
  func close() {
    queue.withLock { $0.isClosed = true }
    signal.signal()
    thread.withLock { $0.take() }?.join()
  }

  var figures: (commits: Int, syncs: Int, refusal: StoreFault?) {
    queue.withLock { ($0.commits, $0.syncs, $0.refusal) }
  }

  private func run(_ box: WorkBox) {
    while true {
      while let deadline = nextDeadline() { _ = signal.wait(timeout: deadline) }
      let (cuts, group) = queue.withLock { queue in
        defer { queue.cuts = [] }
        return (queue.cuts, queue.takeGroup())
      }
      if !cuts.isEmpty {
        let number = box.work.cut()
        for completion in cuts { completion(number) }
      }
      guard let group else { return }
      guard !group.isEmpty else { continue }
      let (outcome, tell) = box.work.commit(group)
      // Whoever is told must find the books in order.
      finish(group, box.work, outcome)
      tell()
    }
  }

  private func finish(
    _ group: [Pending], _ work: CommitWork, _ outcome: Result<Void, StoreFault>
  ) {
    let now = work.now()
    queue.withLock { queue in
      queue.bytes -= group.reduce(0) { $0 + $1.cost }
      queue.syncs = work.syncs
      switch outcome {
      case .success:
        queue.commits += group.count
        queue.refusal = nil
      case .failure(let fault):
        queue.refusal = fault
        // A full disk says so before anything is written, so it may be asked each time.
        if fault != .full { queue.refusesUntil = now.adding(Self.pause) ?? .max }
      }
    }
  }

  /// Until when the thread may wait for more; nil when something is to be done now.
  private func nextDeadline() -> DispatchTime? {
    queue.withLock { queue in
      if queue.isClosed || queue.due > 0 || !queue.cuts.isEmpty { return nil }
      guard let first = queue.waiting.first else { return .distantFuture }
      let until = first.queuedAt + Self.longestWait
      return until <= DispatchTime.now().uptimeNanoseconds
        ? nil : DispatchTime(uptimeNanoseconds: until)
    }
  }
}

/// The committer's work. Its thread alone has it after `start`, so it needs no lock.
private final class WorkBox: @unchecked Sendable {
  var work: CommitWork
  init(_ work: CommitWork) { self.work = work }
}
