import Bytes

extension TokenReader {
  /// Words that are no identifiers where an expression may go on, and how messages set them.
  private static let keywords: [String: (before: String, after: String)] = {
    var words: [String: (before: String, after: String)] = [:]
    for word in [
      "by", "without", "on", "ignoring", "group_left", "group_right", "bool", "offset",
    ] {
      words[word] = ("<", ">")
    }
    for word in ["and", "or", "unless", "atan2"] { words[word] = ("<op:", ">") }
    for kind in AggregationKind.allCases { words[kind.rawValue] = ("<aggr:", ">") }
    for word in ["start", "end"] { words[word] = ("\"", "\"") }
    return words
  }()
  private static let longestValue = 10

  /// How PromQL's messages name a token (promql/parser/lex.go); inside braces every word is an
  /// identifier.
  func word(for token: Token, in context: String) -> String {
    let source = ByteString(text.query.bytes[token.range])
    switch token.kind {
    case .identifier:
      if context != "label matching", let marks = Self.keywords[source.text.lowercased()] {
        return marks.before + source.text + marks.after
      }
      return describe(token)
    case .number: return "number " + Self.shortened(source)
    case .duration: return "duration " + Self.shortened(source)
    case .string: return "string " + Self.shortened(source)
    case .end, .size, .symbol: return describe(token)
    }
  }

  /// Quoted, and cut behind ten characters.
  private static func shortened(_ source: ByteString) -> String {
    guard source.count > longestValue else { return Quoting.quote(source) }
    return Quoting.quote(ByteString(String(source.text.prefix(longestValue)))) + "..."
  }
}
