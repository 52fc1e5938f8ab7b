import Bytes
import Model
import Querying

/// The parameters that Loki's calls share. Times are nanoseconds since 1970.
enum LokiParameters {
  private static let hour: Int64 = 3_600 * Instant.second
  /// Points a range aims at when no step is named, as Loki has it.
  private static let defaultPoints: Int64 = 250

  /// `start` and `end`, or `since` before the end or now, whichever is earlier; the last hour when
  /// neither is named.
  static func span(
    _ question: HTTPQuestion, now: Int64
  ) throws(QueryFault) -> (from: Int64, to: Int64) {
    let to = try TimeParameters.lokiTime(question.parameter("end"), name: "end", default: now)
    var since = hour
    if let text = question.parameter("since") {
      guard let length = TimeParameters.duration(text)?.multiplied(by: Instant.millisecond) else {
        throw QueryFault(.badData, "invalid parameter \"since\": \"\(text)\" is not a duration")
      }
      since = length
    }
    let from = try TimeParameters.lokiTime(
      question.parameter("start"), name: "start", default: min(to, now).adding(-since) ?? 0)
    guard to >= from else {
      throw QueryFault(
        .badData, "end timestamp must not be before or equal to start time")
    }
    return (from, to)
  }

  /// Milliseconds: what `step` says, else a 250th of the range and at least a second.
  static func step(
    _ question: HTTPQuestion, from: Int64, to: Int64
  ) throws(QueryFault) -> Int64 {
    let (span, isOver) = to.subtractingReportingOverflow(from)
    let length = isOver ? Int64.max : span
    let fallback = max(1_000, length / Instant.second / defaultPoints * 1_000)
    return try TimeParameters.step(question.parameter("step"), default: fallback)
  }

  /// Nanoseconds that the lines of an answer are apart at least; 0 for all lines.
  static func interval(_ question: HTTPQuestion) throws(QueryFault) -> Int64 {
    guard let text = question.parameter("interval") else { return 0 }
    guard let length = TimeParameters.duration(text)?.multiplied(by: Instant.millisecond) else {
      throw QueryFault(
        .badData, "invalid parameter \"interval\": cannot parse \"\(text)\" to a valid duration")
    }
    guard length >= 0 else { throw QueryFault(.badData, "interval must be >= 0") }
    return length
  }

  /// `forward` or `backward`, in any case; the newest lines first when it is not named.
  static func direction(_ question: HTTPQuestion) throws(QueryFault) -> LogQL.Direction {
    guard let text = question.parameter("direction") else { return .backward }
    guard let direction = LogQL.Direction(rawValue: text.lowercased()) else {
      throw QueryFault(.badData, "invalid direction '\(text)': use forward or backward")
    }
    return direction
  }

  /// A count above zero; more than `largest` is taken for that.
  static func count(
    _ question: HTTPQuestion, _ name: String, default fallback: Int, largest: Int
  ) throws(QueryFault) -> Int {
    guard let text = question.parameter(name) else { return fallback }
    guard let count = Numbers.integer(Array(text.utf8).span), count > 0 else {
      throw QueryFault(.badData, "invalid parameter \"\(name)\": must be a positive value")
    }
    return Int(min(count, Int64(largest)))
  }
}
