import Bytes

/// A word of an action.
struct TemplateToken {
  /// What kind of word it is.
  enum Kind: Equatable {
    case identifier(String)
    /// `.name`, without the point.
    case field(ByteString)
    /// `$name`, without the sign.
    case variable(String)
    case text(ByteString)
    case integer(Int64)
    case number(Double)
    case symbol(Symbol)
  }

  /// Words that are always spelled the same.
  enum Symbol: String {
    case dot = "."
    case pipe = "|"
    case open = "("
    case close = ")"
    case comma = ","
    case declare = ":="
    case assign = "="
  }

  let kind: Kind
  let position: Int
  /// Whether blanks stand in front of it: `.a .b` are two fields, `.a.b` is a member of one.
  let followsBlank: Bool
}

/// A template cut into text and the words of its actions, blanks trimmed as `{{-` and `-}}` say,
/// comments left out (Go text/template).
struct TemplatePieces {
  /// Text, or the words between braces and where the braces open.
  enum Piece {
    case text(ByteString)
    case action([TemplateToken], position: Int)
  }

  private(set) var pieces: [Piece] = []

  /// Throws on an action or a comment that is not closed, and on what is no word.
  init(_ text: ByteString) throws(TemplateFault) {
    let bytes = text.bytes.span
    var index = 0
    var trimsNext = false
    while index < bytes.count {
      let open = bytes.firstRange(of: Self.opening.span, from: index)?.lowerBound
      var before = index..<(open ?? bytes.count)
      if trimsNext {
        while !before.isEmpty, bytes[before.lowerBound].isBlank { before.removeFirst() }
      }
      trimsNext = false
      guard let open else {
        add(bytes.extracting(before))
        return
      }
      index = open + 2
      if index + 1 < bytes.count, bytes[index] == 45, bytes[index + 1].isBlank {
        while !before.isEmpty, bytes[before.upperBound - 1].isBlank { before.removeLast() }
        index += 2
      }
      add(bytes.extracting(before))
      if bytes.matches("/*", at: index) || bytes.matches("/*", at: Self.skipped(bytes, index)) {
        trimsNext = try Self.skipComment(bytes, &index, open)
      } else {
        var scanner = ActionScanner(bytes, at: index, opened: open)
        trimsNext = try scanner.scan()
        pieces.append(.action(scanner.tokens, position: open))
        index = scanner.index
      }
    }
  }

  private static let opening: [UInt8] = [123, 123]

  private static func skipped(_ bytes: Span<UInt8>, _ index: Int) -> Int {
    var index = index
    while index < bytes.count, bytes[index].isBlank { index += 1 }
    return index
  }

  private mutating func add(_ text: Span<UInt8>) {
    if text.count > 0 { pieces.append(.text(ByteString(text))) }
  }

  /// Moves behind a comment and says whether what follows is trimmed.
  private static func skipComment(
    _ bytes: Span<UInt8>, _ index: inout Int, _ open: Int
  ) throws(TemplateFault) -> Bool {
    let end: [UInt8] = [42, 47]
    guard let close = bytes.firstRange(of: end.span, from: skipped(bytes, index) + 2) else {
      throw TemplateFault("unclosed comment", at: open)
    }
    index = skipped(bytes, close.upperBound)
    let trims = index > close.upperBound && bytes.matches("-}}", at: index)
    if trims { index += 1 }
    guard bytes.matches("}}", at: index) else {
      throw TemplateFault("comment ends before closing delimiter", at: open)
    }
    index += 2
    return trims
  }
}

