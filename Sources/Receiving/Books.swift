package import Model
import Synchronization

/// What a listener did with what it got. The books balance when nothing is in flight:
/// received = stored + rejected + dropped + deduplicated + pending.
package struct ListenerCounts: Sendable {
  /// HTTP bodies or datagrams.
  package var frames = 0
  package var bytes = 0
  /// Rows that came in, well-formed or not.
  package var received = 0
  /// Rows acknowledged by the store.
  package var stored = 0
  package var rejected = FaultTally()
  /// Rows a retried request had brought before.
  package var deduplicated = 0
  /// Rows lost because the store could not take them; HTTP senders were told.
  package var dropped = 0
  /// Datagrams the kernel dropped at the socket: never received.
  package var kernelDrops = 0
  /// Rows that wait inside a format for more (joins, aggregates).
  package var pending = 0

  package init() {}

  /// Whether every received row is accounted for.
  package var balances: Bool {
    received == stored + rejected.total + dropped + deduplicated + pending
  }
}

/// The counters of one listener; shared between its thread and whoever reads them.
package final class Books: Sendable {
  package let listener: String
  package let format: String
  private let counts = Mutex(ListenerCounts())

  package init(listener: String, format: String) {
    self.listener = listener
    self.format = format
  }

  /// Changes the counts, alone.
  package func write(_ change: (inout ListenerCounts) -> Void) {
    counts.withLock { change(&$0) }
  }

  package func read() -> ListenerCounts {
    counts.withLock { $0 }
  }
}
