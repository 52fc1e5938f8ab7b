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
  /// Knows the series of earlier frames; nil when none is to be asked.
  package let directory: (any SeriesDirectory)?
  /// Stands for what the sender's rows get beside what they say (scope, defaults): the same labels
  /// under another scope are another series.
  package let salt: UInt64

  /// A source by its key and the time of receipt in nanoseconds.
  package init(
    key: UInt64, receivedAt: Int64, directory: (any SeriesDirectory)? = nil, salt: UInt64 = 0
  ) {
    self.key = key
    self.receivedAt = receivedAt
    self.directory = directory
    self.salt = salt
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

  /// The same for a frame that is the decoder's own from now on, such as an HTTP body: a format
  /// whose rows are parts of the frame makes it the beginning of the batch's arena, without a copy
  /// if the array has some room left (an eighth is plenty) and nobody else holds it.
  mutating func decode(
    adopting body: consuming [UInt8], from source: FrameSource, into batch: inout Batch
  ) throws(Fault)

  /// Emits what waited long enough at `now` (nanoseconds), or everything. After a whole HTTP body
  /// the server asks for everything.
  mutating func flush(now: Int64, everything: Bool, into batch: inout Batch)

  /// Rows that were received and still wait inside, for the listener's books.
  var pendingRows: Int { get }
}

extension WireFormat {
  /// Borrows the body: most formats write rows of their own making.
  package mutating func decode(
    adopting body: consuming [UInt8], from source: FrameSource, into batch: inout Batch
  ) throws(Fault) {
    try decode(body.span, from: source, into: &batch)
  }

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
  LokiPush.self,
]