/// Reads the words of one action.
private struct ActionScanner: ~Escapable {
  let bytes: Span<UInt8>
  let opened: Int
  var index: Int
  var tokens: [TemplateToken] = []

  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>, at index: Int, opened: Int) {
    self.bytes = bytes
    self.index = index
    self.opened = opened
  }

  /// Reads to behind the closing braces and says whether what follows them is trimmed.
  mutating func scan() throws(TemplateFault) -> Bool {
    while true {
      let start = index
      while index < bytes.count, bytes[index].isBlank { index += 1 }
      guard index < bytes.count else { throw TemplateFault("unclosed action", at: opened) }
      let followsBlank = index > start
      if bytes.matches("}}", at: index) {
        index += 2
        return false
      }
      if followsBlank, bytes.matches("-}}", at: index) {
        index += 3
        return true
      }
      let position = index
      let kind = try word()
      tokens.append(TemplateToken(kind: kind, position: position, followsBlank: followsBlank))
    }
  }

  private mutating func word() throws(TemplateFault) -> TemplateToken.Kind {
    let byte = bytes[index]
    let next = index + 1 < bytes.count ? bytes[index + 1] : 0
    switch byte {
    case 34, 96, 39: return try quoted()
    case 46:
      if next.isDigit { return try number() }
      index += 1
      let name = name()
      return name.isEmpty ? .symbol(.dot) : .field(ByteString(bytes.extracting(name)))
    case 36:
      index += 1
      return .variable(ByteString(bytes.extracting(name())).text)
    case 58 where next == 61:
      index += 2
      return .symbol(.declare)
    case 43, 45:
      guard next.isDigit || next == 46 else { break }
      return try number()
    case 48...57: return try number()
    case 61, 124, 40, 41, 44:
      index += 1
      let symbol = TemplateToken.Symbol(rawValue: String(UnicodeScalar(byte)))
      if let symbol { return .symbol(symbol) }
    default:
      let name = name()
      if !name.isEmpty { return .identifier(ByteString(bytes.extracting(name)).text) }
    }
    let shown =
      byte >= 32 && byte < 127 ? String(UnicodeScalar(byte)) : "\\x\(String(byte, radix: 16))"
    throw TemplateFault("unexpected \"\(shown)\" in an action", at: index)
  }

  /// The letters, digits and underscores that follow.
  private mutating func name() -> Range<Int> {
    let start = index
    while index < bytes.count, bytes[index].isNamePart { index += 1 }
    return start..<index
  }

  private mutating func quoted() throws(TemplateFault) -> TemplateToken.Kind {
    let start = index
    let text: ByteString
    do throws(QuotedFault) {
      text = try QuotedText.read(bytes, from: &index)
    } catch {
      throw TemplateFault(error.reason, at: error.position)
    }
    guard bytes[start] == 39 else { return .text(text) }
    // A character is the number of its code point.
    var scalars = text.text.unicodeScalars.makeIterator()
    guard let scalar = scalars.next(), scalars.next() == nil else {
      throw TemplateFault(
        "malformed character constant; texts stand in \"...\" or `...`", at: start)
    }
    return .integer(Int64(scalar.value))
  }

  private mutating func number() throws(TemplateFault) -> TemplateToken.Kind {
    let start = index
    if bytes[index] == 43 || bytes[index] == 45 { index += 1 }
    let isHexadecimal =
      bytes.matches("0x", at: index) || bytes.matches("0X", at: index)
    while index < bytes.count, bytes[index].isNamePart || bytes[index] == 46 {
      let isExponent = !isHexadecimal && bytes[index].lowercased == 101
      index += 1
      if isExponent, index < bytes.count, bytes[index] == 43 || bytes[index] == 45 { index += 1 }
    }
    let digits = bytes.extracting(start..<index)
    if let integer = IntegerText.value(digits) { return .integer(integer) }
    let looksWhole = digits.firstIndex(of: 46) == nil
    if !isHexadecimal,
      !looksWhole || digits.firstIndex(of: 101) != nil || digits.firstIndex(of: 69) != nil,
      let number = Numbers.decimal(digits)
    {
      return .number(number)
    }
    let shown = ByteString(digits.extracting(0..<Swift.min(digits.count, 40))).text
    throw TemplateFault(
      IntegerText.isOverflow(digits)
        ? "the integer \(shown) does not fit 64 bits" : "bad number syntax: \"\(shown)\"", at: start
    )
  }
}

extension UInt8 {
  /// Whether a name may have it; bytes of other scripts may.
  fileprivate var isNamePart: Bool { isLetter || isDigit || self == 95 || self >= 0x80 }
}

/// Integers as Go writes them: decimal, `0x1f`, `0o17`, `0b11`, with `_` between digits.
package enum IntegerText {
  /// The value, all bytes of it; nil when it is none or does not fit. Leading zeros are decimal.
  package static func value(_ bytes: Span<UInt8>) -> Int64? {
    var digits: [UInt8] = []
    var index = 0
    let isNegative = bytes.count > 0 && bytes[0] == 45
    if isNegative || (bytes.count > 0 && bytes[0] == 43) { index = 1 }
    var radix: Int64 = 10
    if index + 1 < bytes.count, bytes[index] == 48 {
      switch bytes[index + 1].lowercased {
      case 120: radix = 16
      case 111: radix = 8
      case 98: radix = 2
      default: break
      }
      if radix != 10 { index += 2 }
    }
    let start = index
    while index < bytes.count {
      let isBetween = index > start && index + 1 < bytes.count && bytes[index - 1] != 95
      if bytes[index] == 95, isBetween {
        index += 1
        continue
      }
      guard let digit = bytes[index].hexValue, Int64(digit) < radix else { return nil }
      digits.append(digit)
      index += 1
    }
    guard !digits.isEmpty else { return nil }
    var value: Int64 = 0
    for digit in digits {
      guard let product = value.multiplied(by: radix), let sum = product.adding(-Int64(digit))
      else {
        return nil
      }
      value = sum
    }
    if isNegative { return value }
    return value == .min ? nil : -value
  }

  /// Whether it is one but for its size.
  static func isOverflow(_ bytes: Span<UInt8>) -> Bool {
    var index = 0
    if bytes.count > 0, bytes[0] == 45 || bytes[0] == 43 { index = 1 }
    while index < bytes.count {
      guard bytes[index].isDigit else { return false }
      index += 1
    }
    return bytes.count > 18
  }
}
