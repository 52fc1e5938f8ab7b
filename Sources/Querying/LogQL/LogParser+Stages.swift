import Bytes
import Model

extension LogParser {
  static func selection(_ reader: inout TokenReader) throws(QueryFault) -> LogSelection {
    var selection = LogSelection(matchers: try checkedMatchers(&reader))
    while startsStage(reader) { selection.stages.append(try stage(&reader)) }
    return selection
  }

  /// A selector that does not take everything.
  static func checkedMatchers(_ reader: inout TokenReader) throws(QueryFault) -> [Matcher] {
    let start = reader.next.range.lowerBound
    let matchers = try matchers(&reader)
    guard matchers.contains(where: { !$0.acceptsEmpty }) else {
      throw reader.fault(
        "queries require at least one regexp or equality matcher that does not have an "
          + "empty-compatible value; for instance, service=~\".*\" does not meet this "
          + "requirement, but service=~\".+\" will", at: start)
    }
    return matchers
  }

  static func matchers(_ reader: inout TokenReader) throws(QueryFault) -> [Matcher] {
    try expect(.openBrace, &reader)
    var matchers: [Matcher] = []
    if reader.skip(.closeBrace) { return matchers }
    repeat {
      let label = try name(&reader)
      guard let operation = matcherOperation(reader.next) else {
        throw unexpected(reader, expecting: "= or != or =~ or !~")
      }
      reader.take()
      matchers.append(try matcher(&reader, label, operation))
    } while reader.skip(.comma)
    guard reader.skip(.closeBrace) else { throw unexpected(reader, expecting: "} or ,") }
    return matchers
  }

  static func matcherOperation(_ token: Token) -> Matcher.Operation? {
    guard case .symbol(let symbol) = token.kind else { return nil }
    return Matcher.Operation(rawValue: symbol.rawValue)
  }

  /// The value of a matcher whose name and operator were read.
  static func matcher(
    _ reader: inout TokenReader, _ label: ByteString, _ operation: Matcher.Operation
  ) throws(QueryFault) -> Matcher {
    let start = reader.next.range.lowerBound
    let value = try string(&reader)
    do throws(QueryFault) {
      if operation.isRegex { try Regex.checkLength(value, reader.regexBytes) }
      return try Matcher(label, operation, value)
    } catch {
      throw reader.fault(error.message, at: start)
    }
  }

  /// Whether a line filter or `|` comes next.
  static func startsStage(_ reader: TokenReader) -> Bool {
    reader.isNext(.pipe) || lineOperation(reader.next) != nil
  }

  private static func lineOperation(_ token: Token) -> LineFilter.Operation? {
    guard case .symbol(let symbol) = token.kind else { return nil }
    return LineFilter.Operation(rawValue: symbol.rawValue)
  }

  static func isWord(_ word: String, _ token: Token) -> Bool {
    guard case .identifier(let name) = token.kind else { return false }
    return name.text.lowercased() == word
  }

  /// Stages that need nothing behind their names.
  static let standAlone: Set<String> = ["json", "logfmt", "unpack", "decolorize"]

  static func stage(_ reader: inout TokenReader) throws(QueryFault) -> LogStage {
    if let operation = lineOperation(reader.next) {
      reader.take()
      return .line(try lineFilter(&reader, operation))
    }
    try expect(.pipe, &reader)
    // A stage's name with a comparison behind it is a label, but for those that may stand alone:
    // `| json != "x"` is a parser and a line filter, as Loki has it.
    let isAlone =
      standAlone.contains(reader.keyword ?? "") && lineOperation(reader.ahead(1)) != nil
    if !isAlone, comparison(reader.ahead(1)) != nil { return .filter(try labelFilter(&reader)) }
    switch reader.keyword {
    case "json": return .json(try extractions(&reader, isPath: true))
    case "logfmt": return try logfmt(&reader)
    case "regexp": return try regexp(&reader)
    case "pattern": return try pattern(&reader)
    case "unpack":
      reader.take()
      return .unpack
    case "decolorize":
      reader.take()
      return .decolorize
    case "line_format":
      reader.take()
      return .lineFormat(try template(&reader, label: nil))
    case "label_format": return try labelFormat(&reader)
    case "drop": return .drop(try choices(&reader))
    case "keep": return .keep(try choices(&reader))
    case "unwrap":
      throw reader.fault("syntax error: unexpected UNWRAP outside of a range aggregation")
    default: return .filter(try labelFilter(&reader))
    }
  }

  private static func lineFilter(
    _ reader: inout TokenReader, _ operation: LineFilter.Operation
  ) throws(QueryFault) -> LineFilter {
    var filter = LineFilter(operation: operation, alternatives: [])
    repeat {
      let start = reader.next.range.lowerBound
      if isWord("ip", reader.next) {
        guard operation == .contains || operation == .lacks else {
          throw reader.fault("ip() can only be used with |= and !=")
        }
        filter.alternatives.append(.address(try address(&reader)))
        continue
      }
      let text = try string(&reader)
      switch operation {
      case .matches, .notMatches: try checkRegex(text, reader, at: start, isAnchored: false)
      case .fits, .notFits: try checkPattern(text, reader, at: start, isParser: false)
      default: break
      }
      filter.alternatives.append(.text(text))
    } while reader.skip("or")
    return filter
  }

