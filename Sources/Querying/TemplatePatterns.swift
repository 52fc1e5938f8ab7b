package import Bytes
import Model
package import Templating

/// Regular expressions of templates. A constant one is compiled with its template.
package enum TemplatePatterns {
  /// Compiles a pattern; throws when it is none.
  package static func prepare(_ pattern: ByteString) throws(TemplateFault) -> any Sendable {
    do throws(QueryFault) {
      return try Regex.filter(pattern)
    } catch {
      throw TemplateFault(error.message)
    }
  }

  /// The argument as a regular expression; throws when it is none.
  package static func regex<Host: TemplateHost>(
    _ call: TemplateCall<Host>, _ place: Int
  ) throws(TemplateFault) -> Regex {
    if case .prepared(let prepared) = call.argument(place), let regex = prepared.object as? Regex {
      return regex
    }
    do throws(QueryFault) {
      return try Regex.filter(try Self.text(call, place))
    } catch {
      throw call.fault(error.message)
    }
  }

  private static func text<Host: TemplateHost>(
    _ call: TemplateCall<Host>, _ place: Int
  ) throws(QueryFault) -> ByteString {
    do throws(TemplateFault) {
      return try call.text(place)
    } catch {
      throw QueryFault(.execution, error.message)
    }
  }

  /// The text with all matches replaced (Go `Regexp.ReplaceAll`): `$1` and `${name}` stand for
  /// groups unless the replacement is literal. Throws when it grows too long.
  package static func replaced(
    _ regex: Regex, in text: ByteString, by replacement: ByteString, isLiteral: Bool = false
  ) throws(TemplateFault) -> TemplateValue {
    let names = regex.groupNames
    var output = BoundedText()
    var copied = 0
    try visit(regex, text) { (groups: [Range<Int>?], whole: Range<Int>) throws(TemplateFault) in
      try output.append(text.bytes[copied..<whole.lowerBound])
      copied = whole.upperBound
      let own =
        isLiteral
        ? replacement
        : GroupText.expand(replacement, groups, names, in: text, limit: Limits.templateValueBytes)
      try output.append(own.bytes)
    }
    try output.append(text.bytes[copied...])
    return output.value
  }

  /// How often it matches, matches apart from each other (Go `Regexp.FindAll`).
  package static func count(_ regex: Regex, in text: ByteString) throws(TemplateFault) -> Int {
    var count = 0
    try visit(regex, text) { (_: [Range<Int>?], _: Range<Int>) throws(TemplateFault) in count += 1 }
    return count
  }

  /// Visits the matches from left to right; an empty one right behind another is none.
  private static func visit(
    _ regex: Regex, _ text: ByteString,
    _ body: ([Range<Int>?], Range<Int>) throws(TemplateFault) -> Void
  ) throws(TemplateFault) {
    let bytes = text.bytes
    var position = 0
    var lastEnd = -1
    while position <= bytes.count, let groups = regex.find(bytes.span, from: position),
      let whole = groups[0]
    {
      if !(whole.isEmpty && whole.lowerBound == lastEnd) { try body(groups, whole) }
      lastEnd = whole.upperBound
      position = whole.upperBound
      if whole.isEmpty {
        position += max(UTF8Check.sequenceLength(bytes.span, at: position), 1)
      }
    }
  }
}
