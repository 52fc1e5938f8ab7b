/// Cuts flat JSON objects (RFC 8259) into their members, many times faster than ``JSONScanner``:
/// eight bytes at a time, and by remembering which key follows which. It accepts only what the
/// general scanner accepts; whatever is rare (nesting, escaped, repeated or very long keys, any
/// error) it leaves to that one, which says what it is.
public struct JSONRowScanner: Sendable {
  /// How many line ends must stand behind the bytes it reads: they stop every loop, so that none
  /// has to look for the end, and eight bytes can be read where fewer are left.
  public static let padding = 16
  /// Members of one row; a longer row is rare.
  private static let memberLimit = 128
  /// Keys it remembers, and the longest of them.
  private static let keyLimit = 512
  private static let keyBytes = 128

  /// What a member's value is.
  public enum Kind: UInt8, Sendable {
    /// Text that stands between the quotes as it is.
    case text
    /// An integer that fits 64 bits.
    case integer
    /// A number with a fraction and without an exponent, finite as a double.
    case decimal
    case boolean
    /// Text with escapes of which none can be a line end, and with others.
    case escapedText, escapedLines
    /// Any other number.
    case number
    case null
  }

  /// A member of the row that was read last. Offsets count from the start of the bytes.
  public struct Member: Sendable {
    /// The number of its key, from 1 on, in the order in which keys came first.
    public let key: UInt16
    public let kind: Kind
    /// Where the key stands, without its quotes.
    public let keyOffset: UInt32
    /// Where the value stands; a text's without its quotes.
    public let offset: UInt32
    public let count: UInt32

  }

  /// The members read last are the first `count` of these.
  public private(set) var members: [Member]
  public private(set) var count = 0
  /// Whether the row read last has a text with escapes.
  public private(set) var hasEscapes = false
  /// No further key can be remembered: start over with a new scanner.
  public private(set) var isFull = false

  private var keys: [JSONRowKey] = [.start]
  /// The text of all keys, each with the quote and the colon behind it.
  private var text: [UInt8] = []
  /// The newest key of each hash.
  private var buckets: [UInt16]
  private var row: UInt64 = 0

  /// How many keys it remembers; their numbers begin at 1.
  public var keyCount: Int { keys.count - 1 }

  /// The bytes of a key, by its number.
  @_lifetime(borrow self)
  public func key(_ number: Int) -> Span<UInt8> {
    let start = Int(keys[number].offset)
    return text.span.extracting(start..<Swift.max(start, start + Int(keys[number].count) - 2))
  }

  public init() {
    let none = Member(key: 0, kind: .null, keyOffset: 0, offset: 0, count: 0)
    members = Array(repeating: none, count: Self.memberLimit)
    buckets = Array(repeating: 0, count: JSONRowKey.bucketCount)
  }

  /// Reads the object that begins at `start`, and the blanks behind it, to the end of its line.
  /// Behind `end` stand `padding` line ends. Returns where the object and where its line ends; nil
  /// when it is nothing for this scanner.
  public mutating func scan(
    _ bytes: Span<UInt8>, from start: Int, to end: Int
  ) -> (object: Int, line: Int)? {
    guard start >= 0, start < end, end <= bytes.count - Self.padding, end < UInt32.max,
      bytes[start] == 123
    else { return nil }
    row += 1
    count = 0
    guard var place = JSONRowPlace(behindBraceAt: start, in: bytes) else { return nil }
    while true {
      // The pointers live for one pass; what it reads lies within the bytes and their padding.
      let stop = bytes.withUnsafeBytes { source -> JSONRowPass.Stop in
        guard let base = source.baseAddress, JSONRowPass.isPadded(source, at: end) else {
          return .unusual
        }
        return Self.run(base, source.count, &place, row, &keys, &members, text, buckets)
      }
      switch stop {
      case .unusual: return nil
      case .unknownKey:
        guard learnKey(bytes, at: place.position) else { return nil }
      case .end:
        count = place.count
        hasEscapes = place.hasEscapes
        return (place.position, place.lineEnd)
      }
    }
  }

