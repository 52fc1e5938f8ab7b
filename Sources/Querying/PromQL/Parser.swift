package import Bytes
import Model

extension PromQL {
  /// Reads a query. Throws a fault with its position, worded as Prometheus words it, and on a
  /// regular expression of more than `regexBytes`.
  package static func parse(
    _ query: ByteString, regexBytes: Int = Limits.regexBytes
  ) throws(QueryFault) -> Expression {
    var parser = Parser(
      reader: try TokenReader(QueryText(query, .promql), regexBytes: regexBytes))
    let expression = try parser.query()
    try TypeCheck(text: parser.reader.text).check(expression)
    return expression
  }

  /// A selector alone, as `match[]` takes it; it may have two names, as in Prometheus. Throws on
  /// anything else, and unless `allowsAll` on a selector that every series passes.
  package static func selector(
    _ text: ByteString, allowsAll: Bool = false, regexBytes: Int = Limits.regexBytes
  ) throws(QueryFault) -> Selector {
    var parser = Parser(
      reader: try TokenReader(QueryText(text, .promql), regexBytes: regexBytes))
    let selector = try parser.selectorAlone()
    guard allowsAll || !selector.matchers.allSatisfy(\.acceptsEmpty) else {
      throw QueryFault(.badData, "match[] must contain at least one non-empty matcher")
    }
    return selector
  }

  /// A parser that reads by descent; its depth is bounded by the reader, the depth of what it
  /// builds by `node`.
  struct Parser {
    var reader: TokenReader

    /// An expression, and how deep its tree is.
    struct Parsed {
      let expression: Expression
      let depth: Int
    }

    mutating func query() throws(QueryFault) -> Expression {
      guard reader.next.kind != .end else {
        throw reader.fault("no expression found in input", at: 0)
      }
      let parsed = try binary(1)
      guard reader.next.kind == .end else {
        if reader.isNext(.closeParen) { throw reader.fault("unexpected right parenthesis ')'") }
        throw reader.unexpected()
      }
      return parsed.expression
    }

    /// One level up from `children`. Throws when the tree gets deeper than `Limits.queryDepth`.
    func node(_ expression: Expression, over children: Parsed...) throws(QueryFault) -> Parsed {
      try node(expression, depth: children.map(\.depth).max() ?? 0)
    }

    func node(_ expression: Expression, depth: Int) throws(QueryFault) -> Parsed {
      guard depth < Limits.queryDepth else {
        throw reader.fault(
          "query is nested deeper than \(Limits.queryDepth)",
          at: expression.place.range.lowerBound)
      }
      return Parsed(expression: expression, depth: depth + 1)
    }

    /// Operators of at least this precedence, by climbing.
    mutating func binary(_ precedence: Int) throws(QueryFault) -> Parsed {
      try deeper { parser throws(QueryFault) in
        var left = try parser.unary()
        while let operation = parser.nextOperation, operation.precedence >= precedence {
          let place = Place(parser.reader.take().range)
          let returnsBool = parser.reader.skip("bool")
          let matching = try parser.matching(operation)
          let right = try parser.binary(
            operation.isRightAssociative ? operation.precedence : operation.precedence + 1)
          let range =
            left.expression.place.range.lowerBound..<right.expression.place.range.upperBound
          left = try parser.node(
            .binary(
              Binary(
                operation: operation, left: left.expression, right: right.expression,
                returnsBool: returnsBool, matching: matching, place: Place(range),
                operatorPlace: place)),
            over: left, right)
        }
        return left
      }
    }

    mutating func deeper<Result>(
      _ body: (inout Parser) throws(QueryFault) -> Result
    ) throws(QueryFault) -> Result {
      // The depth is counted where the tokens are, so the reader goes in and comes out.
      try reader.enter()
      let result = try body(&self)
      reader.leave()
      return result
    }

    private var nextOperation: BinaryOperation? {
      switch reader.next.kind {
      case .symbol(let symbol):
        guard symbol.isOperator else { return nil }
        return BinaryOperation(rawValue: symbol.rawValue)
      case .identifier:
        switch reader.keyword {
        case "and": return .and
        case "or": return .or
        case "unless": return .unless
        case "atan2": return .atan2
        default: return nil
        }
      default: return nil
      }
    }

    private mutating func matching(
      _ operation: BinaryOperation
    ) throws(QueryFault) -> VectorMatching {
      var matching = VectorMatching(cardinality: operation.isSet ? .manyToMany : .oneToOne)
      guard reader.keyword == "on" || reader.keyword == "ignoring" else { return matching }
      matching.isOn = reader.keyword == "on"
      reader.take()
      matching.labels = try labelNames()
      guard reader.keyword == "group_left" || reader.keyword == "group_right" else {
        return matching
      }
      matching.cardinality = reader.keyword == "group_left" ? .manyToOne : .oneToMany
      reader.take()
      if reader.isNext(.openParen) { matching.included = try labelNames() }
      return matching
    }

    /// `(a, "b.c", )`.
    mutating func labelNames() throws(QueryFault) -> [ByteString] {
      let context = "grouping opts"
      try reader.expect(.openParen, in: context)
      var names: [ByteString] = []
      while !reader.skip(.closeParen) {
        switch reader.next.kind {
        case .identifier(let name) where LabelsText.isLabelName(name): names.append(name)
        case .string(let name) where !name.isEmpty && Quoting.isUTF8(name): names.append(name)
        default: throw reader.unexpected(in: context, expected: "label")
        }
        reader.take()
        if !reader.skip(.comma), !reader.isNext(.closeParen) {
          throw reader.unexpected(in: context, expected: "\",\" or \")\"")
        }
      }
      return names
    }

    /// A sign binds looser than `^` and tighter than `*`.
    private mutating func unary() throws(QueryFault) -> Parsed {
      guard reader.isNext(.minus) || reader.isNext(.plus) else { return try postfix() }
      let start = reader.next.range.lowerBound
      let isMinus = reader.take().kind == .symbol(.minus)
      let operand = try binary(BinaryOperation.power.precedence)
      let place = Place(start..<operand.expression.place.range.upperBound)
      if case .number(let number) = operand.expression {
        let value = isMinus ? -number.value : number.value
        return Parsed(
          expression: .number(Number(value: value, place: place)), depth: operand.depth)
      }
      return try node(
        .unary(Unary(isMinus: isMinus, operand: operand.expression, place: place)),
        over: operand)
    }
  }
}
