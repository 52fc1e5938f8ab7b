package import Bytes
package import Model

extension PromQL {
  /// What a query came to, and what its reader should know about it.
  package struct Answer: Sendable, Equatable {
    package let value: QueryValue
    /// Such as `PromQL warning: quantile value should be between 0 and 1, got 2 (1:10)`.
    package let warnings: [String]
    package let infos: [String]
    /// Only when it was asked for.
    package let statistics: QueryStatistics?

    package init(
      value: QueryValue, warnings: [String] = [], infos: [String] = [],
      statistics: QueryStatistics? = nil
    ) {
      self.value = value
      self.warnings = warnings
      self.infos = infos
      self.statistics = statistics
    }
  }

  /// The value of an expression: of an instant query a scalar, string, vector or, for a range
  /// selector, matrix; of a range query a matrix. Throws a fault when the expression has no value
  /// of that kind, cannot be computed, or uses up its budget or time.
  package static func evaluate(
    _ expression: Expression, from source: any Source, scope: Scope, times: EvaluationTimes,
    isInstant: Bool, budget: Budget = Budget()
  ) throws(QueryFault) -> QueryValue {
    try answer(
      expression, from: source, scope: scope, times: times, isInstant: isInstant,
      budget: budget
    ).value
  }

  /// The same, with warnings, and with what it took when `countsSamples`. `lookback` is in
  /// milliseconds.
  package static func answer(
    _ expression: Expression, from source: any Source, scope: Scope, times: EvaluationTimes,
    isInstant: Bool, budget: Budget = Budget(),
    lookback: Int64 = PromQL.lookback, countsSamples: Bool = false
  ) throws(QueryFault) -> Answer {
    // So far from the ends of Int64 that no offset, range or nesting of them can overflow.
    let allowed: Range<Int64> = -9_000_000_000_000_000..<9_000_000_000_000_000
    guard allowed.contains(times.start), allowed.contains(times.end) else {
      throw QueryFault(.badData, "time is out of range")
    }
    // No sum of times in the evaluator may overflow by it.
    guard lookback > 0, lookback < 9_000_000_000_000_000 else {
      throw QueryFault(.badData, "lookback delta is out of range")
    }
    if !isInstant, expression.type != .scalar, expression.type != .vector {
      throw QueryFault(
        .badData,
        "invalid expression type \"\(expression.type.documented)\" for range query, "
          + "must be Scalar or instant Vector")
    }
    let evaluation = Evaluation(
      source: source, scope: scope, times: times, isInstant: isInstant, lookback: lookback,
      namesRelease: expression.names("release"), countsSamples: countsSamples,
      budget: budget)
    let start = Deadline.now
    let value = try evaluation.answer(expression)
    for sentence in evaluation.reading.histograms.sentences { evaluation.warn(sentence) }
    evaluation.statistics?.evaluating = Deadline.now &- start
    evaluation.statistics?.held = evaluation.budget.used
    return Answer(
      value: value, warnings: evaluation.warnings.sorted(), infos: evaluation.infos.sorted(),
      statistics: evaluation.statistics)
  }
}

extension PromQL.Expression {
  /// Whether the query says this label's name where it asks for it: in a matcher, in `by`, `on`,
  /// `group_left`, `group_right`, or as a function's or aggregation's string. `without` and
  /// `ignoring` only say that it does not matter.
  package func names(_ label: ByteString) -> Bool {
    let isHere =
      switch self {
      case .selector(let node): node.matchers.contains { $0.name == label }
      case .range(let node): node.selector.matchers.contains { $0.name == label }
      case .string(let node): node.value == label
      case .aggregation(let node):
        !node.grouping.isWithout && node.grouping.labels.contains(label)
      case .binary(let node):
        (node.matching.isOn && node.matching.labels.contains(label))
          || node.matching.included.contains(label)
      case .number, .subquery, .unary, .call, .paren: false
      }
    return isHere || children.contains { $0.names(label) }
  }
}
