import Bytes
package import Model

/// Samples as JSON, for a worker that has only an HTTP client: lines of
/// `{"time": ..., "name": "...", "value": 1.5, "labels": {"a": "b"}}`, or one array of them. `time`
/// may be missing and is then that of receipt; `tenant` may stand beside `name`. What is wrong or
/// unknown refuses the row.
package struct MetricLines: WireFormat {
  package static let name = "metrics"
  package static let arrivals = [Arrival.http(path: "/ingest/metrics")]

  private var reader = MetricRowReader()

  package init() {}

  package mutating func decode(
    _ frame: Span<UInt8>, from source: FrameSource, into batch: inout Batch
  ) throws(Fault) {
    reader.receivedAt = source.receivedAt
    JSONFrame.decode(frame, with: &reader, into: &batch)
  }
}
