import Bytes
import Dispatch
import Glibc
import Model
import Synchronization

/// A batch on its way to the disk.
struct Pending: Sendable {
  let batch: Batch
  let key: ByteString
  let mayWait: Bool
  let cost: Int
  let queuedAt: UInt64
  let completion: @Sendable (Result<Receipt, StoreFault>) -> Void
}

/// A batch that is on disk, for the store to show to readers.
struct Committed: Sendable {
  let batch: Batch
  let frame: [UInt8]
  let sequence: UInt64
  let segment: Int
  let offset: Int
}

/// The one thread that writes. It takes every batch that queued during the last fdatasync, writes
/// them as one group, syncs once, shows them, acknowledges. It never waits while an
/// acknowledgement is due; only batches that may wait (UDP) wait, 50 ms at most.
final class Committer: Sendable {
  private static let longestWait: UInt64 = 50_000_000

  private struct Queue {
    var waiting: [Pending] = []
    var bytes = 0
    var isClosed = false
    var commits = 0
    var syncs = 0
    var readOnlyReason: String?
  }

  private let queue = Mutex(Queue())
  private let signal = DispatchSemaphore(value: 0)
  private let queueLimit: Int
  private let thread = Mutex<OwnThread?>(nil)

  init(queueLimit: Int) {
    self.queueLimit = queueLimit
  }

  /// Starts the thread; `work` is used by it alone.
  func start(_ work: CommitWork) {
    let box = WorkBox(work)
    thread.withLock { $0 = OwnThread { [self] in run(box) } }
  }

  func add(
    _ batch: Batch, key: ByteString, mayWait: Bool,
    completion: @escaping @Sendable (Result<Receipt, StoreFault>) -> Void
  ) {
    let cost = batch.arena.count + batch.rowCount * 128
    let refusal: StoreFault? = queue.withLock { queue in
      if queue.isClosed { return .closed }
      if let reason = queue.readOnlyReason { return .readOnly(reason) }
      if queue.bytes > 0, queue.bytes + cost > queueLimit { return .overloaded }
      queue.bytes += cost
      queue.waiting.append(
        Pending(
          batch: batch, key: key, mayWait: mayWait, cost: cost,
          queuedAt: DispatchTime.now().uptimeNanoseconds, completion: completion))
      return nil
    }
    if let refusal { return completion(.failure(refusal)) }
    signal.signal()
  }

  /// Writes what is queued and ends the thread.
  func close() {
    queue.withLock { $0.isClosed = true }
    signal.signal()
    thread.withLock { $0.take() }?.join()
  }

  var figures: (commits: Int, syncs: Int, isReadOnly: Bool) {
    queue.withLock { ($0.commits, $0.syncs, $0.readOnlyReason != nil) }
  }

  private func run(_ box: WorkBox) {
    while true {
      waitForWork()
      let (group, isClosed) = queue.withLock { queue in
        defer {
          queue.waiting = []
          queue.bytes = 0
        }
        return (queue.waiting, queue.isClosed)
      }
      if group.isEmpty {
        if isClosed { return }
        continue
      }
      let outcome = box.work.commit(group)
      queue.withLock { queue in
        queue.commits += group.count
        queue.syncs = box.work.syncs
        if case .failure(.readOnly(let reason)) = outcome { queue.readOnlyReason = reason }
      }
    }
  }

  /// Returns when something must be written now.
  private func waitForWork() {
    var deadline = DispatchTime.distantFuture
    while true {
      _ = signal.wait(timeout: deadline)
      let due: DispatchTime? = queue.withLock { queue in
        guard let first = queue.waiting.first else { return queue.isClosed ? nil : .distantFuture }
        if queue.isClosed || queue.waiting.contains(where: { !$0.mayWait }) { return nil }
        let until = first.queuedAt + Self.longestWait
        return until <= DispatchTime.now().uptimeNanoseconds
          ? nil : DispatchTime(uptimeNanoseconds: until)
      }
      guard let due else { return }
      deadline = due
    }
  }
}

// Held by the committer's thread alone after `start`.
private final class WorkBox: @unchecked Sendable {
  var work: CommitWork
  init(_ work: CommitWork) { self.work = work }
}
