package import Bytes

/// Quoted texts: `"..."` and `'...'` with Go's escapes, `` `...` `` with none.
package enum Quoting {
  /// Reads the quoted text at `index` and moves past it. Throws when it does not end or an escape
  /// is none.
  package static func read(
    _ bytes: Span<UInt8>, from index: inout Int, text: QueryText
  ) throws(QueryFault) -> ByteString {
    let start = index
    let quote = bytes[start]
    index += 1
    var value: [UInt8] = []
    while index < bytes.count {
      let byte = bytes[index]
      if byte == quote {
        index += 1
        return ByteString(value)
      }
      if quote == 96 {
        value.append(byte)
        index += 1
      } else if byte == 92 {
        try escape(bytes, &index, quote: quote, into: &value, text: text)
      } else if byte == 10 {
        break
      } else {
        value.append(byte)
        index += 1
      }
    }
    throw text.fault(
      quote == 96 ? "unterminated raw string" : "unterminated quoted string", at: start)
  }

  private static func escape(
    _ bytes: Span<UInt8>, _ index: inout Int, quote: UInt8, into value: inout [UInt8],
    text: QueryText
  ) throws(QueryFault) {
    let start = index
    guard index + 1 < bytes.count else {
      throw text.fault("escape sequence not terminated", at: start)
    }
    let byte = bytes[index + 1]
    index += 2
    switch byte {
    case 97: value.append(7)
    case 98: value.append(8)
    case 102: value.append(12)
    case 110: value.append(10)
    case 114: value.append(13)
    case 116: value.append(9)
    case 118: value.append(11)
    case 92, quote: value.append(byte)
    case 120: value.append(UInt8(try digits(2, 16, bytes, &index, start, text)))
    case 48...55:
      index -= 1
      let code = try digits(3, 8, bytes, &index, start, text)
      guard code < 256 else { throw text.fault("octal escape value > 255", at: start) }
      value.append(UInt8(code))
    case 117, 85:
      let code = try digits(byte == 117 ? 4 : 8, 16, bytes, &index, start, text)
      guard let scalar = UnicodeScalar(code) else {
        throw text.fault("escape sequence is an invalid Unicode code point", at: start)
      }
      value.append(contentsOf: Array(String(Character(scalar)).utf8))
    default:
      let shown = byte < 127 && byte >= 32 ? String(UnicodeScalar(byte)) : "?"
      throw text.fault("unknown escape sequence '\\\(shown)'", at: start)
    }
  }

  private static func digits(
    _ count: Int, _ base: UInt32, _ bytes: Span<UInt8>, _ index: inout Int, _ start: Int,
    _ text: QueryText
  ) throws(QueryFault) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<count {
      guard index < bytes.count, let digit = bytes[index].hexValue, UInt32(digit) < base else {
        throw text.fault("illegal character in escape sequence", at: start)
      }
      value = value &* base &+ UInt32(digit)
      index += 1
    }
    return value
  }

  /// A double-quoted text that reads back as the same bytes.
  package static func quote(_ value: ByteString) -> String {
    var out = "\""
    var rest = value.bytes[...]
    while let byte = rest.first {
      let length = sequenceLength(rest)
      if length > 1 {
        out += String(decoding: rest.prefix(length), as: UTF8.self)
        rest = rest.dropFirst(length)
        continue
      }
      rest = rest.dropFirst()
      switch byte {
      case 34: out += "\\\""
      case 92: out += "\\\\"
      case 10: out += "\\n"
      case 13: out += "\\r"
      case 9: out += "\\t"
      case 32..<127: out.unicodeScalars.append(UnicodeScalar(byte))
      default: out += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }
    }
    return out + "\""
  }

  /// Whether the bytes are valid UTF-8, as names and label values have to be.
  package static func isUTF8(_ value: ByteString) -> Bool {
    String(validating: value.bytes, as: UTF8.self) != nil
  }

  /// The length of the valid multi-byte sequence in front, else 1.
  private static func sequenceLength(_ bytes: ArraySlice<UInt8>) -> Int {
    guard let lead = bytes.first, lead >= 0xC2 else { return 1 }
    let length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
    guard bytes.count >= length,
      String(validating: Array(bytes.prefix(length)), as: UTF8.self) != nil
    else { return 1 }
    return length
  }
}
