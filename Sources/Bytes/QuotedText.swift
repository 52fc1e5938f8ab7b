/// Why a quoted text was refused, and at which byte.
public struct QuotedFault: Error, Equatable {
  public let reason: String
  public let position: Int
}

/// Quoted texts as Go writes them: `"..."` and `'...'` with escapes, `` `...` `` with none.
public enum QuotedText {
  /// Reads the quoted text at `index`, whose byte is the quote, and moves past it. Throws when it
  /// does not end or an escape is none.
  public static func read(
    _ bytes: Span<UInt8>, from index: inout Int
  ) throws(QuotedFault) -> ByteString {
    let start = index
    guard start >= 0, start < bytes.count else {
      throw QuotedFault(reason: "unterminated quoted string", position: start)
    }
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
        try escape(bytes, &index, quote: quote, into: &value)
      } else if byte == 10 {
        break
      } else {
        value.append(byte)
        index += 1
      }
    }
    throw QuotedFault(
      reason: quote == 96 ? "unterminated raw string" : "unterminated quoted string",
      position: start)
  }

  private static func escape(
    _ bytes: Span<UInt8>, _ index: inout Int, quote: UInt8, into value: inout [UInt8]
  ) throws(QuotedFault) {
    let start = index
    func fault(_ reason: String) -> QuotedFault { QuotedFault(reason: reason, position: start) }
    guard index + 1 < bytes.count else { throw fault("escape sequence not terminated") }
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
    case 120: value.append(UInt8(truncatingIfNeeded: try digits(2, 16, bytes, &index, start)))
    case 48...55:
      index -= 1
      let code = try digits(3, 8, bytes, &index, start)
      guard code < 256 else { throw fault("octal escape value > 255") }
      value.append(UInt8(code))
    case 117, 85:
      let code = try digits(byte == 117 ? 4 : 8, 16, bytes, &index, start)
      guard let scalar = UnicodeScalar(code) else {
        throw fault("escape sequence is an invalid Unicode code point")
      }
      value.append(contentsOf: Array(String(Character(scalar)).utf8))
    default:
      let shown = byte < 127 && byte >= 32 ? String(UnicodeScalar(byte)) : "?"
      throw fault("unknown escape sequence '\\\(shown)'")
    }
  }

  private static func digits(
    _ count: Int, _ base: UInt32, _ bytes: Span<UInt8>, _ index: inout Int, _ start: Int
  ) throws(QuotedFault) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<count {
      guard index < bytes.count, let digit = bytes[index].hexValue, UInt32(digit) < base else {
        throw QuotedFault(reason: "illegal character in escape sequence", position: start)
      }
      value = value &* base &+ UInt32(digit)
      index += 1
    }
    return value
  }

  /// A double-quoted text that reads back as the same bytes.
  public static func quote(_ value: ByteString) -> String {
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
