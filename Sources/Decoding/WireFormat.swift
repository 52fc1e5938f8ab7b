import Bytes
package import Model

/// Where a format arrives by default.
package enum Arrival: Sendable, Equatable {
  case http(path: String)
  case udp(port: UInt16)
}

/// Whom a frame came from.
package struct FrameSource: Sendable {
  /// Tells senders apart: a hash of the address, or 0 for one HTTP body.
  package let key: UInt64
  /// When the frame came, nanoseconds since 1970.
  package let receivedAt: Int64

  /// A source by its key and the time of receipt in nanoseconds.
  package init(key: UInt64, receivedAt: Int64) {
    self.key = key
    self.receivedAt = receivedAt
  }
}

/// A format of the wire: it turns frames into rows. A value of it belongs to one listener, or to
/// one HTTP body.
///
/// Logs are lenient: a line that cannot be understood is stored as it came. Metrics, and rows of
/// `/ingest/json`, whose sender is told, are strict: what is wrong is refused and counted.
package protocol WireFormat: Sendable {
  /// What settings and counters call it.
  static var name: String { get }
  /// Where it is listened for unless the settings say otherwise.
  static var arrivals: [Arrival] { get }

  /// A value that has seen nothing yet.
  init()

  /// Decodes one frame (an HTTP body, un-gzipped already, or one datagram) into rows. Rows that
  /// are refused are counted in `batch.faults`. What waits for more (lines of one record, statsd
  /// aggregates) stays inside, per source. Throws only when the frame cannot be cut at all, and
  /// then the batch has nothing of it.
  mutating func decode(
    _ frame: Span<UInt8>, from source: FrameSource, into batch: inout Batch
  ) throws(Fault)

  /// Emits what waited long enough at `now` (nanoseconds), or everything. After a whole HTTP body
  /// the server asks for everything.
  mutating func flush(now: Int64, everything: Bool, into batch: inout Batch)

  /// Rows that were received and still wait inside, for the listener's books.
  var pendingRows: Int { get }
}

extension WireFormat {
  /// Nothing: most formats hold nothing back.
  package mutating func flush(now: Int64, everything: Bool, into batch: inout Batch) {}

  /// None: most formats hold nothing back.
  package var pendingRows: Int { 0 }
}

/// Every format; to add one: its file in `Formats`, and its line here.
package let wireFormats: [any WireFormat.Type] = [
  JSONLines.self,
  OdooLog.self,
  Syslog.self,
  Statsd.self,
  RemoteWrite.self,
  MetricLines.self,
]
