/// Integers in as few bytes as they need: seven bits a byte, lowest first, and zigzag for signed
/// ones (Protocol Buffers' varints).
public enum VariableInteger {
  /// Appends an unsigned integer, 1 to 10 bytes.
  @inlinable
  public static func append(_ value: UInt64, to target: inout [UInt8]) {
    var rest = value
    while rest > 127 {
      target.append(UInt8(truncatingIfNeeded: rest) | 128)
      rest >>= 7
    }
    target.append(UInt8(truncatingIfNeeded: rest))
  }

  /// Appends a signed integer, small ones of either sign in few bytes.
  @inlinable
  public static func append(signed value: Int64, to target: inout [UInt8]) {
    append(UInt64(bitPattern: (value << 1) ^ (value >> 63)), to: &target)
  }

  /// Reads the integer at `position` and steps behind it; nil when the bytes end inside it or it
  /// has more than 64 bits.
  @inlinable
  public static func take(_ bytes: Span<UInt8>, at position: inout Int) -> UInt64? {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while position >= 0, position < bytes.count, shift < 64 {
      let byte = bytes[position]
      position += 1
      if shift == 63, byte > 1 { return nil }
      value |= UInt64(byte & 127) << shift
      if byte < 128 { return value }
      shift += 7
    }
    return nil
  }

  /// Reads what `append(signed:to:)` wrote.
  @inlinable
  public static func takeSigned(_ bytes: Span<UInt8>, at position: inout Int) -> Int64? {
    guard let coded = take(bytes, at: &position) else { return nil }
    return Int64(bitPattern: coded >> 1) ^ -Int64(bitPattern: coded & 1)
  }
}
