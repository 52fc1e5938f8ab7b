import Foundation

/// Why work was not taken.
package struct Overload: Error {}

/// Threads for long or blocking work (queries, decoding, rules), so that neither Swift's
/// cooperative pool nor an event loop ever waits for it.
package final class Workers: Sendable {
  private let queue: WorkQueue

  /// `count` threads; at most `depth` pieces of work wait, more are refused.
  package init(name: String, count: Int, depth: Int) {
    let queue = WorkQueue(depth: depth)
    self.queue = queue
    for number in 0..<count {
      let thread = Thread { queue.run() }
      thread.name = "\(name)-\(number)"
      // Parsers limit their nesting; this leaves room for debug builds' large frames.
      thread.stackSize = 16 << 20
      thread.start()
    }
  }

  deinit {
    queue.close()
  }

  /// Runs `work` on one of the threads. Throws `Overload` when too much waits already.
  package func run<Result: Sendable>(
    _ work: @escaping @Sendable () throws -> Result
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      let taken = queue.add {
        do {
          continuation.resume(returning: try work())
        } catch {
          continuation.resume(throwing: error)
        }
      }
      if !taken { continuation.resume(throwing: Overload()) }
    }
  }

  /// Runs `work` on one of the threads and does not wait for it; false when too much waits.
  package func start(_ work: @escaping @Sendable () -> Void) -> Bool {
    queue.add(work)
  }
}

// The condition guards all of the state; nothing is touched without it.
/// Work that waits for a thread.
private final class WorkQueue: @unchecked Sendable {
  private let condition = NSCondition()
  private let depth: Int
  private var waiting: [@Sendable () -> Void] = []
  private var next = 0
  private var isClosed = false

  init(depth: Int) {
    self.depth = depth
  }

  func add(_ work: @escaping @Sendable () -> Void) -> Bool {
    condition.lock()
    defer { condition.unlock() }
    guard !isClosed, waiting.count - next < depth else { return false }
    waiting.append(work)
    condition.signal()
    return true
  }

  func close() {
    condition.lock()
    isClosed = true
    condition.broadcast()
    condition.unlock()
  }

  func run() {
    while let work = take() { work() }
  }

  private func take() -> (@Sendable () -> Void)? {
    condition.lock()
    defer { condition.unlock() }
    while next == waiting.count {
      if isClosed { return nil }
      condition.wait()
    }
    let work = waiting[next]
    next += 1
    if next > 64, next * 2 > waiting.count {
      waiting.removeFirst(next)
      next = 0
    }
    return work
  }
}
