import Bytes
import Model

extension PromQL.Expression {
  /// The query as text; parsing it gives an equal tree.
  package var text: String {
    switch self {
    case .number(let node): return PromQL.Printing.number(node.value)
    case .string(let node): return Quoting.quote(node.value)
    case .selector(let node): return PromQL.Printing.text(node) + PromQL.Printing.text(node.shift)
    case .range(let node):
      return PromQL.Printing.text(node.selector)
        + "[\(DurationText.text(milliseconds: node.range))]"
        + PromQL.Printing.text(node.selector.shift)
    case .subquery(let node): return node.inner.text + PromQL.Printing.suffix(node)
    case .unary(let node): return (node.isMinus ? "-" : "+") + node.operand.text
    case .binary(let node):
      var left = node.left.text
      // Its sign would take the whole power with it.
      if node.operation == .power, left == "+Inf" { left = "Inf" }
      return left + " " + PromQL.Printing.operation(node) + " " + node.right.text
    case .aggregation(let node): return PromQL.Printing.text(node)
    case .call(let node):
      return node.function.name + "(" + node.arguments.map(\.text).joined(separator: ", ") + ")"
    case .paren(let node): return "(\(node.inner.text))"
    }
  }
}

extension PromQL {
  /// The parts of a query as text.
  enum Printing {
    static func number(_ value: Double) -> String { Numbers.text(value) }

    /// Matchers in order of their text, as Prometheus prints them.
    static func text(_ selector: Selector) -> String {
      var matchers = selector.matchers[...]
      var head = ""
      if let name = selector.name, !selector.isNameQuoted, LabelsText.isMetricName(name) {
        head = name.text
        matchers = matchers.dropFirst()
      }
      let parts = matchers.map(text).sorted()
      if parts.isEmpty, !head.isEmpty { return head }
      return head + "{" + parts.joined(separator: ",") + "}"
    }

    static func text(_ matcher: Matcher) -> String {
      "\(LabelsText.name(matcher.name))\(matcher.operation.rawValue)\(Quoting.quote(matcher.value))"
    }

    static func text(_ shift: Shift) -> String {
      var text = ""
      switch shift.anchor {
      case .none: break
      case .start: text += " @ start()"
      case .end: text += " @ end()"
      case .time(let instant): text += " @ \(seconds(instant))"
      }
      if shift.offset != 0 { text += " offset \(DurationText.text(milliseconds: shift.offset))" }
      return text
    }

    /// Milliseconds as seconds with three decimals.
    private static func seconds(_ instant: Int64) -> String {
      let magnitude = instant.magnitude
      return (instant < 0 ? "-" : "") + "\(magnitude / 1_000)."
        + Instant.padded(Int(magnitude % 1_000), 3)
    }

    static func operation(_ node: Binary) -> String {
      var text = node.operation.rawValue
      if node.returnsBool { text += " bool" }
      let matching = node.matching
      let isGrouped =
        matching.cardinality == .manyToOne || matching.cardinality == .oneToMany
      if matching.isOn || !matching.labels.isEmpty || isGrouped {
        text += (matching.isOn ? " on " : " ignoring ") + names(matching.labels)
      }
      if isGrouped {
        text += matching.cardinality == .manyToOne ? " group_left " : " group_right "
        text += names(matching.included)
      }
      return text
    }

    /// What stands behind a subquery's inner expression.
    static func suffix(_ node: Subquery) -> String {
      let step = node.step.map { DurationText.text(milliseconds: $0) } ?? ""
      return "[\(DurationText.text(milliseconds: node.range)):\(step)]" + text(node.shift)
    }

    static func text(_ node: Aggregation) -> String {
      let parameter = node.parameter.map { $0.text + ", " } ?? ""
      return head(node) + "(" + parameter + node.operand.text + ")"
    }

    /// An aggregation's name and grouping.
    static func head(_ node: Aggregation) -> String {
      var text = node.kind.rawValue
      if node.grouping.isWithout || !node.grouping.labels.isEmpty {
        text +=
          (node.grouping.isWithout ? " without " : " by ") + names(node.grouping.labels)
          + " "
      }
      return text
    }

    private static func names(_ labels: [ByteString]) -> String {
      "(" + labels.map(LabelsText.name).joined(separator: ", ") + ")"
    }
  }
}
