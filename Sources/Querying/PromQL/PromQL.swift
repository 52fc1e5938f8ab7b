/// PromQL as Prometheus 3 has it, for float samples.
package enum PromQL {
  /// How long a sample holds when no other follows, unless a query says otherwise; milliseconds.
  package static let lookback: Int64 = 300_000
}

extension PromQL {
  /// The kinds of value an expression may have.
  package enum ValueType: String, Sendable {
    case scalar
    case string
    case vector
    case matrix

    /// The word messages use.
    package var documented: String {
      switch self {
      case .vector: "instant vector"
      case .matrix: "range vector"
      case .scalar, .string: rawValue
      }
    }
  }
}
