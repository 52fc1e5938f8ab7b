extension PromQL.Expression {
  /// The query over several lines, as Prometheus' `format_query` lays it out: what is longer than
  /// 100 bytes is broken, two blanks for each level; parsing it gives an equal tree.
  package var layout: String { PromQL.Layout.text(self, level: 0) }
}

extension PromQL {
  /// Breaks long queries into lines (promql/parser/prettier.go).
  enum Layout {
    private static let longestLine = 100

    static func text(_ expression: Expression, level: Int) -> String {
      let whole = expression.text
      let indent = indent(level)
      if case .unary(let node) = expression {
        // The operand's own indent goes in front of the sign.
        let operand = text(node.operand, level: level).drop { $0 == " " }
        return indent + (node.isMinus ? "-" : "+") + operand
      }
      guard whole.utf8.count > longestLine else {
        // A subquery that fits brings no indent, as in Prometheus.
        if case .subquery = expression { return whole }
        return indent + whole
      }
      switch expression {
      case .number, .string, .selector, .range, .unary: return indent + whole
      case .paren(let node):
        return indent + "(\n" + text(node.inner, level: level + 1) + "\n" + indent + ")"
      case .subquery(let node):
        return text(node.inner, level: level) + Printing.suffix(node)
      case .call(let node):
        return indent + node.function.name + "(\n" + list(node.arguments, level: level + 1) + "\n"
          + indent + ")"
      case .aggregation(let node):
        return indent + Printing.head(node) + "(\n"
          + list([node.parameter, node.operand].compactMap { $0 }, level: level + 1) + "\n"
          + indent + ")"
      case .binary(let node):
        return text(node.left, level: level + 1) + "\n" + indent + Printing.operation(node) + "\n"
          + text(node.right, level: level + 1)
      }
    }

    private static func list(_ expressions: [Expression], level: Int) -> String {
      expressions.map { text($0, level: level) }.joined(separator: ",\n")
    }

    private static func indent(_ level: Int) -> String {
      String(repeating: "  ", count: level)
    }
  }
}
