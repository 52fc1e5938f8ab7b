import Bytes
package import Model

/// JSON log rows: lines of objects, or one array of them. A row that is not JSON, has a time that
/// cannot be read, too many members or too many bytes is refused and counted, since its sender is
/// told; `/ingest/odoo` takes lines of any kind.
package struct JSONLines: WireFormat {
  package static let name = "json"
  package static let arrivals = [Arrival.http(path: "/ingest/json")]

  private var reader: LogRowReader

  package init() {
    self.init(isScannerOnly: false)
  }

  /// With `isScannerOnly` every row is read by the general scanner, whose result is the measure of
  /// the fast way's.
  package init(isScannerOnly: Bool) {
    reader = LogRowReader(isLenient: false, isScannerOnly: isScannerOnly)
  }

  package mutating func decode(
    _ frame: Span<UInt8>, from source: FrameSource, into batch: inout Batch
  ) throws(Fault) {
    reader.receivedAt = source.receivedAt
    if reader.isScannerOnly || JSONFrame.isArray(frame) {
      JSONFrame.decode(frame, with: &reader, into: &batch)
    } else {
      let range = batch.hold(frame)
      reader.decodeLines(at: range, of: &batch)
    }
  }

  package mutating func decode(
    adopting body: consuming [UInt8], from source: FrameSource, into batch: inout Batch
  ) throws(Fault) {
    reader.receivedAt = source.receivedAt
    if reader.isScannerOnly || JSONFrame.isArray(body.span) {
      JSONFrame.decode(body.span, with: &reader, into: &batch)
    } else {
      let range = batch.adopt(consume body)
      reader.decodeLines(at: range, of: &batch)
    }
  }
}
