import Bytes
import Model

/// Reads tokens in order for a parser, counts the depth it has descended to, and words faults.
package struct TokenReader {
  package let text: QueryText
  /// What a regular expression may have; bytes.
  package let regexBytes: Int
  private let tokens: [Token]
  private var index = 0
  private var depth = 0

  /// Throws what the lexer throws.
  package init(
    _ text: QueryText, regexBytes: Int = Limits.regexBytes
  ) throws(QueryFault) {
    self.text = text
    self.regexBytes = regexBytes
    tokens = try Lexer.tokens(of: text)
  }

  /// The next token; the last one, `end`, comes again and again.
  package var next: Token { tokens[Swift.min(index, tokens.count - 1)] }

  /// The token `offset` further on.
  package func ahead(_ offset: Int) -> Token {
    tokens[Swift.min(Swift.max(index + offset, 0), tokens.count - 1)]
  }

  /// One past the last byte of the token read before.
  package var lastEnd: Int { index == 0 ? 0 : tokens[index - 1].range.upperBound }

  /// Takes the next token, whatever it is.
  @discardableResult
  package mutating func take() -> Token {
    let token = next
    if index < tokens.count - 1 { index += 1 }
    return token
  }

  /// Whether the next token is this symbol.
  package func isNext(_ symbol: Symbol) -> Bool { next.kind == .symbol(symbol) }

  /// The next token's name in lower case, when it is an identifier.
  package var keyword: String? {
    guard case .identifier(let name) = next.kind else { return nil }
    return name.text.lowercased()
  }

  /// Takes the symbol if it is next, and says whether it was.
  package mutating func skip(_ symbol: Symbol) -> Bool {
    guard isNext(symbol) else { return false }
    take()
    return true
  }

  /// Takes the keyword, in any case, if it is next, and says whether it was.
  package mutating func skip(_ word: String) -> Bool {
    guard keyword == word else { return false }
    take()
    return true
  }

  /// Takes the symbol, or throws that something else stood in `context`.
  @discardableResult
  package mutating func expect(_ symbol: Symbol, in context: String) throws(QueryFault) -> Token {
    guard isNext(symbol) else { throw unexpected(in: context, expected: "\"\(symbol.rawValue)\"") }
    return take()
  }

  /// A fault about the next token, or about the byte at `index`.
  package func fault(_ message: String, at index: Int? = nil) -> QueryFault {
    text.fault(message, at: index ?? next.range.lowerBound)
  }

  /// That the next token may not stand here.
  package func unexpected(in context: String = "", expected: String? = nil) -> QueryFault {
    if next.kind == .end, text.language == .promql, let open = unclosed {
      return fault("unclosed left \(open)")
    }
    let wish = expected.map { ", expected \($0)" } ?? ""
    let place = context.isEmpty ? "" : " in \(context)"
    let head = text.language == .logql ? "syntax error: unexpected " : "unexpected "
    let name = text.language == .promql ? word(for: next, in: context) : describe(next)
    return fault(head + name + place + wish)
  }

  /// What was opened and not closed by the end, parentheses before brackets.
  private var unclosed: String? {
    func depth(_ open: Symbol, _ close: Symbol) -> Int {
      tokens.reduce(0) { depth, token in
        token.kind == .symbol(open) ? depth + 1 : token.kind == .symbol(close) ? depth - 1 : depth
      }
    }
    if depth(.openParen, .closeParen) > 0 { return "parenthesis" }
    return depth(.openBracket, .closeBracket) > 0 ? "bracket" : nil
  }

  /// Goes one level deeper; throws beyond `Limits.queryDepth`, so that no input can overflow the
  /// stack. `leave` comes back.
  package mutating func enter() throws(QueryFault) {
    guard depth < Limits.queryDepth else {
      throw fault("query is nested deeper than \(Limits.queryDepth)")
    }
    depth += 1
  }

  /// Comes back from one level.
  package mutating func leave() { depth -= 1 }

  /// Runs `body` one level deeper; throws as `enter` does.
  package mutating func deeper<Result>(
    _ body: (inout TokenReader) throws(QueryFault) -> Result
  ) throws(QueryFault) -> Result {
    try enter()
    let result = try body(&self)
    leave()
    return result
  }

  /// How a token is named in a message.
  package func describe(_ token: Token) -> String {
    let source = ByteString(text.query.bytes[token.range]).text
    switch token.kind {
    case .end: return "end of input"
    case .identifier(let name): return "identifier \(Quoting.quote(name))"
    case .number: return "number \"\(source)\""
    case .duration: return "duration \"\(source)\""
    case .size: return "size \"\(source)\""
    case .string: return "string \(source)"
    case .symbol(let symbol): return symbol.isOperator ? "<op:\(source)>" : "\"\(source)\""
    }
  }
}
