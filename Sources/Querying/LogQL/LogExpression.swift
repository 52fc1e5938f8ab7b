package import Bytes

/// A LogQL query as a tree. It holds what the text said, nothing compiled; equal trees print to
/// equal texts.
package indirect enum LogExpression: Sendable, Equatable {
  /// Log lines: `{service="odoo"} |= "error"`.
  case lines(LogSelection)
  /// A range aggregation: `rate({service="odoo"}[5m])`.
  case range(LogRange)
  /// A vector aggregation: `sum by (tenant) (...)`.
  case aggregation(LogAggregation)
  case binary(LogBinary)
  /// `sort` and `sort_desc`.
  case sorted(LogExpression, isDescending: Bool)
  /// `label_replace`.
  case replaced(LabelReplacement)
  case number(Double)
  /// `vector(1)`.
  case vector(Double)
}

/// A stream selector and the stages that its lines pass.
package struct LogSelection: Sendable, Equatable {
  package var matchers: [Matcher]
  package var stages: [LogStage]

  package init(matchers: [Matcher], stages: [LogStage] = []) {
    self.matchers = matchers
    self.stages = stages
  }
}

/// An aggregation over the lines, or the unwrapped values, of a window of time.
package struct LogRange: Sendable, Equatable {
  /// What it does with a window.
  package enum Function: String, Sendable, CaseIterable {
    case rate
    case rateCounter = "rate_counter"
    case count = "count_over_time"
    case bytesRate = "bytes_rate"
    case bytes = "bytes_over_time"
    case absent = "absent_over_time"
    case sum = "sum_over_time"
    case average = "avg_over_time"
    case minimum = "min_over_time"
    case maximum = "max_over_time"
    case first = "first_over_time"
    case last = "last_over_time"
    case deviation = "stddev_over_time"
    case variance = "stdvar_over_time"
    case quantile = "quantile_over_time"

    /// Whether it takes lines as they are.
    package var takesLines: Bool {
      switch self {
      case .rate, .count, .bytesRate, .bytes, .absent: true
      default: false
      }
    }

    /// Whether it takes unwrapped values.
    package var takesValues: Bool {
      switch self {
      case .count, .bytesRate, .bytes: false
      default: true
      }
    }

    /// Whether `by` and `without` may follow.
    package var isGroupable: Bool {
      switch self {
      case .average, .deviation, .variance, .quantile, .maximum, .minimum, .first, .last: true
      default: false
      }
    }
  }

  package var function: Function
  /// The quantile of `quantile_over_time`.
  package var parameter: Double?
  package var selection: LogSelection
  package var unwrap: LogUnwrap?
  /// Nanoseconds; positive.
  package var window: Int64
  /// Nanoseconds into the past.
  package var offset: Int64
  package var grouping: Grouping?
}

/// An aggregation of a vector.
package struct LogAggregation: Sendable, Equatable {
  /// What it does with a group.
  package enum Function: String, Sendable, CaseIterable {
    case sum, avg, min, max, count, stddev, stdvar, topk, bottomk
    /// Counted exactly here.
    case approximateTopk = "approx_topk"

    /// Whether a count stands before the vector.
    package var takesParameter: Bool {
      self == .topk || self == .bottomk || self == .approximateTopk
    }

    /// What the vector evaluator calls it.
    package var kind: AggregationKind {
      switch self {
      case .sum: .sum
      case .avg: .avg
      case .min: .min
      case .max: .max
      case .count: .count
      case .stddev: .stddev
      case .stdvar: .stdvar
      case .topk, .approximateTopk: .topk
      case .bottomk: .bottomk
      }
    }
  }

  package var function: Function
  /// The count of `topk` and `bottomk`.
  package var parameter: Double?
  package var operand: LogExpression
  package var grouping: Grouping
}

/// A binary operation.
package struct LogBinary: Sendable, Equatable {
  package var operation: BinaryOperation
  package var left: LogExpression
  package var right: LogExpression
  /// Nil when the query says nothing of it.
  package var matching: VectorMatching?
  package var returnsBool: Bool
}

/// `label_replace(operand, target, replacement, source, pattern)`.
package struct LabelReplacement: Sendable, Equatable {
  package var operand: LogExpression
  package var target: ByteString
  package var replacement: ByteString
  package var source: ByteString
  package var pattern: ByteString
}
