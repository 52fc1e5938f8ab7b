/// PromQL as Prometheus 3 has it, for float samples.
package enum PromQL {}

extension PromQL {
  /// The kinds of value an expression may have.
  package enum ValueType: String, Sendable {
    case scalar
    case string
    case vector
    case matrix

    /// The word messages use.
    var documented: String {
      switch self {
      case .vector: "instant vector"
      case .matrix: "range vector"
      case .scalar, .string: rawValue
      }
    }
  }
}
