import Bytes
import Model

extension PromQL.Parser {
  typealias Expression = PromQL.Expression
  typealias Place = PromQL.Place

  /// A primary and the ranges, offsets and `@` behind it.
  mutating func postfix() throws(QueryFault) -> Parsed {
    var parsed = try primary()
    while true {
      if reader.isNext(.openBracket) {
        parsed = try range(of: parsed)
      } else if reader.keyword == "offset" {
        let start = reader.take().range.lowerBound
        parsed = try offset(of: parsed, at: start)
      } else if reader.isNext(.at) {
        let start = reader.take().range.lowerBound
        parsed = try anchor(of: parsed, at: start)
      } else {
        return parsed
      }
    }
  }

  private mutating func primary() throws(QueryFault) -> Parsed {
    let token = reader.next
    let place = Place(token.range)
    switch token.kind {
    case .number(let value):
      reader.take()
      return try node(.number(PromQL.Number(value: value, place: place)))
    case .duration(let nanoseconds):
      reader.take()
      let seconds = Double(nanoseconds) / 1e9
      return try node(.number(PromQL.Number(value: seconds, place: place)))
    case .string(let value):
      reader.take()
      return try node(.string(PromQL.Text(value: value, place: place)))
    case .symbol(.openParen): return try paren()
    case .symbol(.openBrace): return try selector(name: nil, start: token.range.lowerBound)
    case .identifier(let name): return try word(name, token)
    default: throw reader.unexpected()
    }
  }

  private mutating func paren() throws(QueryFault) -> Parsed {
    let start = reader.take().range.lowerBound
    let inner = try binary(1)
    try close(openedAt: start)
    return try node(
      .paren(PromQL.Paren(inner: inner.expression, place: Place(start..<reader.lastEnd))),
      over: inner)
  }

  private mutating func close(openedAt start: Int) throws(QueryFault) {
    if reader.skip(.closeParen) { return }
    if reader.next.kind == .end { throw reader.fault("unclosed left parenthesis") }
    throw reader.unexpected()
  }

  /// An aggregation, a call, or a metric's name: what follows the word tells.
  private mutating func word(_ name: ByteString, _ token: Token) throws(QueryFault) -> Parsed {
    let following = reader.ahead(1).kind
    if let kind = AggregationKind(rawValue: name.text.lowercased()) {
      var startsGrouping = following == .symbol(.openParen)
      if case .identifier(let next) = following {
        startsGrouping = ["by", "without"].contains(next.text.lowercased())
      }
      if startsGrouping { return try aggregation(kind, token) }
    }
    if following == .symbol(.openParen) { return try call(name, token) }
    return try named(name, token)
  }

  private mutating func named(_ name: ByteString, _ token: Token) throws(QueryFault) -> Parsed {
    if ["on", "ignoring", "group_left", "group_right", "bool"].contains(reader.keyword) {
      throw reader.fault("unexpected <\(name.text.lowercased())>")
    }
    reader.take()
    return try selector(name: name, start: token.range.lowerBound)
  }

  /// A selector and nothing else, as `match[]` takes it.
  mutating func selectorAlone() throws(QueryFault) -> PromQL.Selector {
    let token = reader.next
    let parsed: Parsed
    switch token.kind {
    case .symbol(.openBrace): parsed = try selector(name: nil, start: token.range.lowerBound)
    case .identifier(let name): parsed = try named(name, token)
    default: throw reader.unexpected()
    }
    guard reader.next.kind == .end, case .selector(let selector) = parsed.expression else {
      throw reader.unexpected()
    }
    return selector
  }

  private mutating func aggregation(
    _ kind: AggregationKind, _ token: Token
  ) throws(QueryFault) -> Parsed {
    reader.take()
    var grouping = try self.grouping()
    let arguments = try self.arguments()
    if grouping == nil { grouping = try self.grouping() }
    let place = Place(token.range.lowerBound..<reader.lastEnd)
    let start = token.range.lowerBound
    let wanted = kind.takesParameter ? 2 : 1
    if arguments.isEmpty {
      throw reader.fault("no arguments for aggregate expression provided", at: start)
    }
    guard arguments.count == wanted else {
      throw reader.fault(
        "wrong number of arguments for aggregate expression provided, expected \(wanted), "
          + "got \(arguments.count)", at: start)
    }
    return try node(
      .aggregation(
        PromQL.Aggregation(
          kind: kind, grouping: grouping ?? Grouping(),
          parameter: wanted == 2 ? arguments[0].expression : nil,
          operand: arguments[wanted - 1].expression, place: place)),
      depth: arguments.map(\.depth).max() ?? 0)
  }

