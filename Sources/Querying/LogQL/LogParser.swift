import Bytes
import Model

/// The grammar of LogQL by recursive descent. Every descent is counted, and so is the depth of the
/// tree it makes, so that neither parsing nor walking a tree can overflow the stack.
enum LogParser {
  /// A tree and its depth.
  struct Parsed {
    var expression: LogExpression
    var depth = 1
  }

  static func query(
    _ text: ByteString, _ regexBytes: Int
  ) throws(QueryFault) -> LogExpression {
    var reader = try TokenReader(QueryText(text, .logql), regexBytes: regexBytes)
    let parsed = try binary(&reader, minimum: 1)
    guard reader.next.kind == .end else { throw unexpected(reader) }
    return parsed.expression
  }

  /// A stream selector alone; `{}` stands for all.
  static func selector(
    _ text: ByteString, _ regexBytes: Int
  ) throws(QueryFault) -> [Matcher] {
    var reader = try TokenReader(QueryText(text, .logql), regexBytes: regexBytes)
    let matchers = try matchers(&reader)
    guard reader.next.kind == .end else { throw unexpected(reader) }
    return matchers
  }

  static func binary(
    _ reader: inout TokenReader, minimum: Int
  ) throws(QueryFault) -> Parsed {
    var left = try operand(&reader)
    while let operation = operation(reader), operation.precedence >= minimum {
      let start = reader.next.range.lowerBound
      try checkOperand(left.expression, reader, at: start, operation, side: "left")
      reader.take()
      let returnsBool = try boolModifier(&reader, operation)
      let matching = try matching(&reader, operation)
      let tighter = operation.precedence + (operation.isRightAssociative ? 0 : 1)
      let right = try reader.deeper { (inner: inout TokenReader) throws(QueryFault) -> Parsed in
        try binary(&inner, minimum: tighter)
      }
      try checkOperand(right.expression, reader, at: start, operation, side: "right")
      if operation.isSet {
        for side in [left, right] {
          guard case .number = side.expression else { continue }
          throw reader.fault(
            "unexpected literal for a leg of logical/set binary operation (\(operation.rawValue))",
            at: start)
        }
      }
      left = Parsed(
        expression: .binary(
          LogBinary(
            operation: operation, left: left.expression, right: right.expression,
            matching: matching, returnsBool: returnsBool)),
        depth: Swift.max(left.depth, right.depth) + 1)
      guard left.depth <= Limits.queryDepth else {
        throw reader.fault("query is nested deeper than \(Limits.queryDepth)", at: start)
      }
    }
    return left
  }

  private static func checkOperand(
    _ operand: LogExpression, _ reader: TokenReader, at start: Int, _ operation: BinaryOperation,
    side: String
  ) throws(QueryFault) {
    guard case .lines = operand else { return }
    throw reader.fault(
      "unexpected type for \(side) leg of binary operation (\(operation.rawValue)): "
        + "log lines are no numbers; count them with count_over_time or rate",
      at: start)
  }

  private static func operation(_ reader: TokenReader) -> BinaryOperation? {
    switch reader.next.kind {
    case .symbol(let symbol): return BinaryOperation(rawValue: symbol.rawValue)
    case .identifier:
      switch reader.keyword {
      case "and": return .and
      case "or": return .or
      case "unless": return .unless
      default: return nil
      }
    default: return nil
    }
  }

  private static func boolModifier(
    _ reader: inout TokenReader, _ operation: BinaryOperation
  ) throws(QueryFault) -> Bool {
    let start = reader.next.range.lowerBound
    guard reader.skip("bool") else { return false }
    guard operation.isComparison else {
      throw reader.fault("bool modifier can only be used on comparison operators", at: start)
    }
    return true
  }

