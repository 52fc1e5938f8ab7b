import Bytes
import Model

extension LogParser {
  /// `a="x" and b > 5 or c=ip("...")`. A `,`, and nothing at all, mean `and`; as in Loki's grammar
  /// all that stands behind them is one condition: `a, b or c` is `a and (b or c)`, and `a or b, c`
  /// is `a or (b and c)`.
  static func labelFilter(_ reader: inout TokenReader) throws(QueryFault) -> LabelFilter {
    var choices = [try conjunction(&reader)]
    while reader.skip("or") { choices.append(try conjunction(&reader)) }
    return choices.count == 1 ? choices[0] : .any(choices)
  }

  private static func conjunction(_ reader: inout TokenReader) throws(QueryFault) -> LabelFilter {
    var parts = [try condition(&reader)]
    while true {
      if reader.skip("and") {
        parts.append(try condition(&reader))
      } else if reader.skip(.comma) || startsCondition(reader) {
        let rest = try reader.deeper {
          (inner: inout TokenReader) throws(QueryFault) -> LabelFilter in
          try labelFilter(&inner)
        }
        // Conditions in a row are one list, however deep they were read.
        if case .all(let more) = rest { parts += more } else { parts.append(rest) }
        break
      } else {
        break
      }
    }
    return parts.count == 1 ? parts[0] : .all(parts)
  }

  private static func startsCondition(_ reader: TokenReader) -> Bool {
    guard case .identifier = reader.next.kind, reader.keyword != "or" else { return false }
    return comparison(reader.ahead(1)) != nil
  }

  private static func condition(_ reader: inout TokenReader) throws(QueryFault) -> LabelFilter {
    if reader.skip(.openParen) {
      let inner = try reader.deeper {
        (inner: inout TokenReader) throws(QueryFault) -> LabelFilter in
        try labelFilter(&inner)
      }
      try expect(.closeParen, &reader)
      return inner
    }
    let label = try name(&reader)
    guard let symbol = comparison(reader.next) else {
      throw unexpected(reader, expecting: "a comparison")
    }
    reader.take()
    if case .string = reader.next.kind {
      guard let operation = Matcher.Operation(rawValue: symbol.rawValue) else {
        throw unexpected(reader, expecting: "NUMBER, DURATION or BYTES")
      }
      return .text(try matcher(&reader, label, operation))
    }
    if symbol == .matches || symbol == .notMatches {
      throw unexpected(reader, expecting: "STRING")
    }
    if isWord("ip", reader.next) {
      guard symbol == .equal || symbol == .notEqual else {
        throw reader.fault("ip() can only be compared with = and !=")
      }
      return .address(label, isNegated: symbol == .notEqual, try address(&reader))
    }
    let spelled = symbol == .equal ? "==" : symbol.rawValue
    guard let comparison = LabelFilter.Comparison(rawValue: spelled) else {
      throw unexpected(reader)
    }
    return try quantity(&reader, label, comparison)
  }

  private static func quantity(
    _ reader: inout TokenReader, _ label: ByteString, _ comparison: LabelFilter.Comparison
  ) throws(QueryFault) -> LabelFilter {
    let isSigned = reader.isNext(.minus) || reader.isNext(.plus)
    switch reader.ahead(isSigned ? 1 : 0).kind {
    case .duration: return .duration(label, comparison, try duration(&reader))
    case .size(let bytes) where !isSigned:
      reader.take()
      return .size(label, comparison, bytes)
    case .number: return .number(label, comparison, try number(&reader))
    default:
      throw unexpected(reader, expecting: "STRING, NUMBER, DURATION or BYTES")
    }
  }

  static func comparison(_ token: Token) -> Symbol? {
    guard case .symbol(let symbol) = token.kind else { return nil }
    switch symbol {
    case .equal, .equalEqual, .notEqual, .matches, .notMatches, .greater, .greaterOrEqual, .less,
      .lessOrEqual:
      return symbol
    default: return nil
    }
  }

  /// `| unwrap duration(label) | filters`.
  static func unwrap(_ reader: inout TokenReader) throws(QueryFault) -> LogUnwrap {
    try expect(.pipe, &reader)
    reader.take()
    var unwrap: LogUnwrap
    if let conversion = LogUnwrap.Conversion(rawValue: reader.keyword ?? ""),
      reader.ahead(1).kind == .symbol(.openParen)
    {
      reader.take()
      try expect(.openParen, &reader)
      unwrap = LogUnwrap(label: try name(&reader), conversion: conversion, filters: [])
      try expect(.closeParen, &reader)
    } else {
      unwrap = LogUnwrap(label: try name(&reader), conversion: nil, filters: [])
    }
    while reader.isNext(.pipe) {
      reader.take()
      unwrap.filters.append(try labelFilter(&reader))
    }
    return unwrap
  }
}
