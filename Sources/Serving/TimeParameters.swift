import Bytes
import Model
import Querying

/// Times, steps and limits as the two APIs write them in parameters.
enum TimeParameters {
  /// The earliest and the latest time as the evaluator can hold them; milliseconds.
  static let earliest: Int64 = -9_000_000_000_000_000
  static let latest: Int64 = 8_999_999_999_999_999

  /// What Prometheus' own clients send for the earliest and the latest time there is.
  private static let extremes: [String: Int64] = [
    "-292273086-05-16T16:47:06Z": earliest,
    "292277025-08-18T07:12:54.999999999Z": latest,
    "292277025-08-18T07:12:54.999Z": latest,
  ]

  /// Prometheus: seconds with a fraction, or RFC 3339. Milliseconds since 1970.
  static func prometheusTime(
    _ text: String?, name: String, default fallback: Int64
  ) throws(QueryFault) -> Int64 {
    guard let text else { return fallback }
    if let time = prometheusTime(text) { return time }
    throw QueryFault(
      .badData,
      "invalid parameter \"\(name)\": Invalid time value for '\(name)': cannot parse "
        + "\"\(text)\" to a valid timestamp")
  }

  /// The same for a parameter that has to be there.
  static func prometheusTime(_ text: String?, name: String) throws(QueryFault) -> Int64 {
    if let text, let time = prometheusTime(text) { return time }
    throw QueryFault(
      .badData,
      "invalid parameter \"\(name)\": cannot parse \"\(text ?? "")\" to a valid timestamp")
  }

  private static func prometheusTime(_ text: String) -> Int64? {
    let bytes = Array(text.utf8)
    if let seconds = Numbers.decimal(bytes.span) { return Int64(clamping: seconds * 1_000) }
    if let instant = Instant.parse(bytes.span) { return instant / Instant.millisecond }
    return extremes[text]
  }

  /// Prometheus and Loki: seconds with a fraction, or a duration such as `15s`. Milliseconds.
  static func step(_ text: String?, default fallback: Int64?) throws(QueryFault) -> Int64 {
    guard let text else {
      if let fallback { return fallback }
      throw QueryFault(
        .badData, "invalid parameter \"step\": cannot parse \"\" to a valid duration")
    }
    if let step = duration(text) { return step }
    throw QueryFault(
      .badData, "invalid parameter \"step\": cannot parse \"\(text)\" to a valid duration")
  }

  /// Seconds with a fraction, or a duration such as `1h30m`. Milliseconds; nil when it is neither.
  static func duration(_ text: String) -> Int64? {
    let bytes = Array(text.utf8)
    if let seconds = Numbers.decimal(bytes.span) { return Int64(clamping: seconds * 1_000) }
    let units: [(StaticString, Int64)] = [
      ("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
      ("w", 604_800_000), ("y", 31_536_000_000),
    ]
    let span = bytes.span
    var cursor = Cursor(span)
    var total: Int64 = 0
    guard !cursor.isAtEnd else { return nil }
    while !cursor.isAtEnd {
      let digits = cursor.take(while: \.isDigit)
      guard let amount = Numbers.integer(span.extracting(digits)) else { return nil }
      var factor: Int64?
      for (unit, milliseconds) in units where factor == nil && cursor.skip(unit) {
        factor = milliseconds
      }
      guard let factor, let part = amount.multiplied(by: factor), let sum = total.adding(part)
      else { return nil }
      total = sum
    }
    return total
  }

  /// Loki: nanoseconds, seconds (10 digits or fewer, or with a fraction), or RFC 3339.
  /// Nanoseconds since 1970.
  static func lokiTime(
    _ text: String?, name: String, default fallback: Int64
  ) throws(QueryFault) -> Int64 {
    guard let text else { return fallback }
    let bytes = Array(text.utf8)
    if let whole = Numbers.integer(bytes.span) {
      if bytes.count <= 10 {
        return whole.multiplied(by: Instant.second) ?? fallback
      }
      return whole
    }
    if let seconds = Numbers.decimal(bytes.span),
      let nanoseconds = Int64(clamping: seconds * 1e9)
    {
      return nanoseconds
    }
    if let instant = Instant.parse(bytes.span) { return instant }
    throw QueryFault(.badData, "invalid parameter \"\(name)\": cannot parse \"\(text)\" as a time")
  }

  /// A positive count, at most `largest`.
  static func limit(
    _ text: String?, default fallback: Int, largest: Int
  ) throws(QueryFault) -> Int {
    guard let text else { return fallback }
    guard let count = Numbers.integer(Array(text.utf8).span), count >= 0 else {
      throw QueryFault(.badData, "invalid parameter \"limit\": \"\(text)\" is not a count")
    }
    guard count <= largest else {
      throw QueryFault(
        .badData,
        "max entries limit per query exceeded, limit > max_entries_limit "
          + "(\(count) > \(largest))")
    }
    return Int(count)
  }
}
