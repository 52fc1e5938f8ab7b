import Bytes
import Model

extension LogParser {
  /// A function or an aggregation by its name.
  static func call(_ reader: inout TokenReader) throws(QueryFault) -> Parsed {
    let word = reader.keyword ?? ""
    if let function = LogRange.Function(rawValue: word) { return try range(&reader, function) }
    if let function = LogAggregation.Function(rawValue: word) {
      return try aggregation(&reader, function)
    }
    switch word {
    case "sort", "sort_desc":
      reader.take()
      try expect(.openParen, &reader)
      let operand = try metric(&reader)
      try expect(.closeParen, &reader)
      return Parsed(
        expression: .sorted(operand.expression, isDescending: word == "sort_desc"),
        depth: operand.depth + 1)
    case "vector":
      reader.take()
      try expect(.openParen, &reader)
      let value = try number(&reader)
      try expect(.closeParen, &reader)
      return Parsed(expression: .vector(value))
    case "label_replace": return try replacement(&reader)
    default: throw unexpected(reader)
    }
  }

  /// An expression that gives numbers.
  private static func metric(_ reader: inout TokenReader) throws(QueryFault) -> Parsed {
    let start = reader.next.range.lowerBound
    let parsed = try reader.deeper { (inner: inout TokenReader) throws(QueryFault) -> Parsed in
      try binary(&inner, minimum: 1)
    }
    if case .lines = parsed.expression {
      throw reader.fault(
        "syntax error: unexpected log lines where numbers are needed; "
          + "count them with count_over_time or rate", at: start)
    }
    guard parsed.depth < Limits.queryDepth else {
      throw reader.fault("query is nested deeper than \(Limits.queryDepth)", at: start)
    }
    return parsed
  }

  private static func aggregation(
    _ reader: inout TokenReader, _ function: LogAggregation.Function
  ) throws(QueryFault) -> Parsed {
    let start = reader.take().range.lowerBound
    var by = try grouping(&reader)
    try expect(.openParen, &reader)
    var parameter: Double?
    // A number with a comma behind it is the parameter, else it begins the operand.
    if case .number = reader.next.kind, reader.ahead(1).kind == .symbol(.comma) {
      guard function.takesParameter else {
        throw reader.fault("unsupported parameter for operation \(function.rawValue)")
      }
      parameter = try number(&reader)
      try expect(.comma, &reader)
    }
    let operand = try metric(&reader)
    try expect(.closeParen, &reader)
    if by == nil { by = try grouping(&reader) }
    guard let parameter else {
      if function.takesParameter {
        throw reader.fault("parameter required for operation \(function.rawValue)", at: start)
      }
      return wrapped(function, nil, operand, by)
    }
    guard parameter >= 1, parameter == parameter.rounded(), parameter < 1e9 else {
      throw reader.fault(
        "invalid parameter (must be a whole number greater than 0) \(function.rawValue)"
          + "(\(Numbers.text(parameter)))", at: start)
    }
    return wrapped(function, parameter, operand, by)
  }

  private static func wrapped(
    _ function: LogAggregation.Function, _ parameter: Double?, _ operand: Parsed, _ by: Grouping?
  ) -> Parsed {
    Parsed(
      expression: .aggregation(
        LogAggregation(
          function: function, parameter: parameter, operand: operand.expression,
          grouping: by ?? Grouping())),
      depth: operand.depth + 1)
  }

  private static func replacement(_ reader: inout TokenReader) throws(QueryFault) -> Parsed {
    reader.take()
    try expect(.openParen, &reader)
    let operand = try metric(&reader)
    var texts: [ByteString] = []
    var places: [Int] = []
    for _ in 0..<4 {
      try expect(.comma, &reader)
      places.append(reader.next.range.lowerBound)
      texts.append(try string(&reader))
    }
    try expect(.closeParen, &reader)
    guard LabelsText.isLabelName(texts[0]) else {
      throw reader.fault("invalid label name \(Quoting.quote(texts[0]))", at: places[0])
    }
    try checkRegex(texts[3], reader, at: places[3], isAnchored: true)
    return Parsed(
      expression: .replaced(
        LabelReplacement(
          operand: operand.expression, target: texts[0], replacement: texts[1],
          source: texts[2], pattern: texts[3])),
      depth: operand.depth + 1)
  }

