package import Bytes
package import Model
package import Querying

/// A rule's expression, parsed, in either language.
package struct RuleExpression: Sendable {
  /// The parsed expression.
  private enum Tree: Sendable {
    case promql(PromQL.Expression)
    case logql(LogExpression)
  }

  package let text: ByteString
  package let language: Language
  private let tree: Tree

  /// A rule's query may take this long; its interval would pass otherwise.
  private static let longestNanoseconds: Int64 = 10_000_000_000

  /// Throws with the position of what may not stand there; a LogQL query must count something.
  package init(_ text: ByteString, _ language: Language) throws(QueryFault) {
    self.text = text
    self.language = language
    switch language {
    case .promql:
      let expression = try PromQL.parse(text)
      guard expression.type == .vector || expression.type == .scalar else {
        throw QueryFault(.badData, "a rule's expression must give a vector or a scalar")
      }
      tree = .promql(expression)
    case .logql:
      let expression = try LogQL.parse(text)
      guard LogQL.isMetric(expression) else {
        throw QueryFault(
          .badData,
          "a rule's expression must give numbers: count lines, as in "
            + "sum by (tenant) (count_over_time({...} [5m]))")
      }
      tree = .logql(expression)
    }
  }

  /// The vector at `instant` (milliseconds). Throws what the evaluation throws.
  package func evaluate(
    over source: any Source, scope: Scope, at instant: Int64
  ) throws -> [VectorElement] {
    let times = EvaluationTimes(at: instant)
    // Rules wait for no query and take no memory of theirs: the budget is their own.
    var limits = QueryLimits()
    limits.nanoseconds = Self.longestNanoseconds
    let budget = Budget(limits: limits, deadline: .after(nanoseconds: limits.nanoseconds))
    let value: QueryValue
    switch tree {
    case .promql(let expression):
      value = try PromQL.evaluate(
        expression, from: source, scope: scope, times: times, isInstant: true,
        budget: budget)
    case .logql(let expression):
      value = try LogQL.evaluate(
        expression, from: source, scope: scope, times: times, isInstant: true,
        budget: budget)
    }
    switch value {
    case .vector(let elements): return elements
    case .scalar(let point): return [VectorElement(labels: .empty, point: point)]
    case .string, .matrix, .streams:
      throw QueryFault(.execution, "the expression gave neither a vector nor a scalar")
    }
  }
}
