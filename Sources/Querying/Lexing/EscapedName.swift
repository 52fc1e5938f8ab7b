package import Bytes

/// Names in UTF-8 where only letters, digits and `_` may stand: `U__`, then `__` for `_` and
/// `_2e_` for the character of that hexadecimal number (Prometheus' "values" escaping).
package enum EscapedName {
  private static let prefix: [UInt8] = [85, 95, 95]
  /// Digits of the largest Unicode scalar.
  private static let longestCode = 6

  /// The name that was escaped; what is not escaped, or not well, stays as it is.
  package static func decode(_ name: ByteString) -> ByteString {
    let bytes = name.bytes
    guard bytes.starts(with: prefix) else { return name }
    var decoded: [UInt8] = []
    var index = prefix.count
    while index < bytes.count {
      let byte = bytes[index]
      index += 1
      guard byte == 95 else {
        decoded.append(byte)
        continue
      }
      guard index < bytes.count else { return name }
      if bytes[index] == 95 {
        decoded.append(95)
        index += 1
        continue
      }
      guard let scalar = scalar(bytes, &index) else { return name }
      decoded.append(contentsOf: Array(String(Character(scalar)).utf8))
    }
    return ByteString(decoded)
  }

  /// Reads the number at `index` and the `_` behind it.
  private static func scalar(_ bytes: [UInt8], _ index: inout Int) -> UnicodeScalar? {
    var code: UInt32 = 0
    for _ in 0...longestCode {
      guard index < bytes.count else { return nil }
      let byte = bytes[index]
      index += 1
      if byte == 95 { return UnicodeScalar(code) }
      guard let digit = byte.hexValue else { return nil }
      code = code &* 16 &+ UInt32(digit)
    }
    return nil
  }
}
