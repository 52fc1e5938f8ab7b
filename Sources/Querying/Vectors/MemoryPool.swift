import Synchronization

/// The memory that running queries may hold together, so that none takes it from ingest and from
/// rules. What is taken is an estimate, in steps of a MiB.
package final class MemoryPool: Sendable {
  private static let step = 1 << 20

  /// Bytes.
  package let limit: Int
  private let taken = Mutex(0)

  package init(limit: Int) {
    self.limit = limit
  }

  /// Bytes that running queries have taken.
  package var used: Int { taken.withLock { $0 } }

  /// What one query has taken of the pool; given back when the query is gone.
  final class Share: Sendable {
    private let pool: MemoryPool
    private let own = Mutex(0)

    init(of pool: MemoryPool) {
      self.pool = pool
    }

    var limit: Int { pool.limit }

    /// Takes so much that the share has `bytes`; false when the others hold too much for that.
    func cover(_ bytes: Int) -> Bool {
      own.withLock { own in
        guard bytes > own else { return true }
        let wanted = (bytes / MemoryPool.step + 1) * MemoryPool.step - own
        let isTaken = pool.taken.withLock { taken in
          guard wanted <= pool.limit - taken else { return false }
          taken += wanted
          return true
        }
        if isTaken { own += wanted }
        return isTaken
      }
    }

    deinit {
      let bytes = own.withLock { $0 }
      pool.taken.withLock { $0 -= bytes }
    }
  }
}

/// Ends a query from another thread: its client is gone.
package final class Cancellation: Sendable {
  private let flag = Atomic(false)

  package init() {}

  package var isCancelled: Bool { flag.load(ordering: .relaxed) }

  /// The query ends where it next looks.
  package func cancel() { flag.store(true, ordering: .relaxed) }
}
