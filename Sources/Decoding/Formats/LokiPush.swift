import Bytes
package import Model
import Packing

/// Loki's push API: JSON (also the older one of `labels` and `entries`), or a snappy block that
/// holds a protobuf `PushRequest` (Loki, "Ingest logs"; logproto/push.proto). The bytes tell which
/// it is, whatever a sender calls them: no snappy block begins as a JSON object does.
///
/// A record has the service, environment, host, logger, release and level of its stream labels of
/// these names, and the others in the field `_stream` (`StreamLabels`); structured metadata become
/// fields. A stream whose labels or entries are malformed is refused whole, an entry that is too
/// long alone; a request that cannot be cut has nothing stored.
package struct LokiPush: WireFormat {
  package static let name = "loki"
  package static let arrivals = [
    Arrival.http(path: "/loki/api/v1/push"), Arrival.http(path: "/api/prom/push"),
  ]
  /// The words by which Loki refuses a request without streams, with status 422.
  package static let noStreams = "error at least one valid stream is required for ingestion"

  package init() {}

  package mutating func decode(
    _ frame: Span<UInt8>, from source: FrameSource, into batch: inout Batch
  ) throws(Fault) {
    let streams: Int
    if Self.isJSON(frame) {
      streams = try LokiPushJSON.decode(frame, receivedAt: source.receivedAt, into: &batch)
    } else {
      let message = try Self.unpack(frame)
      streams = try LokiPushMessage.decode(
        message.span, receivedAt: source.receivedAt, into: &batch)
    }
    if streams == 0 { throw Fault(.emptyRow, Self.noStreams) }
  }

  private static func unpack(_ frame: Span<UInt8>) throws(Fault) -> [UInt8] {
    do throws(PackingFault) {
      return try Snappy.decompress(frame, limit: Limits.bodyBytes)
    } catch {
      switch error {
      case .tooLarge: throw Fault(.bodyTooLarge, "more than \(Limits.bodyBytes) bytes unpacked")
      default:
        throw Fault(
          .decompression, "neither a JSON object nor a snappy block of a PushRequest",
          refused: frame)
      }
    }
  }

  /// A block of 123 bytes begins with the byte of `{` as well, but what follows its length cannot
  /// be what follows a brace: of a quote, a blank, a line end and a brace only the blank begins a
  /// literal.
  private static func isJSON(_ frame: Span<UInt8>) -> Bool {
    let start = JSONFrame.start(of: frame)
    let text = frame.extracting(start..<frame.count)
    if text.equals("null") { return true }
    guard text.count > 0, text[0] == UInt8(ascii: "{") else { return false }
    guard start == 0, text.count > 1 else { return true }
    if text[1] == 32 { return (try? unpack(frame)) == nil }
    return text[1].isBlank || text[1] == 34 || text[1] == 125
  }
}
