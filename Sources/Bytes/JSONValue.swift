/// A small JSON document as a tree, for API bodies and answers of our own. Ingest never builds one.
public indirect enum JSONValue: Equatable, Sendable {
  case object([Member])
  case array([JSONValue])
  case string(ByteString)
  /// The number's exact bytes.
  case number(ByteString)
  case boolean(Bool)
  case null

  /// A member of an object.
  public struct Member: Equatable, Sendable {
    public let key: ByteString
    public let value: JSONValue
  }

  /// A container while it is filled.
  private enum Container {
    case object([Member], key: ByteString)
    case array([JSONValue])
  }

  /// Reads one whole document; a repeated member name is refused. Nesting is limited by the
  /// scanner, so building and freeing the tree is bounded too.
  public init(parsing bytes: [UInt8]) throws(JSONFault) {
    let span = bytes.span
    var scanner = JSONScanner(span)
    var open: [Container] = []
    var done: JSONValue?
    while true {
      var value: JSONValue?
      switch try scanner.next() {
      case .objectStart: open.append(.object([], key: .empty))
      case .arrayStart: open.append(.array([]))
      case .key(let range, let escaped):
        let key = Self.text(span, range, escaped)
        if case .object(let members, _)? = open.popLast() {
          if members.contains(where: { $0.key == key }) {
            throw JSONFault(reason: "repeated member name", position: scanner.position)
          }
          open.append(.object(members, key: key))
        }
      case .string(let range, let escaped): value = .string(Self.text(span, range, escaped))
      case .number(let range): value = .number(ByteString(span.extracting(range)))
      case .boolean(let flag): value = .boolean(flag)
      case .null: value = .null
      case .objectEnd:
        if case .object(let members, _)? = open.popLast() { value = .object(members) }
      case .arrayEnd:
        if case .array(let elements)? = open.popLast() { value = .array(elements) }
      case .end:
        self = done ?? .null
        return
      }
      guard let value else { continue }
      switch open.popLast() {
      case .object(var members, let key):
        members.append(Member(key: key, value: value))
        open.append(.object(members, key: key))
      case .array(var elements):
        elements.append(value)
        open.append(.array(elements))
      case nil: done = value
      }
    }
  }

  private static func text(_ span: Span<UInt8>, _ range: Range<Int>, _ escaped: Bool) -> ByteString
  {
    guard escaped else { return ByteString(span.extracting(range)) }
    var decoded: [UInt8] = []
    JSONText.unescape(span, range, into: &decoded)
    return ByteString(decoded)
  }

  /// The member of that name, when this is an object that has it.
  public subscript(_ name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    let key = ByteString(name)
    return members.first { $0.key == key }?.value
  }

  public var elements: [JSONValue]? {
    if case .array(let elements) = self { elements } else { nil }
  }

  public var members: [Member]? {
    if case .object(let members) = self { members } else { nil }
  }

  public var bytes: ByteString? {
    if case .string(let value) = self { value } else { nil }
  }

  public var text: String? { bytes?.text }

  public var number: Double? {
    if case .number(let digits) = self { Numbers.decimal(digits.bytes.span) } else { nil }
  }

  public var integer: Int64? {
    if case .number(let digits) = self { Numbers.integer(digits.bytes.span) } else { nil }
  }

  public var flag: Bool? {
    if case .boolean(let flag) = self { flag } else { nil }
  }
}