  private static func range(
    _ reader: inout TokenReader, _ function: LogRange.Function
  ) throws(QueryFault) -> Parsed {
    let start = reader.take().range.lowerBound
    try expect(.openParen, &reader)
    var parameter: Double?
    if !reader.isNext(.openBrace), !reader.isNext(.openParen) {
      guard function == .quantile else { throw unexpected(reader, expecting: "{ or (") }
      parameter = try number(&reader)
      try expect(.comma, &reader)
    } else if function == .quantile {
      throw reader.fault("parameter required for operation \(function.rawValue)")
    }
    let range = try rangePart(&reader)
    guard let window = range.window else { throw unexpected(reader, expecting: "[") }
    try expect(.closeParen, &reader)
    let groupingStart = reader.next.range.lowerBound
    let by = try grouping(&reader)
    if by != nil, !function.isGroupable {
      throw reader.fault(
        "grouping not allowed for \(function.rawValue) aggregation", at: groupingStart)
    }
    if range.unwrap != nil, !function.takesValues {
      throw reader.fault("invalid aggregation \(function.rawValue) with unwrap", at: start)
    }
    if range.unwrap == nil, !function.takesLines {
      throw reader.fault("invalid aggregation \(function.rawValue) without unwrap", at: start)
    }
    return Parsed(
      expression: .range(
        LogRange(
          function: function, parameter: parameter, selection: range.selection,
          unwrap: range.unwrap, window: window, offset: range.offset ?? 0, grouping: by)))
  }

  /// What stands in a range aggregation; the window and the offset may stand before or behind the
  /// stages, and parentheses around any of it.
  private struct RangePart {
    var selection: LogSelection
    var unwrap: LogUnwrap?
    var window: Int64?
    var offset: Int64?
  }

  private static func rangePart(_ reader: inout TokenReader) throws(QueryFault) -> RangePart {
    var part: RangePart
    if reader.skip(.openParen) {
      part = try reader.deeper { (inner: inout TokenReader) throws(QueryFault) -> RangePart in
        try rangePart(&inner)
      }
      try expect(.closeParen, &reader)
    } else {
      part = RangePart(selection: LogSelection(matchers: try checkedMatchers(&reader)))
    }
    while true {
      if reader.isNext(.openBracket), part.window == nil {
        part.window = try window(&reader)
      } else if reader.keyword == "offset", part.window != nil, part.offset == nil {
        reader.take()
        part.offset = try duration(&reader)
      } else if startsStage(reader), part.unwrap == nil {
        if reader.isNext(.pipe), isWord("unwrap", reader.ahead(1)) {
          part.unwrap = try unwrap(&reader)
        } else {
          part.selection.stages.append(try stage(&reader))
        }
      } else {
        return part
      }
    }
  }

  private static func window(_ reader: inout TokenReader) throws(QueryFault) -> Int64 {
    try expect(.openBracket, &reader)
    guard case .duration(let length) = reader.next.kind else {
      throw unexpected(reader, expecting: "DURATION")
    }
    guard length > 0 else { throw reader.fault("range must be longer than 0s") }
    reader.take()
    try expect(.closeBracket, &reader)
    return length
  }

  /// A duration with an optional sign, in nanoseconds.
  static func duration(_ reader: inout TokenReader) throws(QueryFault) -> Int64 {
    let isNegative = reader.skip(.minus)
    guard case .duration(let length) = reader.next.kind else {
      throw unexpected(reader, expecting: "DURATION")
    }
    reader.take()
    return isNegative ? -length : length
  }
}
