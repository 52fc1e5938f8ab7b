import Bytes
import Model

/// Writes a query as text that parses to the same tree.
enum LogPrinter {
  static func text(_ expression: LogExpression) -> String {
    switch expression {
    case .lines(let selection): return text(selection)
    case .range(let range): return text(range)
    case .aggregation(let aggregation): return text(aggregation)
    case .binary(let binary): return text(binary)
    case .sorted(let operand, let isDescending):
      return (isDescending ? "sort_desc(" : "sort(") + text(operand) + ")"
    case .replaced(let replacement):
      let texts = [
        replacement.target, replacement.replacement, replacement.source, replacement.pattern,
      ]
      return "label_replace(" + text(replacement.operand) + ", "
        + texts.map(Quoting.quote).joined(separator: ", ") + ")"
    case .number(let value): return Numbers.text(value)
    case .vector(let value): return "vector(\(Numbers.text(value)))"
    }
  }

  static func text(_ selection: LogSelection) -> String {
    ([selector(selection.matchers)] + selection.stages.map(text)).joined(separator: " ")
  }

  static func selector(_ matchers: [Matcher]) -> String {
    "{" + matchers.map(text).joined(separator: ", ") + "}"
  }

  private static func text(_ matcher: Matcher) -> String {
    matcher.name.text + matcher.operation.rawValue + Quoting.quote(matcher.value)
  }

  private static func text(_ range: LogRange) -> String {
    var text = range.function.rawValue + "("
    if let parameter = range.parameter { text += Numbers.text(parameter) + ", " }
    text += self.text(range.selection)
    if let unwrap = range.unwrap { text += " " + self.text(unwrap) }
    text += " [" + duration(range.window) + "]"
    if range.offset != 0 { text += " offset " + duration(range.offset) }
    text += ")"
    if let grouping = range.grouping { text += " " + self.text(grouping) }
    return text
  }

  private static func text(_ unwrap: LogUnwrap) -> String {
    var text = "| unwrap "
    if let conversion = unwrap.conversion {
      text += conversion.rawValue + "(" + unwrap.label.text + ")"
    } else {
      text += unwrap.label.text
    }
    for filter in unwrap.filters { text += " | " + self.text(filter) }
    return text
  }

  private static func text(_ grouping: Grouping) -> String {
    (grouping.isWithout ? "without (" : "by (") + names(grouping.labels) + ")"
  }

  private static func names(_ names: [ByteString]) -> String {
    names.map(\.text).joined(separator: ", ")
  }

  private static func text(_ aggregation: LogAggregation) -> String {
    var text = aggregation.function.rawValue
    if aggregation.grouping != Grouping() { text += " " + self.text(aggregation.grouping) + " " }
    text += "("
    if let parameter = aggregation.parameter { text += Numbers.text(parameter) + ", " }
    return text + self.text(aggregation.operand) + ")"
  }

  private static func text(_ binary: LogBinary) -> String {
    var middle = " " + binary.operation.rawValue
    if binary.returnsBool { middle += " bool" }
    if let matching = binary.matching {
      middle += (matching.isOn ? " on (" : " ignoring (") + names(matching.labels) + ")"
      let group =
        switch matching.cardinality {
        case .manyToOne: " group_left"
        case .oneToMany: " group_right"
        case .oneToOne, .manyToMany: ""
        }
      middle += group
      if !group.isEmpty { middle += " (" + names(matching.included) + ")" }
    }
    return side(binary.left, of: binary.operation, isRight: false) + middle + " "
      + side(binary.right, of: binary.operation, isRight: true)
  }

  /// An operand, in parentheses where it would bind otherwise without them.
  private static func side(
    _ operand: LogExpression, of operation: BinaryOperation, isRight: Bool
  ) -> String {
    guard case .binary(let inner) = operand else { return text(operand) }
    let isLoose =
      inner.operation.precedence < operation.precedence
      || (inner.operation.precedence == operation.precedence
        && isRight != operation.isRightAssociative)
    return isLoose ? "(" + text(operand) + ")" : text(operand)
  }

