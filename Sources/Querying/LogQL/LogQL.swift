package import Bytes
package import Model

/// LogQL: log lines by selector and pipeline, and metrics counted from them. Semantics are those of
/// Loki 3 but for what the design says of fields and releases.
package enum LogQL {
  /// Which lines come first.
  package enum Direction: String, Sendable, CaseIterable {
    case forward, backward
  }

  /// The tree of a query. Throws with the position of what may not stand there.
  package static func parse(
    _ query: ByteString, regexBytes: Int = Limits.regexBytes
  ) throws(QueryFault) -> LogExpression {
    try LogParser.query(query, regexBytes)
  }

  /// The matchers of a stream selector, as metadata calls take them; `{}` stands for all streams.
  package static func parseSelector(
    _ text: ByteString, regexBytes: Int = Limits.regexBytes
  ) throws(QueryFault) -> [Matcher] {
    try LogParser.selector(text, regexBytes)
  }

  /// Whether the query gives numbers rather than log lines.
  package static func isMetric(_ expression: LogExpression) -> Bool {
    if case .lines = expression { return false }
    return true
  }

  /// The lines of `start..<end` (nanoseconds), at most `limit`: with `backward` the newest, newest
  /// first. Without `withFields` a line may lack fields that the query does not name. Throws when
  /// the query gives numbers, on a limit out of range, on a template action there is none of, past
  /// the budget, and what the source throws.
  package static func lines(
    _ expression: LogExpression, from source: any Source, scope: Scope, start: Int64, end: Int64,
    limit: Int, direction: Direction, withFields: Bool = true, budget: Budget = Budget()
  ) throws -> QueryValue {
    guard case .lines(let selection) = expression else {
      throw QueryFault(.badData, "the query gives numbers, not log lines")
    }
    guard limit > 0 else { throw QueryFault(.badData, "limit must be a positive value") }
    guard limit <= Limits.rowsPerQuery else {
      throw QueryFault(
        .badData,
        "max entries limit per query exceeded, limit > max_entries_limit_per_query "
          + "(\(limit) > \(Limits.rowsPerQuery))")
    }
    let mention = LabelMention(expression)
    var collector = try LineCollector(
      selection, mention, limit: limit, direction: direction, start: start, end: end,
      scope: scope, timeline: source.timeline)
    guard start < end else { return .streams([]) }
    let needs = RecordNeeds(selection, mention, showsLines: true, showsFields: withFields)
    try budget.reading {
      try source.visitRecords(in: scope, from: start, to: end) { records in
        try collector.take(records, needs, budget)
        return true
      }
    }
    return .streams(collector.streams)
  }

  /// The numbers of a metric query at its instants: a vector or a scalar for an instant query, else
  /// a matrix. Throws when the query gives lines, when a line's parsing failed and no filter took
  /// it out, past the budget, and what the source throws.
  package static func evaluate(
    _ expression: LogExpression, from source: any Source, scope: Scope, times: EvaluationTimes,
    isInstant: Bool, budget: Budget = Budget()
  ) throws -> QueryValue {
    guard isMetric(expression) else {
      throw QueryFault(
        .badData,
        "log queries are not supported as an instant query type, please change your query to a "
          + "range query type")
    }
    let evaluator = LogEvaluator(
      source: source, scope: scope, times: times, mention: LabelMention(expression),
      budget: budget)
    let result = try evaluator.evaluate(expression)
    return isInstant
      ? evaluator.instant(result, of: expression) : try evaluator.matrix(result)
  }
}

extension LogExpression: CustomStringConvertible {
  /// The text that parses to this tree.
  package var description: String { LogPrinter.text(self) }
}
