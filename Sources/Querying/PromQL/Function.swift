extension PromQL {
  /// A function of PromQL: its name, what it takes and what it gives.
  package struct Function: Sendable, Equatable {
    package let name: String
    package let takes: [ValueType]
    /// How many of the last arguments may be left out.
    package let optional: Int
    /// Whether the last argument may come any number of times.
    package let repeats: Bool
    package let returns: ValueType

    /// The function of a name; nil when there is none. Names are case-sensitive.
    package static func named(_ name: String) -> Function? { table[name] }

    private static let table: [String: Function] = {
      var table: [String: Function] = [:]
      func add(
        _ names: String, _ takes: [ValueType], optional: Int = 0, repeats: Bool = false,
        returns: ValueType = .vector
      ) {
        for name in names.split(separator: " ").map(String.init) {
          table[name] = Function(
            name: name, takes: takes, optional: optional, repeats: repeats, returns: returns)
        }
      }
      add("abs absent ceil exp floor ln log10 log2 sgn sort sort_desc sqrt timestamp", [.vector])
      add("acos acosh asin asinh atan atanh cos cosh sin sinh tan tanh deg rad", [.vector])
      add("histogram_avg histogram_count histogram_stddev histogram_stdvar", [.vector])
      add("histogram_sum", [.vector])
      add("absent_over_time avg_over_time changes count_over_time delta deriv", [.matrix])
      add("idelta increase irate last_over_time max_over_time min_over_time", [.matrix])
      add("present_over_time rate resets stddev_over_time stdvar_over_time", [.matrix])
      add("sum_over_time first_over_time mad_over_time", [.matrix])
      add("ts_of_first_over_time ts_of_last_over_time", [.matrix])
      add("ts_of_max_over_time ts_of_min_over_time", [.matrix])
      add("days_in_month day_of_month day_of_week day_of_year", [.vector], optional: 1)
      add("hour minute month year", [.vector], optional: 1)
      add("clamp", [.vector, .scalar, .scalar])
      add("clamp_max clamp_min", [.vector, .scalar])
      add("round", [.vector, .scalar], optional: 1)
      add("histogram_fraction", [.scalar, .scalar, .vector])
      add("histogram_quantile", [.scalar, .vector])
      add("quantile_over_time", [.scalar, .matrix])
      add("predict_linear", [.matrix, .scalar])
      add("double_exponential_smoothing", [.matrix, .scalar, .scalar])
      add("label_replace", [.vector, .string, .string, .string, .string])
      add("label_join", [.vector, .string, .string, .string], optional: 1, repeats: true)
      add("sort_by_label sort_by_label_desc", [.vector, .string], optional: 1, repeats: true)
      add("vector", [.scalar])
      add("scalar", [.vector], returns: .scalar)
      add("time pi start end step range", [], returns: .scalar)
      add("max_of min_of", [.scalar, .scalar], returns: .scalar)
      return table
    }()
  }
}
