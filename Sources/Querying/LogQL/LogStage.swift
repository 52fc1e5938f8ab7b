package import Bytes

/// One stage of a log pipeline.
package enum LogStage: Sendable, Equatable {
  case line(LineFilter)
  /// With no extractions, all members.
  case json([LabelExtraction])
  case logfmt(isStrict: Bool, keepsEmpty: Bool, [LabelExtraction])
  case regexp(ByteString)
  case pattern(ByteString)
  case unpack
  case decolorize
  case filter(LabelFilter)
  case lineFormat(ByteString)
  case labelFormat([LabelFormat])
  case drop([LabelChoice])
  case keep([LabelChoice])
}

/// `|= "a" or "b"` and its like: a line passes when any of the alternatives is found, or with a
/// negated operation, when none is.
package struct LineFilter: Sendable, Equatable {
  /// How a line is tested.
  package enum Operation: String, Sendable, CaseIterable {
    case contains = "|="
    case lacks = "!="
    case matches = "|~"
    case notMatches = "!~"
    case fits = "|>"
    case notFits = "!>"

    /// Whether lines pass that do not hold what is sought.
    package var isNegated: Bool { rawValue.utf8.first == 33 }
  }

  /// What a line is searched for.
  package enum Sought: Sendable, Equatable {
    case text(ByteString)
    /// `ip("10.0.0.0/8")`.
    case address(ByteString)
  }

  package var operation: Operation
  package var alternatives: [Sought]
}

/// `name="expression"` of the `json` and `logfmt` stages.
package struct LabelExtraction: Sendable, Equatable {
  package var label: ByteString
  package var expression: ByteString
}

/// One assignment of `label_format`.
package struct LabelFormat: Sendable, Equatable {
  /// Where the value comes from.
  package enum Source: Sendable, Equatable {
    /// The label takes the value of another, which goes away.
    case rename(ByteString)
    case template(ByteString)
  }

  package var label: ByteString
  package var source: Source
}

/// What `drop` and `keep` name: a label, or a label with a certain value.
package enum LabelChoice: Sendable, Equatable {
  case name(ByteString)
  case matcher(Matcher)
}

/// A condition on the labels of a line.
package indirect enum LabelFilter: Sendable, Equatable {
  /// How a label's number compares with the one the query gives.
  package enum Comparison: String, Sendable, CaseIterable {
    case equal = "=="
    case notEqual = "!="
    case greater = ">"
    case greaterOrEqual = ">="
    case less = "<"
    case lessOrEqual = "<="

    /// Whether the comparison holds; with NaN only `!=` does.
    package func holds(_ left: Double, _ right: Double) -> Bool {
      switch self {
      case .equal: left == right
      case .notEqual: left != right
      case .greater: left > right
      case .greaterOrEqual: left >= right
      case .less: left < right
      case .lessOrEqual: left <= right
      }
    }
  }

  case text(Matcher)
  case number(ByteString, Comparison, Double)
  /// Nanoseconds.
  case duration(ByteString, Comparison, Int64)
  /// Bytes.
  case size(ByteString, Comparison, Double)
  case address(ByteString, isNegated: Bool, ByteString)
  case all([LabelFilter])
  case any([LabelFilter])
}

/// `| unwrap duration(label)`, with the label filters behind it.
package struct LogUnwrap: Sendable, Equatable {
  /// How the label's text becomes a number.
  package enum Conversion: String, Sendable, CaseIterable {
    case bytes
    case duration
    case seconds = "duration_seconds"
  }

  package var label: ByteString
  package var conversion: Conversion?
  package var filters: [LabelFilter]
}
