import Bytes

/// A query's tree in the JSON of Prometheus' `parse_query` (web/api/v1/translate_ast.go): members
/// in order of name, times in milliseconds.
enum SyntaxTreeAnswer {
  /// Writes the tree; its depth is that of the query, so bounded by `Limits.queryDepth`.
  static func write(_ expression: PromQL.Expression, into writer: inout JSONWriter) {
    writer.object { writer in
      switch expression {
      case .number(let node):
        type("numberLiteral", &writer)
        text("val", Numbers.text(node.value), &writer)
      case .string(let node):
        type("stringLiteral", &writer)
        writer.key("val")
        writer.string(node.value)
      case .selector(let node): selector(node, range: nil, &writer)
      case .range(let node): selector(node.selector, range: node.range, &writer)
      case .subquery(let node): subquery(node, &writer)
      case .paren(let node):
        member("expr", node.inner, &writer)
        type("parenExpr", &writer)
      case .unary(let node):
        member("expr", node.operand, &writer)
        text("op", node.isMinus ? "-" : "+", &writer)
        type("unaryExpr", &writer)
      case .binary(let node): binary(node, &writer)
      case .aggregation(let node): aggregation(node, &writer)
      case .call(let node): call(node, &writer)
      }
    }
  }

  private static func member(
    _ name: String, _ expression: PromQL.Expression?, _ writer: inout JSONWriter
  ) {
    writer.key(name)
    if let expression { write(expression, into: &writer) } else { writer.null() }
  }

  private static func text(_ name: String, _ value: String, _ writer: inout JSONWriter) {
    writer.key(name)
    writer.string(value)
  }

  private static func type(_ name: String, _ writer: inout JSONWriter) {
    text("type", name, &writer)
  }

  private static func flag(_ name: String, _ value: Bool, _ writer: inout JSONWriter) {
    writer.key(name)
    writer.boolean(value)
  }

  private static func integer(_ name: String, _ value: Int64, _ writer: inout JSONWriter) {
    writer.key(name)
    writer.integer(value)
  }

  private static func names(
    _ name: String, _ labels: [ByteString], _ writer: inout JSONWriter
  ) {
    writer.key(name)
    writer.array { writer in for label in labels { writer.string(label) } }
  }

  private static func anchor(_ shift: PromQL.Shift, _ writer: inout JSONWriter) {
    writer.key("startOrEnd")
    switch shift.anchor {
    case .start: writer.string("start")
    case .end: writer.string("end")
    case .time, nil: writer.null()
    }
  }

  private static func timestamp(_ shift: PromQL.Shift, _ writer: inout JSONWriter) {
    writer.key("timestamp")
    if case .time(let instant) = shift.anchor { writer.integer(instant) } else { writer.null() }
  }

  private static func selector(
    _ node: PromQL.Selector, range: Int64?, _ writer: inout JSONWriter
  ) {
    flag("anchored", false, &writer)
    writer.key("matchers")
    writer.array { writer in
      for matcher in node.writtenMatchers {
        writer.object { writer in
          writer.key("name")
          writer.string(matcher.name)
          text("type", matcher.operation.rawValue, &writer)
          writer.key("value")
          writer.string(matcher.value)
        }
      }
    }
    writer.key("name")
    writer.string(node.isNameQuoted ? .empty : node.name ?? .empty)
    integer("offset", node.shift.offset, &writer)
    if let range { integer("range", range, &writer) }
    flag("smoothed", false, &writer)
    anchor(node.shift, &writer)
    timestamp(node.shift, &writer)
    type(range == nil ? "vectorSelector" : "matrixSelector", &writer)
  }

  private static func subquery(_ node: PromQL.Subquery, _ writer: inout JSONWriter) {
    flag("alignEvalTime", false, &writer)
    member("expr", node.inner, &writer)
    integer("offset", node.shift.offset, &writer)
    integer("range", node.range, &writer)
    anchor(node.shift, &writer)
    integer("step", node.step ?? 0, &writer)
    timestamp(node.shift, &writer)
    type("subquery", &writer)
  }

  private static func binary(_ node: PromQL.Binary, _ writer: inout JSONWriter) {
    flag("bool", node.returnsBool, &writer)
    member("lhs", node.left, &writer)
    writer.key("matching")
    if node.left.type == .vector, node.right.type == .vector {
      matching(node.matching, &writer)
    } else {
      writer.null()
    }
    text("op", node.operation.rawValue, &writer)
    member("rhs", node.right, &writer)
    type("binaryExpr", &writer)
  }

  private static func matching(_ matching: VectorMatching, _ writer: inout JSONWriter) {
    let card =
      switch matching.cardinality {
      case .oneToOne: "one-to-one"
      case .manyToOne: "many-to-one"
      case .oneToMany: "one-to-many"
      case .manyToMany: "many-to-many"
      }
    writer.object { writer in
      text("card", card, &writer)
      writer.key("fillValues")
      writer.object { writer in
        member("lhs", nil, &writer)
        member("rhs", nil, &writer)
      }
      names("include", matching.included, &writer)
      names("labels", matching.labels, &writer)
      flag("on", matching.isOn, &writer)
    }
  }

  private static func aggregation(_ node: PromQL.Aggregation, _ writer: inout JSONWriter) {
    member("expr", node.operand, &writer)
    names("grouping", node.grouping.labels, &writer)
    text("op", node.kind.rawValue, &writer)
    member("param", node.parameter, &writer)
    type("aggregation", &writer)
    flag("without", node.grouping.isWithout, &writer)
  }

  private static func call(_ node: PromQL.Call, _ writer: inout JSONWriter) {
    let function = node.function
    writer.key("args")
    writer.array { writer in
      for argument in node.arguments { write(argument, into: &writer) }
    }
    writer.key("func")
    writer.object { writer in
      writer.key("argTypes")
      writer.array { writer in for type in function.takes { writer.string(type.rawValue) } }
      text("name", function.name, &writer)
      text("returnType", function.returns.rawValue, &writer)
      integer("variadic", function.repeats ? -1 : Int64(function.optional), &writer)
    }
    type("call", &writer)
  }
}
