/// Base64 with padding (RFC 4648 section 4).
public enum Base64 {
  private static let digits = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// The bytes as text.
  public static func encoded(_ bytes: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity((bytes.count + 2) / 3 * 4)
    var index = 0
    while index < bytes.count {
      let rest = bytes.count - index
      let word =
        Int(bytes[index]) << 16 | (rest > 1 ? Int(bytes[index + 1]) << 8 : 0)
        | (rest > 2 ? Int(bytes[index + 2]) : 0)
      out += [digits[word >> 18], digits[word >> 12 & 63]]
      out.append(rest > 1 ? digits[word >> 6 & 63] : 61)
      out.append(rest > 2 ? digits[word & 63] : 61)
      index += 3
    }
    return out
  }

  /// The bytes of a text, line ends in it left out; nil, and where, when it is none.
  public static func bytes(_ text: [UInt8]) -> (bytes: [UInt8]?, position: Int) {
    var out: [UInt8] = []
    var word = 0
    var count = 0
    var padding = 0
    for (index, byte) in text.enumerated() where byte != 10 && byte != 13 {
      if byte == 61 {
        padding += 1
        guard count + padding <= 4, count >= 2 else { return (nil, index) }
        continue
      }
      guard padding == 0, let value = value(byte) else { return (nil, index) }
      word = word << 6 | value
      count += 1
      guard count == 4 else { continue }
      out += [UInt8(word >> 16 & 255), UInt8(word >> 8 & 255), UInt8(word & 255)]
      word = 0
      count = 0
    }
    guard count == 0 && padding == 0 || count + padding == 4 else { return (nil, text.count) }
    if count == 2 { out.append(UInt8(word >> 4 & 255)) }
    if count == 3 { out += [UInt8(word >> 10 & 255), UInt8(word >> 2 & 255)] }
    return (out, text.count)
  }

  private static func value(_ byte: UInt8) -> Int? {
    switch byte {
    case 65...90: Int(byte - 65)
    case 97...122: Int(byte - 71)
    case 48...57: Int(byte + 4)
    case 43: 62
    case 47: 63
    default: nil
    }
  }
}
