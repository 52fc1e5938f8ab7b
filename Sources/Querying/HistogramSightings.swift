import Bytes
import Synchronization

/// The native histograms that a query would have read: they are kept, but not evaluated yet, and
/// its answer says so.
final class HistogramSightings: Sendable {
  /// So many are named; who has more knows by then.
  private static let most = 10

  private let names = Mutex<Set<ByteString>>([])

  /// Notes a metric by its name.
  func note(_ name: ByteString) {
    names.withLock { if $0.count < Self.most { $0.insert(name) } }
  }

  /// A sentence for each metric.
  var sentences: [String] {
    names.withLock { $0 }.sorted().map {
      "native histogram \"\($0.text)\" is kept, but not evaluated yet: "
        + "its samples are left out of the answer"
    }
  }
}