  private mutating func grouping() throws(QueryFault) -> Grouping? {
    guard reader.keyword == "by" || reader.keyword == "without" else { return nil }
    let isWithout = reader.keyword == "without"
    reader.take()
    return Grouping(isWithout: isWithout, labels: try labelNames())
  }

  private mutating func call(_ name: ByteString, _ token: Token) throws(QueryFault) -> Parsed {
    guard let function = PromQL.Function.named(name.text) else {
      throw reader.fault("unknown function with name \(Quoting.quote(name))")
    }
    reader.take()
    let arguments = try self.arguments()
    return try node(
      .call(
        PromQL.Call(
          function: function, arguments: arguments.map(\.expression),
          place: Place(token.range.lowerBound..<reader.lastEnd))),
      depth: arguments.map(\.depth).max() ?? 0)
  }

  private mutating func arguments() throws(QueryFault) -> [Parsed] {
    guard reader.isNext(.openParen) else {
      throw reader.unexpected(in: "aggregation", expected: "\"(\"")
    }
    let start = reader.take().range.lowerBound
    var arguments: [Parsed] = []
    if reader.skip(.closeParen) { return arguments }
    while true {
      arguments.append(try binary(1))
      guard reader.skip(.comma) else { break }
      if reader.isNext(.closeParen) {
        throw reader.fault("trailing commas not allowed in function call args")
      }
    }
    try close(openedAt: start)
    return arguments
  }

  private mutating func selector(name: ByteString?, start: Int) throws(QueryFault) -> Parsed {
    var selector = PromQL.Selector(name: name, matchers: [], place: Place(start..<start))
    if let name { selector.matchers.append(try Matcher(Labels.metricName, .equal, name)) }
    if reader.skip(.openBrace) { try matchers(into: &selector) }
    selector.place = Place(start..<reader.lastEnd)
    return try node(.selector(selector))
  }

  private mutating func matchers(into selector: inout PromQL.Selector) throws(QueryFault) {
    while !reader.skip(.closeBrace) {
      let token = reader.next
      switch token.kind {
      case .identifier(let label) where LabelsText.isLabelName(label):
        reader.take()
        selector.matchers.append(try matcher(label, at: token))
      case .number where LabelsText.isLabelName(word(token)):
        reader.take()
        selector.matchers.append(try matcher(word(token), at: token))
      case .string(let label):
        reader.take()
        guard Quoting.isUTF8(label), !label.isEmpty else {
          throw reader.fault(
            "invalid label name \(Quoting.quote(label))", at: token.range.lowerBound)
        }
        if reader.isNext(.comma) || reader.isNext(.closeBrace) {
          try setName(label, in: &selector, at: token.range.lowerBound)
        } else {
          selector.matchers.append(try matcher(label, at: token))
        }
      case .end: throw reader.fault("unexpected end of input inside braces")
      default: throw reader.unexpected(in: "label matching", expected: "identifier or \"}\"")
      }
      if !reader.skip(.comma), !reader.isNext(.closeBrace) {
        if reader.next.kind == .end { throw reader.fault("unexpected end of input inside braces") }
        throw reader.unexpected(in: "label matching", expected: "\",\" or \"}\"")
      }
    }
  }

  /// A token as it was written: `inf` and `nan` are numbers, but names inside braces.
  private func word(_ token: Token) -> ByteString {
    ByteString(reader.text.query.bytes[token.range])
  }

  private func setName(
    _ name: ByteString, in selector: inout PromQL.Selector, at index: Int
  ) throws(QueryFault) {
    if let earlier = selector.name {
      throw reader.fault(
        "metric name must not be set twice: \(Quoting.quote(earlier)) or \(Quoting.quote(name))",
        at: index)
    }
    selector.name = name
    selector.isNameQuoted = true
    selector.matchers.insert(try Matcher(Labels.metricName, .equal, name), at: 0)
  }

  /// The matcher of a label that stands at `start`.
  private mutating func matcher(
    _ label: ByteString, at start: Token
  ) throws(QueryFault) -> Matcher {
    guard case .symbol(let symbol) = reader.next.kind,
      let operation = Matcher.Operation(rawValue: symbol.rawValue)
    else {
      if reader.next.kind == .end { throw reader.fault("unexpected end of input inside braces") }
      throw reader.unexpected(in: "label matching", expected: "label matching operator")
    }
    reader.take()
    let token = reader.next
    guard case .string(let value) = token.kind else {
      throw reader.unexpected(in: "label matching", expected: "string")
    }
    reader.take()
    do {
      if operation.isRegex { try Regex.checkLength(value, reader.regexBytes) }
      return try Matcher(label, operation, value)
    } catch {
      throw reader.fault(error.message, at: start.range.lowerBound)
    }
  }
}
