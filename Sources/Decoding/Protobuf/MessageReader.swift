import Bytes
import Model

/// Reads the fields of one protobuf message (protobuf.dev, "Encoding"), bounded by its bytes: a
/// length is never added to a position before it is known to fit. Groups, which nothing we take
/// has, are skipped.
struct MessageReader: ~Escapable {
  /// A field's value, by wire type.
  enum Value: Equatable {
    case varint(UInt64)
    case fixed64(UInt64)
    case bytes(Range<Int>)
    case fixed32(UInt32)
    case group
  }

  /// A field and where its bytes lie, if it has any.
  struct Field {
    let number: Int
    let value: Value

    var bytes: Range<Int>? {
      if case .bytes(let range) = value { range } else { nil }
    }
  }

  private static let groupDepth = 32

  private var cursor: Cursor

  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>) {
    cursor = Cursor(bytes)
  }

  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>, _ range: Range<Int>) {
    cursor = Cursor(bytes, range)
  }

  /// The next field, or nil at the end of the message.
  mutating func next() throws(Fault) -> Field? {
    if cursor.isAtEnd { return nil }
    if let field = shortField() { return field }
    let (number, type) = try tag()
    if type == 3 {
      try skipGroup(number)
      return Field(number: number, value: .group)
    }
    return Field(number: number, value: try value(type))
  }

  /// A field of bytes with a tag of one byte and a length of at most two, as nearly all are.
  private mutating func shortField() -> Field? {
    let bytes = cursor.bytes
    let start = cursor.position
    let rest = cursor.end - start
    guard rest >= 3, bytes[start] & 0x87 == 2, bytes[start] >= 8 else { return nil }
    var length = Int(bytes[start + 1])
    var head = 2
    if length >= 128 {
      guard bytes[start + 2] < 128 else { return nil }
      length = length & 127 | Int(bytes[start + 2]) << 7
      head = 3
    }
    guard length <= rest - head else { return nil }
    let first = start + head
    cursor.move(to: first + length)
    return Field(number: Int(bytes[start] >> 3), value: .bytes(first..<(first + length)))
  }

  private mutating func tag() throws(Fault) -> (number: Int, type: UInt64) {
    let tag = try varint()
    guard tag >> 3 >= 1, tag >> 3 < 1 << 29 else { throw fault("field number") }
    return (Int(tag >> 3), tag & 7)
  }

  private mutating func value(_ type: UInt64) throws(Fault) -> Value {
    switch type {
    case 0: return .varint(try varint())
    case 1: return .fixed64(try fixed(8))
    case 2:
      let length = try varint()
      guard let count = Int(exactly: length), let range = cursor.take(count) else {
        throw Fault(.truncated, "protobuf: length past the end", at: cursor.position)
      }
      return .bytes(range)
    case 5: return .fixed32(UInt32(truncatingIfNeeded: try fixed(4)))
    default: throw fault("wire type \(type)")
    }
  }

  private mutating func skipGroup(_ number: Int) throws(Fault) {
    var open = [number]
    while let inner = open.last {
      let (number, type) = try tag()
      switch type {
      case 3:
        guard open.count < Self.groupDepth else {
          throw Fault(.tooDeep, "protobuf groups", at: cursor.position)
        }
        open.append(number)
      case 4:
        guard number == inner else { throw fault("end of another group") }
        open.removeLast()
      default: _ = try value(type)
      }
    }
  }

  private mutating func varint() throws(Fault) -> UInt64 {
    var value: UInt64 = 0
    for place in 0..<10 {
      guard let byte = cursor.next() else {
        throw Fault(.truncated, "protobuf: end inside a number", at: cursor.position)
      }
      guard place < 9 || byte <= 1 else { throw fault("number above 64 bits") }
      value |= UInt64(byte & 127) << UInt64(7 * place)
      if byte < 128 { return value }
    }
    throw fault("number of more than 10 bytes")
  }

  /// A little-endian number of `count` bytes.
  private mutating func fixed(_ count: Int) throws(Fault) -> UInt64 {
    guard let range = cursor.take(count) else {
      throw Fault(.truncated, "protobuf: end inside a number", at: cursor.position)
    }
    var value: UInt64 = 0
    for index in range.reversed() { value = value << 8 | UInt64(cursor.bytes[index]) }
    return value
  }

  private func fault(_ reason: String) -> Fault {
    Fault(.malformed, "protobuf: " + reason, at: cursor.position)
  }
}
