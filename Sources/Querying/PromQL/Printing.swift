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
    case .subquery(let node):
      let step = node.step.map { DurationText.text(milliseconds: $0) } ?? ""
      return "\(node.inner.text)[\(DurationText.text(milliseconds: node.range)):\(step)]"
        + PromQL.Printing.text(node.shift)
    case .unary(let node): return (node.isMinus ? "-" : "+") + node.operand.text
    case .binary(let node):
      return node.left.text + " " + PromQL.Printing.operation(node) + " " + node.right.text
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

    static func text(_ selector: Selector) -> String {
      var head = ""
      var parts: [String] = []
      var matchers = selector.matchers[...]
      if let name = selector.name {
        matchers = matchers.dropFirst()
        if isPlain(name) {
          head = name.text
        } else {
          parts.append(Quoting.quote(name))
        }
      }
      parts += matchers.map {
        "\(LabelsText.name($0.name))\($0.operation.rawValue)\(Quoting.quote($0.value))"
      }
      if parts.isEmpty, !head.isEmpty { return head }
      return head + "{" + parts.joined(separator: ",") + "}"
    }

    /// Whether a metric's name can stand without quotes.
    private static func isPlain(_ name: ByteString) -> Bool {
      LabelsText.isMetricName(name) && !reserved.contains(name.text.lowercased())
    }

    /// Words that mean something else where a metric's name may stand.
    private static let reserved: Set<String> = [
      "on", "ignoring", "group_left", "group_right", "bool", "inf", "nan", "offset", "and", "or",
      "unless", "atan2", "by", "without",
    ]

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

    static func text(_ node: Aggregation) -> String {
      var text = node.kind.rawValue
      if node.grouping.isWithout || !node.grouping.labels.isEmpty {
        text +=
          (node.grouping.isWithout ? " without " : " by ") + names(node.grouping.labels)
          + " "
      }
      let parameter = node.parameter.map { $0.text + ", " } ?? ""
      return text + "(" + parameter + node.operand.text + ")"
    }

    private static func names(_ labels: [ByteString]) -> String {
      "(" + labels.map(LabelsText.name).joined(separator: ", ") + ")"
    }
  }
}
