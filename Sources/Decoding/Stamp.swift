import Bytes

/// Times as logs write them.
enum Stamp {
  /// RFC 3339 and its relatives, also with a named zone ` UTC` or ` GMT` behind, or a number since
  /// the epoch. Nanoseconds since 1970; nil for all else.
  static func parse(_ bytes: Span<UInt8>) -> Int64? {
    if bytes.count > 4,
      bytes.matches(" UTC", at: bytes.count - 4)
        || bytes.matches(" GMT", at: bytes.count - 4)
    {
      return Instant.parse(bytes.extracting(0..<(bytes.count - 4)))
    }
    return Instant.parse(bytes) ?? Instant.parseEpoch(bytes)
  }

  /// Whether `YYYY-MM-DD?HH:MM:SS` stands at `index`, with a blank or a `T` in its middle.
  static func stands(in bytes: Span<UInt8>, at index: Int) -> Bool {
    guard index >= 0, bytes.count - index >= 19 else { return false }
    for offset in 0..<19 {
      let byte = bytes[index + offset]
      switch offset {
      case 4, 7: guard byte == 45 else { return false }
      case 10: guard byte == 32 || byte == 84 else { return false }
      case 13, 16: guard byte == 58 else { return false }
      default: guard byte.isDigit else { return false }
      }
    }
    return true
  }

  /// The instant of the stamp a line begins with, if it names its zone; a stamp without one may be
  /// of any.
  static func leading(_ line: Span<UInt8>) -> Int64? {
    guard stands(in: line, at: 0) else { return nil }
    var cursor = Cursor(line)
    cursor.move(to: 19)
    if cursor.skip(46) || cursor.skip(44) { _ = cursor.take(while: \.isDigit) }
    let end = cursor.position
    if cursor.skip(" UTC") || cursor.skip(" GMT") {
      return Instant.parse(line.extracting(0..<end))
    }
    let zone = cursor.take { !$0.isBlank }
    return zone.isEmpty ? nil : Instant.parse(line.extracting(0..<zone.upperBound))
  }

  /// The month of an English abbreviation, 1...12.
  static func month(_ bytes: Span<UInt8>, at index: Int) -> Int? {
    let names: StaticString = "JanFebMarAprMayJunJulAugSepOctNovDec"
    guard index >= 0, bytes.count - index >= 3 else { return nil }
    return names.withUTF8Buffer { table in
      for month in 0..<12
      where (0..<3).allSatisfy({ bytes[index + $0] == table[month * 3 + $0] }) { return month + 1 }
      return nil
    }
  }
}
