package import Bytes
package import Model

/// A point of a series that a simulated exporter has.
package struct SimulatedSample: Sendable, Equatable {
  /// With the metric's name as `__name__`.
  package let labels: Labels
  /// Milliseconds since 1970, as remote write carries it.
  package let milliseconds: Int64
  /// A counter's or gauge's value.
  package let value: Double

  /// A point with all its parts.
  package init(labels: Labels, milliseconds: Int64, value: Double) {
    self.labels = labels
    self.milliseconds = milliseconds
    self.value = value
  }
}

/// Something the fleet sends.
package enum Emission: Sendable, Equatable {
  /// Whole records of one process of a host, as Odoo writes them, each line ended with a newline.
  /// `time` is the stamp of the last record (nanoseconds since 1970).
  case odooLines(host: ByteString, bytes: [UInt8], time: Int64)
  /// One datagram of statsd text; there are none before the fleet is live, since statsd has no
  /// time of its own.
  case statsd(bytes: [UInt8], time: Int64)
  /// One scrape of all exporters; all samples have the same time.
  case samples([SimulatedSample])
}

/// An emission that waits for its time; equal times go in the order they were made.
struct QueuedEmission: Sendable {
  let time: Int64
  let order: Int
  let emission: Emission
}
