import Bytes
import Model
import NIOHTTP1
import Querying

/// What a tail is asked: Loki's `query`, `limit`, `start` and `delay_for`, checked before the
/// connection becomes a websocket.
struct TailQuestion: Sendable {
  /// Where websockets are made.
  static let path = "/loki/api/v1/tail"
  private static let lines = 100
  private static let hour: Int64 = 3_600 * Instant.second
  /// As Loki has it: seconds by which a tail may be delayed.
  private static let longestDelay: Int64 = 5

  let tail: LogTail

  /// Throws what the request lacks, as the API's other calls do.
  init(_ head: HTTPRequestHead, now: Int64) throws(QueryFault) {
    let parts = head.uri.split(separator: "?", maxSplits: 1)
    let question = HTTPQuestion(
      method: "GET", path: Self.path, captures: [:],
      parameters: FormText.parse(Array((parts.count > 1 ? parts[1] : "").utf8).span),
      headers: { name in head.headers.first(name: name) }, body: RequestBody([]))
    let limit = try LokiParameters.count(
      question, "limit", default: Self.lines, largest: Limits.rowsPerQuery)
    let start = try TimeParameters.lokiTime(
      question.parameter("start"), name: "start", default: now.adding(-Self.hour) ?? 0)
    var delay: Int64 = 0
    if let text = question.parameter("delay_for") {
      guard let seconds = Numbers.integer(Array(text.utf8).span), seconds >= 0,
        seconds <= Self.longestDelay
      else {
        throw QueryFault(
          .badData, "delay_for can't be greater than \(Self.longestDelay) seconds")
      }
      delay = seconds * Instant.second
    }
    tail = try LogTail(
      try LogQL.parse(ByteString(question.parameter("query") ?? "")),
      scope: try question.scope(), start: start, limit: limit, delay: delay)
  }

  /// Whether a page of another site has sent it: websockets are open to any page of a browser, so
  /// the browser's word for where the page came from must be our own address.
  static func isForeign(_ head: HTTPRequestHead) -> Bool {
    guard let origin = head.headers.first(name: "Origin") else { return false }
    guard let host = head.headers.first(name: "Host") else { return true }
    return origin != "http://" + host && origin != "https://" + host
  }
}