  /// `ip("...")`.
  static func address(_ reader: inout TokenReader) throws(QueryFault) -> ByteString {
    reader.take()
    try expect(.openParen, &reader)
    let start = reader.next.range.lowerBound
    let text = try string(&reader)
    guard AddressRange(text) != nil else {
      throw reader.fault("ip: invalid pattern \(Quoting.quote(text))", at: start)
    }
    try expect(.closeParen, &reader)
    return text
  }

  static func checkRegex(
    _ text: ByteString, _ reader: TokenReader, at start: Int, isAnchored: Bool
  ) throws(QueryFault) {
    do throws(QueryFault) {
      try Regex.checkLength(text, reader.regexBytes)
      _ = isAnchored ? try Regex.matcher(text) : try Regex.filter(text)
    } catch {
      throw reader.fault(error.message, at: start)
    }
  }

  private static func checkPattern(
    _ text: ByteString, _ reader: TokenReader, at start: Int, isParser: Bool
  ) throws(QueryFault) {
    do throws(QueryFault) {
      _ = try isParser ? LinePattern(parser: text) : LinePattern(filter: text)
    } catch {
      throw reader.fault(error.message, at: start)
    }
  }

  private static func regexp(_ reader: inout TokenReader) throws(QueryFault) -> LogStage {
    reader.take()
    let start = reader.next.range.lowerBound
    let text = try string(&reader)
    do throws(QueryFault) {
      try Regex.checkLength(text, reader.regexBytes)
      _ = try LineExpression(text)
    } catch {
      throw reader.fault(error.message, at: start)
    }
    return .regexp(text)
  }

  private static func pattern(_ reader: inout TokenReader) throws(QueryFault) -> LogStage {
    reader.take()
    let start = reader.next.range.lowerBound
    let text = try string(&reader)
    try checkPattern(text, reader, at: start, isParser: true)
    return .pattern(text)
  }

  /// `a="expression", b`; a name alone is its own expression.
  private static func extractions(
    _ reader: inout TokenReader, isPath: Bool
  ) throws(QueryFault) -> [LabelExtraction] {
    if isPath { reader.take() }
    var extractions: [LabelExtraction] = []
    guard case .identifier = reader.next.kind else { return extractions }
    repeat {
      let label = try name(&reader)
      guard reader.skip(.equal) else {
        extractions.append(LabelExtraction(label: label, expression: label))
        continue
      }
      let start = reader.next.range.lowerBound
      let text = try string(&reader)
      if isPath, MemberSteps(text) == nil {
        throw reader.fault("cannot parse expression [\(text.text)]", at: start)
      }
      extractions.append(LabelExtraction(label: label, expression: text))
    } while reader.skip(.comma)
    return extractions
  }

  private static func logfmt(_ reader: inout TokenReader) throws(QueryFault) -> LogStage {
    reader.take()
    var isStrict = false
    var keepsEmpty = false
    while reader.isNext(.minus) {
      let start = reader.next.range.lowerBound
      reader.take()
      try expect(.minus, &reader)
      if reader.skip("strict") {
        isStrict = true
      } else if reader.skip("keep"), reader.skip(.minus), reader.skip("empty") {
        keepsEmpty = true
      } else {
        throw reader.fault("unknown flag of logfmt: --strict and --keep-empty", at: start)
      }
    }
    return .logfmt(
      isStrict: isStrict, keepsEmpty: keepsEmpty, try extractions(&reader, isPath: false))
  }

  private static func labelFormat(_ reader: inout TokenReader) throws(QueryFault) -> LogStage {
    reader.take()
    var formats: [LabelFormat] = []
    repeat {
      let start = reader.next.range.lowerBound
      let label = try name(&reader)
      if label == LogLabels.error {
        throw reader.fault("\(label) cannot be formatted", at: start)
      }
      if formats.contains(where: { $0.label == label }) {
        throw reader.fault(
          "multiple label name '\(label)' not allowed in a single format operation", at: start)
      }
      try expect(.equal, &reader)
      if case .identifier(let source) = reader.next.kind {
        reader.take()
        formats.append(LabelFormat(label: label, source: .rename(source)))
      } else {
        let text = try template(&reader, label: label)
        formats.append(LabelFormat(label: label, source: .template(text)))
      }
    } while reader.skip(.comma)
    return .labelFormat(formats)
  }

  /// The text of a template that compiles.
  private static func template(
    _ reader: inout TokenReader, label: ByteString?
  ) throws(QueryFault) -> ByteString {
    let start = reader.next.range.lowerBound
    let text = try string(&reader)
    do throws(QueryFault) {
      _ = try LineTemplate(text, label: label)
    } catch {
      throw reader.fault(error.message, at: start)
    }
    return text
  }

  private static func choices(_ reader: inout TokenReader) throws(QueryFault) -> [LabelChoice] {
    reader.take()
    var choices: [LabelChoice] = []
    repeat {
      let label = try name(&reader)
      if let operation = matcherOperation(reader.next) {
        reader.take()
        choices.append(.matcher(try matcher(&reader, label, operation)))
      } else {
        choices.append(.name(label))
      }
    } while reader.skip(.comma)
    return choices
  }
}