  private static func run(
    _ base: UnsafeRawPointer, _ length: Int, _ place: inout JSONRowPlace, _ row: UInt64,
    _ keys: inout [JSONRowKey], _ members: inout [Member], _ text: [UInt8], _ buckets: [UInt16]
  ) -> JSONRowPass.Stop {
    // Keys are only added between passes, so their table does not move during one.
    keys.withUnsafeMutableBufferPointer { keys in
      members.withUnsafeMutableBufferPointer { members in
        text.withUnsafeBufferPointer { text in
          buckets.withUnsafeBufferPointer { buckets in
            guard let known = keys.baseAddress else { return .unusual }
            let pass = JSONRowPass(
              base: base, length: length, keys: known, members: members, text: text,
              buckets: buckets, row: row)
            return pass.run(&place)
          }
        }
      }
    }
  }

  /// Remembers the key at `start`; false when it is one for the general scanner.
  private mutating func learnKey(_ bytes: Span<UInt8>, at start: Int) -> Bool {
    var end = start
    while end < bytes.count, bytes[end] != 34 {
      let length = UTF8Check.sequenceLength(bytes, at: end)
      guard length > 0, bytes[end] >= 32, bytes[end] != 92, end - start < Self.keyBytes else {
        return false
      }
      end += length
    }
    guard end > start, end + 1 < bytes.count, bytes[end + 1] == 58 else { return false }
    guard keys.count <= Self.keyLimit else {
      isFull = true
      return false
    }
    let offset = text.count
    for index in start...(end + 1) { text.append(bytes[index]) }
    var key = JSONRowKey(text[offset...], at: offset)
    key.older = buckets[key.bucket]
    buckets[key.bucket] = UInt16(truncatingIfNeeded: keys.count)
    keys.append(key)
    return true
  }
}

/// A key that was seen: its bytes with the quote and the colon behind them, the first sixteen as
/// two words, so that most keys are compared by two instructions each.
struct JSONRowKey: Sendable {
  static let bucketCount = 256

  let head: UInt64
  let headMask: UInt64
  let tail: UInt64
  let tailMask: UInt64
  /// The row that had it last: a second time in one row is a repeated key.
  var row: UInt64 = 0
  /// Where its text begins.
  let offset: UInt32
  /// How many bytes the text has, quote and colon too.
  let count: UInt16
  /// The key of the same hash that was seen before it.
  var older: UInt16 = 0
  /// Keys that followed it, latest discovery first; 0 is none.
  var next: (UInt16, UInt16, UInt16, UInt16) = (0, 0, 0, 0)

  /// Stands before a row's first key, and equals no text.
  static let start = JSONRowKey()

  private init() {
    (head, headMask, tail, tailMask, offset, count) = (1, 0, 0, 0, 0, 0)
  }

  /// The key whose text, with the quote and the colon, begins at `offset` of all texts.
  init(_ text: ArraySlice<UInt8>, at offset: Int) {
    var words: (UInt64, UInt64) = (0, 0)
    for (index, byte) in text.prefix(16).enumerated() {
      let bits = UInt64(byte) << UInt64(index % 8 * 8)
      if index < 8 { words.0 |= bits } else { words.1 |= bits }
    }
    (head, tail) = words
    (headMask, tailMask) = Self.masks(text.count)
    self.offset = UInt32(truncatingIfNeeded: offset)
    count = UInt16(truncatingIfNeeded: text.count)
  }

  var bucket: Int { Self.bucket(head, tail) }

  /// Which bytes of two words belong to a text of `count` bytes.
  @inline(__always)
  static func masks(_ count: Int) -> (UInt64, UInt64) {
    (
      count >= 8 ? .max : ~(.max << UInt64(count * 8)),
      count >= 16 ? .max : count <= 8 ? 0 : ~(.max << UInt64((count - 8) * 8))
    )
  }

  @inline(__always)
  static func bucket(_ head: UInt64, _ tail: UInt64) -> Int {
    // The highest bits of the product depend on all bits of the words.
    let product = (head ^ (tail << 29 | tail >> 35)) &* 0x9E37_79B9_7F4A_7C15
    return Int(product >> 56)
  }
}