  private static func matching(
    _ reader: inout TokenReader, _ operation: BinaryOperation
  ) throws(QueryFault) -> VectorMatching? {
    let isOn = reader.keyword == "on"
    guard isOn || reader.keyword == "ignoring" else { return nil }
    reader.take()
    var matching = VectorMatching(
      cardinality: operation.isSet ? .manyToMany : .oneToOne, isOn: isOn,
      labels: try names(&reader))
    let start = reader.next.range.lowerBound
    for (word, cardinality) in [
      ("group_left", VectorMatching.Cardinality.manyToOne), ("group_right", .oneToMany),
    ] where reader.skip(word) {
      if operation.isSet {
        throw reader.fault(
          "no grouping allowed for \"\(operation.rawValue)\" operation", at: start)
      }
      matching.cardinality = cardinality
      if reader.isNext(.openParen) { matching.included = try names(&reader) }
      break
    }
    return matching
  }

  /// `(a, b)`, which may be empty.
  static func names(_ reader: inout TokenReader) throws(QueryFault) -> [ByteString] {
    try expect(.openParen, &reader)
    var names: [ByteString] = []
    if reader.skip(.closeParen) { return names }
    repeat { names.append(try name(&reader)) } while reader.skip(.comma)
    try expect(.closeParen, &reader)
    return names
  }

  static func grouping(_ reader: inout TokenReader) throws(QueryFault) -> Grouping? {
    let isWithout = reader.keyword == "without"
    guard isWithout || reader.keyword == "by" else { return nil }
    reader.take()
    return Grouping(isWithout: isWithout, labels: try names(&reader))
  }

  private static func operand(_ reader: inout TokenReader) throws(QueryFault) -> Parsed {
    let token = reader.next
    switch token.kind {
    case .symbol(.openParen):
      reader.take()
      let inner = try reader.deeper { (inner: inout TokenReader) throws(QueryFault) -> Parsed in
        try binary(&inner, minimum: 1)
      }
      try expect(.closeParen, &reader)
      return inner
    case .symbol(.openBrace):
      let selection = try selection(&reader)
      return Parsed(expression: .lines(selection))
    case .symbol(.plus), .symbol(.minus), .number:
      return Parsed(expression: .number(try number(&reader)))
    case .identifier:
      return try call(&reader)
    default:
      throw unexpected(reader)
    }
  }

  /// A number with an optional sign.
  static func number(_ reader: inout TokenReader) throws(QueryFault) -> Double {
    let isNegative = reader.skip(.minus)
    if !isNegative { _ = reader.skip(.plus) }
    guard case .number(let value) = reader.next.kind else {
      throw unexpected(reader, expecting: "NUMBER")
    }
    guard value.isFinite else { throw reader.fault("number out of range") }
    reader.take()
    return isNegative ? -value : value
  }

  static func string(_ reader: inout TokenReader) throws(QueryFault) -> ByteString {
    guard case .string(let value) = reader.next.kind else {
      throw unexpected(reader, expecting: "STRING")
    }
    reader.take()
    return value
  }

  static func name(_ reader: inout TokenReader) throws(QueryFault) -> ByteString {
    guard case .identifier(let value) = reader.next.kind else {
      throw unexpected(reader, expecting: "IDENTIFIER")
    }
    reader.take()
    return value
  }

  static func expect(_ symbol: Symbol, _ reader: inout TokenReader) throws(QueryFault) {
    guard reader.skip(symbol) else { throw unexpected(reader, expecting: symbol.rawValue) }
  }

  /// That the next token may not stand here, worded as Loki words it.
  static func unexpected(_ reader: TokenReader, expecting wish: String? = nil) -> QueryFault {
    let found =
      switch reader.next.kind {
      case .identifier(let name): "IDENTIFIER \(name.text)"
      case .number: "NUMBER"
      case .duration: "DURATION"
      case .size: "BYTES"
      case .string: "STRING"
      case .symbol(let symbol): symbol.rawValue
      case .end: "$end"
      }
    return reader.fault(
      "syntax error: unexpected " + found + (wish.map { ", expecting " + $0 } ?? ""))
  }
}
