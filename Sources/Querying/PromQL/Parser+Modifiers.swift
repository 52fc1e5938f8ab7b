import Bytes

extension PromQL.Parser {
  /// `[5m]`, `[5m:]`, `[5m:1m]`.
  mutating func range(of parsed: Parsed) throws(QueryFault) -> Parsed {
    let bracket = reader.take().range.lowerBound
    let range = try duration(in: "range or subquery selector")
    let start = parsed.expression.place.range.lowerBound
    if reader.skip(.closeBracket) {
      guard case .selector(let selector) = parsed.expression else {
        throw reader.fault("ranges only allowed for vector selectors", at: bracket)
      }
      if selector.shift.hasOffset {
        throw reader.fault("no offset modifiers allowed before range", at: bracket)
      }
      if selector.shift.anchor != nil {
        throw reader.fault("no @ modifiers allowed before range", at: bracket)
      }
      return try node(
        .range(
          PromQL.RangeSelector(
            selector: selector, range: range, place: Place(start..<reader.lastEnd))),
        over: parsed)
    }
    guard reader.skip(.colon) else {
      if reader.next.kind == .end { throw reader.fault("unclosed left bracket") }
      throw reader.unexpected(in: "range or subquery selector", expected: "\":\" or \"]\"")
    }
    var step: Int64?
    if !reader.isNext(.closeBracket) { step = try duration(in: "subquery selector") }
    guard reader.skip(.closeBracket) else {
      if reader.next.kind == .end { throw reader.fault("unclosed left bracket") }
      throw reader.unexpected(in: "subquery selector", expected: "\"]\"")
    }
    return try node(
      .subquery(
        PromQL.Subquery(
          inner: parsed.expression, range: range, step: step,
          place: Place(start..<reader.lastEnd))),
      over: parsed)
  }

  /// A positive duration, or a number of seconds; milliseconds.
  private mutating func duration(in context: String) throws(QueryFault) -> Int64 {
    let token = reader.next
    let length = try signedDuration(in: context)
    guard length > 0 else {
      throw reader.fault("duration must be greater than 0", at: token.range.lowerBound)
    }
    return length
  }

  /// Milliseconds of a duration or a number of seconds, with a sign or without.
  private mutating func signedDuration(in context: String) throws(QueryFault) -> Int64 {
    var isNegative = false
    if reader.isNext(.minus) || reader.isNext(.plus) {
      isNegative = reader.take().kind == .symbol(.minus)
    }
    let token = reader.next
    let length: Int64
    switch token.kind {
    case .duration(let nanoseconds): length = nanoseconds / Instant.millisecond
    case .number(let seconds):
      guard abs(seconds) < 9.2e9, let milliseconds = Int64(clamping: seconds * 1_000) else {
        throw reader.fault("duration out of range")
      }
      length = milliseconds
    default: throw reader.unexpected(in: context, expected: "number or duration")
    }
    reader.take()
    return isNegative ? -length : length
  }

  mutating func offset(of parsed: Parsed, at keyword: Int) throws(QueryFault) -> Parsed {
    let length = try signedDuration(in: "offset")
    return try shifted(parsed) { (shift) throws(QueryFault) in
      guard let before = shift else {
        throw reader.fault(
          "offset modifier must be preceded by an instant vector selector or range vector "
            + "selector or a subquery", at: parsed.expression.place.range.lowerBound)
      }
      if before.hasOffset {
        throw reader.fault(
          "offset may not be set multiple times", at: parsed.expression.place.range.lowerBound)
      }
      var after = before
      after.offset = length
      after.hasOffset = true
      return after
    }
  }

  mutating func anchor(of parsed: Parsed, at keyword: Int) throws(QueryFault) -> Parsed {
    let anchor = try anchorInstant()
    return try shifted(parsed) { (shift) throws(QueryFault) in
      guard let before = shift else {
        throw reader.fault(
          "@ modifier must be preceded by an instant vector selector or range vector "
            + "selector or a subquery", at: parsed.expression.place.range.lowerBound)
      }
      if before.anchor != nil {
        throw reader.fault(
          "@ <timestamp> may not be set multiple times",
          at: parsed.expression.place.range.lowerBound)
      }
      var after = before
      after.anchor = anchor
      return after
    }
  }

  private mutating func anchorInstant() throws(QueryFault) -> PromQL.Anchor {
    if reader.keyword == "start" || reader.keyword == "end" {
      let isStart = reader.keyword == "start"
      reader.take()
      try reader.expect(.openParen, in: "@")
      try reader.expect(.closeParen, in: "@")
      return isStart ? .start : .end
    }
    var isNegative = false
    if reader.isNext(.minus) || reader.isNext(.plus) {
      isNegative = reader.take().kind == .symbol(.minus)
    }
    let seconds: Double
    switch reader.next.kind {
    case .number(let value): seconds = value
    case .duration(let nanoseconds): seconds = Double(nanoseconds) / 1e9
    default: throw reader.unexpected(in: "@", expected: "timestamp")
    }
    // Bounded so that no sum of times in the evaluator can overflow.
    guard abs(seconds) < 9e12, let instant = Int64(clamping: seconds * 1_000) else {
      throw reader.fault(
        "timestamp out of bounds for @ modifier: \(Numbers.text(isNegative ? -seconds : seconds))")
    }
    reader.take()
    return .time(isNegative ? -instant : instant)
  }

  /// The expression with its offset and `@` changed by `change`, which gets nil when the
  /// expression can have none.
  private func shifted(
    _ parsed: Parsed, _ change: (PromQL.Shift?) throws(QueryFault) -> PromQL.Shift
  ) throws(QueryFault) -> Parsed {
    let end = reader.lastEnd
    let place = Place(parsed.expression.place.range.lowerBound..<end)
    switch parsed.expression {
    case .selector(var node):
      node.shift = try change(node.shift)
      node.place = place
      return Parsed(expression: .selector(node), depth: parsed.depth)
    case .range(var node):
      node.selector.shift = try change(node.selector.shift)
      node.place = place
      return Parsed(expression: .range(node), depth: parsed.depth)
    case .subquery(var node):
      node.shift = try change(node.shift)
      node.place = place
      return Parsed(expression: .subquery(node), depth: parsed.depth)
    default:
      _ = try change(nil)
      return parsed
    }
  }
}