  private static func text(_ stage: LogStage) -> String {
    switch stage {
    case .line(let filter):
      return filter.operation.rawValue + " "
        + filter.alternatives.map {
          switch $0 {
          case .text(let text): Quoting.quote(text)
          case .address(let text): "ip(" + Quoting.quote(text) + ")"
          }
        }.joined(separator: " or ")
    case .json(let extractions): return "| json" + text(extractions)
    case .logfmt(let isStrict, let keepsEmpty, let extractions):
      return "| logfmt" + (isStrict ? " --strict" : "") + (keepsEmpty ? " --keep-empty" : "")
        + text(extractions)
    case .regexp(let pattern): return "| regexp " + Quoting.quote(pattern)
    case .pattern(let pattern): return "| pattern " + Quoting.quote(pattern)
    case .unpack: return "| unpack"
    case .decolorize: return "| decolorize"
    case .filter(let filter):
      // `| json != "x"` would be a parser and a line filter.
      return "| " + (beginsAsParser(filter) ? "(" + text(filter) + ")" : text(filter))
    case .lineFormat(let template): return "| line_format " + Quoting.quote(template)
    case .labelFormat(let formats):
      return "| label_format "
        + formats.map { format in
          switch format.source {
          case .rename(let source): format.label.text + "=" + source.text
          case .template(let template): format.label.text + "=" + Quoting.quote(template)
          }
        }.joined(separator: ", ")
    case .drop(let choices): return "| drop " + text(choices)
    case .keep(let choices): return "| keep " + text(choices)
    }
  }

  private static func text(_ extractions: [LabelExtraction]) -> String {
    if extractions.isEmpty { return "" }
    return " "
      + extractions.map { $0.label.text + "=" + Quoting.quote($0.expression) }
      .joined(separator: ", ")
  }

  private static func text(_ choices: [LabelChoice]) -> String {
    choices.map {
      switch $0 {
      case .name(let name): name.text
      case .matcher(let matcher): text(matcher)
      }
    }.joined(separator: ", ")
  }

  private static func beginsAsParser(_ filter: LabelFilter) -> Bool {
    switch filter {
    case .text(let matcher):
      let operation = LineFilter.Operation(rawValue: matcher.operation.rawValue)
      return operation != nil && isParser(matcher.name)
    case .number(let label, let comparison, _), .duration(let label, let comparison, _),
      .size(let label, let comparison, _):
      return comparison == .notEqual && isParser(label)
    case .address(let label, let isNegated, _): return isNegated && isParser(label)
    case .all(let parts), .any(let parts):
      switch parts.first {
      case .all, .any, nil: return false
      case .some(let first): return beginsAsParser(first)
      }
    }
  }

  private static func isParser(_ label: ByteString) -> Bool {
    LogParser.standAlone.contains(label.text.lowercased())
  }

  private static func text(_ filter: LabelFilter) -> String {
    switch filter {
    case .text(let matcher): return text(matcher)
    case .number(let label, let comparison, let value):
      return "\(label.text) \(comparison.rawValue) \(Numbers.text(value))"
    case .duration(let label, let comparison, let value):
      return "\(label.text) \(comparison.rawValue) \(duration(value))"
    case .size(let label, let comparison, let value):
      return "\(label.text) \(comparison.rawValue) \(Numbers.text(value))B"
    case .address(let label, let isNegated, let pattern):
      return label.text + (isNegated ? " != ip(" : " = ip(") + Quoting.quote(pattern) + ")"
    case .all(let parts):
      return parts.map { part in
        switch part {
        case .all, .any: "(" + text(part) + ")"
        default: text(part)
        }
      }.joined(separator: " and ")
    case .any(let parts):
      return parts.map { part in
        if case .any = part { "(" + text(part) + ")" } else { text(part) }
      }.joined(separator: " or ")
    }
  }

  private static func duration(_ nanoseconds: Int64) -> String {
    nanoseconds % Instant.millisecond == 0
      ? DurationText.text(milliseconds: nanoseconds / Instant.millisecond) : "\(nanoseconds)ns"
  }
}
