import Bytes
package import Model

/// JSON log rows: lines of objects, or one array of them. A row that is not JSON, has a time that
/// cannot be read, too many members or too many bytes is refused and counted, since its sender is
/// told; `/ingest/odoo` takes lines of any kind.
package struct JSONLines: WireFormat {
  package static let name = "json"
  package static let arrivals = [Arrival.http(path: "/ingest/json")]

  private var reader = LogRowReader(isLenient: false)

  package init() {}

  package mutating func decode(
    _ frame: Span<UInt8>, from source: FrameSource, into batch: inout Batch
  ) throws(Fault) {
    reader.receivedAt = source.receivedAt
    JSONFrame.decode(frame, with: &reader, into: &batch)
  }
}
