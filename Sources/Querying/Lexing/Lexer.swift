import Bytes
import Model

/// Cuts the text of a query into tokens, for both languages. Comments begin with `#`.
package struct Lexer: ~Escapable {
  private let bytes: Span<UInt8>
  private let dialect: Language
  private let place: QueryText
  private var index = 0

  @_lifetime(copy bytes)
  private init(_ bytes: Span<UInt8>, text: QueryText) {
    self.bytes = bytes
    dialect = text.language
    place = text
  }

  /// All tokens, the last of kind `end`. Throws on text longer than `Limits.queryBytes` and on
  /// what is no token, with its position.
  package static func tokens(of text: QueryText) throws(QueryFault) -> [Token] {
    guard text.query.count <= Limits.queryBytes else {
      throw QueryFault(.badData, "query longer than \(Limits.queryBytes) bytes", at: 0)
    }
    var lexer = Lexer(text.query.bytes.span, text: text)
    var tokens: [Token] = []
    while true {
      let token = try lexer.next()
      tokens.append(token)
      if token.kind == .end { return tokens }
    }
  }

  private mutating func next() throws(QueryFault) -> Token {
    skipBlanksAndComments()
    guard index < bytes.count else {
      return Token(kind: .end, range: bytes.count..<bytes.count)
    }
    let start = index
    let byte = bytes[start]
    let kind: Token.Kind
    if byte.isDigit || (byte == 46 && start + 1 < bytes.count && bytes[start + 1].isDigit) {
      kind = try number()
    } else if byte.isLetter || byte == 95 || (byte == 58 && beginsName(start)) {
      kind = identifier()
    } else if byte == 34 || byte == 39 || byte == 96 {
      kind = .string(try Quoting.read(bytes, from: &index, text: place))
    } else if let symbol = Symbol.read(bytes, at: start, dialect: dialect) {
      index += symbol.length
      kind = .symbol(symbol)
    } else {
      throw place.fault("unexpected character: \(describe(byte))", at: start)
    }
    return Token(kind: kind, range: start..<index)
  }

  private mutating func skipBlanksAndComments() {
    while index < bytes.count {
      if bytes[index].isBlank {
        index += 1
      } else if bytes[index] == 35 {
        index = bytes.firstIndex(of: 10, from: index) ?? bytes.count
      } else {
        return
      }
    }
  }

  /// A metric's name may begin with a colon in PromQL; a colon after a duration, as in `[5m:1m]`
  /// and `[5m:]`, does not.
  private func beginsName(_ colon: Int) -> Bool {
    guard dialect == .promql, colon + 1 < bytes.count else { return false }
    let following = bytes[colon + 1]
    return following.isLetter || following == 95 || following == 58
  }

  private mutating func identifier() -> Token.Kind {
    let start = index
    while index < bytes.count, isNameByte(bytes[index]) { index += 1 }
    let name = ByteString(bytes.extracting(start..<index))
    if dialect == .promql, name.count == 3 {
      switch name.text.lowercased() {
      case "inf": return .number(.infinity)
      case "nan": return .number(.nan)
      default: break
      }
    }
    return .identifier(name)
  }

  private func isNameByte(_ byte: UInt8) -> Bool {
    byte.isLetter || byte.isDigit || byte == 95 || (byte == 58 && dialect == .promql)
  }

  /// A number, and in LogQL a size, or a duration.
  private mutating func number() throws(QueryFault) -> Token.Kind {
    let start = index
    index = NumberText.end(bytes, from: start)
    let word = bytes.extracting(start..<index)
    if let nanoseconds = DurationText.nanoseconds(word, dialect: dialect) {
      return .duration(nanoseconds)
    }
    if let value = NumberText.value(word, dialect: dialect) { return .number(value) }
    if dialect == .logql, let size = SizeText.bytes(word) { return .size(size) }
    if DurationText.looksRight(word) {
      throw place.fault("duration out of range", at: start)
    }
    throw place.fault(
      "bad number or duration syntax: \(Quoting.quote(ByteString(word)))", at: start)
  }

  private func describe(_ byte: UInt8) -> String {
    byte >= 32 && byte < 127
      ? "'\(Character(UnicodeScalar(byte)))'" : "'\\x\(String(byte, radix: 16))'"
  }
}
