/// Why JSON was refused, and at which byte.
public struct JSONFault: Error, Equatable {
  public let reason: String
  public let position: Int

  public init(reason: String, position: Int) {
    self.reason = reason
    self.position = position
  }
}

/// A pull scanner over one JSON document (RFC 8259), the only one in the house: ingest, API and
/// rules read the same text the same way. It checks structure, nesting, numbers and UTF-8, never
/// recurses, and keeps numbers as their exact bytes.
public struct JSONScanner: ~Escapable {
  /// What the scanner came upon; ranges are of its bytes.
  public enum Token: Equatable {
    case objectStart, objectEnd, arrayStart, arrayEnd
    /// A member's name; the range lies between the quotes, `escaped` if it holds a backslash.
    case key(Range<Int>, escaped: Bool)
    case string(Range<Int>, escaped: Bool)
    case number(Range<Int>)
    case boolean(Bool)
    case null
    /// After the document's last byte but blanks.
    case end
  }

  /// What the grammar allows next.
  private enum Expectation { case value, firstKey, key, colon, separator, firstElement, end }

  public static let depthLimit = 64

  public let bytes: Span<UInt8>
  public private(set) var position: Int
  private var depth = 0
  /// Bit `n` is 1 when container `n` is an object.
  private var kinds: UInt64 = 0
  private var expectation = Expectation.value

  @_lifetime(copy bytes)
  public init(_ bytes: Span<UInt8>, from position: Int = 0) {
    self.bytes = bytes
    self.position = position
  }

  /// How many containers are open.
  public var openContainers: Int { depth }

  /// The next token.
  public mutating func next() throws(JSONFault) -> Token {
    skipBlanks()
    if expectation == .separator {
      if let closed = try close() { return closed }
      guard take(44) else { throw fault("expected ',' or the end of the container") }
      expectation = isInObject ? .key : .value
      skipBlanks()
    } else if expectation == .firstKey || expectation == .firstElement {
      if let closed = try close() { return closed }
    }
    switch expectation {
    case .firstKey, .key:
      guard take(34) else { throw fault("expected a member name") }
      let (range, escaped) = try string()
      skipBlanks()
      guard take(58) else { throw fault("expected ':'") }
      expectation = .value
      return .key(range, escaped: escaped)
    case .end:
      guard position >= bytes.count else { throw fault("bytes after the document") }
      return .end
    default:
      return try value()
    }
  }

  /// Reads and checks the value that comes next, whatever it is, and returns where it stands.
  public mutating func skipValue() throws(JSONFault) -> Range<Int> {
    skipBlanks()
    let start = position
    let outer = depth
    repeat { _ = try next() } while depth > outer
    return start..<position
  }

  /// Leaves the scanner ready for the next document of a stream of them.
  public mutating func startNextDocument() {
    depth = 0
    kinds = 0
    expectation = .value
  }

  /// Steps over white space.
  public mutating func skipBlanks() {
    while position < bytes.count, bytes[position].isBlank { position += 1 }
  }

  private var isInObject: Bool { depth > 0 && (kinds >> UInt64(depth - 1)) & 1 == 1 }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  private func fault(_ reason: String) -> JSONFault {
    JSONFault(reason: position >= bytes.count ? "unexpected end" : reason, position: position)
  }

  private mutating func open(isObject: Bool) throws(JSONFault) -> Token {
    guard depth < Self.depthLimit else {
      throw JSONFault(reason: "nesting deeper than \(Self.depthLimit)", position: position)
    }
    let bit = UInt64(1) << UInt64(depth)
    kinds = isObject ? kinds | bit : kinds & ~bit
    depth += 1
    expectation = isObject ? .firstKey : .firstElement
    return isObject ? .objectStart : .arrayStart
  }

  private mutating func close() throws(JSONFault) -> Token? {
    let wasObject = isInObject
    guard take(wasObject ? 125 : 93) else { return nil }
    depth -= 1
    afterValue()
    return wasObject ? .objectEnd : .arrayEnd
  }

  private mutating func afterValue() {
    expectation = depth == 0 ? .end : .separator
  }

  private mutating func value() throws(JSONFault) -> Token {
    guard position < bytes.count else { throw fault("") }
    switch bytes[position] {
    case 123:
      position += 1
      return try open(isObject: true)
    case 91:
      position += 1
      return try open(isObject: false)
    case 34:
      position += 1
      let (range, escaped) = try string()
      afterValue()
      return .string(range, escaped: escaped)
    case 116: return try literal("true", .boolean(true))
    case 102: return try literal("false", .boolean(false))
    case 110: return try literal("null", .null)
    default: return try number()
    }
  }

  private mutating func literal(_ text: StaticString, _ token: Token) throws(JSONFault) -> Token {
    guard bytes.matches(text, at: position) else { throw fault("unknown literal") }
    position += text.utf8CodeUnitCount
    afterValue()
    return token
  }

  private mutating func number() throws(JSONFault) -> Token {
    let start = position
    _ = take(45)
    if take(48) {
      if position < bytes.count, bytes[position].isDigit { throw fault("leading zero") }
    } else {
      try digits()
    }
    if take(46) { try digits() }
    if take(101) || take(69) {
      if !take(45) { _ = take(43) }
      try digits()
    }
    afterValue()
    return .number(start..<position)
  }

  private mutating func digits() throws(JSONFault) {
    let start = position
    while position < bytes.count, bytes[position].isDigit { position += 1 }
    guard position > start else { throw fault("expected a value") }
  }

  /// From behind the opening quote to behind the closing one.
  private mutating func string() throws(JSONFault) -> (Range<Int>, Bool) {
    let start = position
    var escaped = false
    while position < bytes.count {
      let byte = bytes[position]
      if byte == 34 {
        position += 1
        return (start..<(position - 1), escaped)
      }
      if byte == 92 {
        escaped = true
        position += 1
        try escape()
      } else if byte < 32 {
        throw fault("control character in a string")
      } else if byte < 128 {
        position += 1
      } else {
        let length = UTF8Check.sequenceLength(bytes, at: position)
        guard length > 0 else { throw fault("invalid UTF-8") }
        position += length
      }
    }
    throw fault("")
  }

  private mutating func escape() throws(JSONFault) {
    guard position < bytes.count else { throw fault("") }
    switch bytes[position] {
    case 34, 92, 47, 98, 102, 110, 114, 116: position += 1
    case 117:
      guard bytes.count - position > 4 else { throw fault("") }
      for offset in 1...4 where bytes[position + offset].hexValue == nil {
        throw fault("bad \\u escape")
      }
      position += 5
    default: throw fault("unknown escape")
    }
  }
}
