import Bytes

/// Number literals of Prometheus 3: decimal, hexadecimal, `1_000`, exponents.
package enum NumberText {
  /// Where the word that begins at `start` with a digit or a point ends: letters, digits, `_`,
  /// points, the sign of an exponent, and the bytes of `µ`.
  package static func end(_ bytes: Span<UInt8>, from start: Int) -> Int {
    let isHexadecimal =
      start + 1 < bytes.count && bytes[start] == 48 && bytes[start + 1].lowercased == 120
    var index = start
    var onlyNumber = true
    while index < bytes.count {
      let byte = bytes[index]
      if byte.isDigit || byte == 95 || byte == 46 {
        index += 1
      } else if byte.isLetter || byte == 0xC2 || byte == 0xB5 {
        let isExponent =
          !isHexadecimal && onlyNumber && byte.lowercased == 101 && index > start
        index += 1
        if isExponent, index < bytes.count, bytes[index] == 43 || bytes[index] == 45 {
          index += 1
        }
        onlyNumber = false
      } else {
        break
      }
    }
    return index
  }

  /// The value of a literal, all bytes of it; nil when it is none or too large.
  package static func value(_ bytes: Span<UInt8>, dialect: Language) -> Double? {
    var digits: [UInt8] = []
    for index in 0..<bytes.count {
      if bytes[index] != 95 {
        digits.append(bytes[index])
        continue
      }
      guard index > 0, index + 1 < bytes.count, isDigitOrPrefix(bytes[index - 1]),
        bytes[index + 1].hexValue != nil
      else { return nil }
    }
    if digits.count > 2, digits[0] == 48, digits[1] | 32 == 120 {
      return hexadecimal(digits.span.extracting(2..<digits.count))
    }
    if dialect == .promql, let value = octal(digits) { return value }
    return Numbers.decimal(digits.span)
  }

  /// A leading zero before octal digits only, which Go and so Prometheus read as octal.
  private static func octal(_ digits: [UInt8]) -> Double? {
    guard digits.count > 1, digits.count <= 22, digits[0] == 48 else { return nil }
    var value = 0.0
    for digit in digits {
      guard digit >= 48, digit < 56 else { return nil }
      value = value * 8 + Double(digit - 48)
    }
    return value
  }

  private static func isDigitOrPrefix(_ byte: UInt8) -> Bool {
    byte.hexValue != nil || byte.lowercased == 120
  }

  private static func hexadecimal(_ digits: Span<UInt8>) -> Double? {
    var value = 0.0
    for index in 0..<digits.count {
      guard let digit = digits[index].hexValue else { return nil }
      value = value * 16 + Double(digit)
    }
    return value
  }
}

/// Sizes as LogQL's label filters write them: `20KB`, `1.5MiB`.
package enum SizeText {
  /// Bytes of a size, decimal units by 1000 and binary ones by 1024; nil when it is none.
  package static func bytes(_ text: Span<UInt8>) -> Double? {
    var cursor = Cursor(text)
    let number = cursor.take(while: { $0.isDigit || $0 == 46 })
    guard let value = Numbers.decimal(text.extracting(number)) else { return nil }
    let unit = ByteString(cursor.slice(cursor.remaining)).text.lowercased()
    guard let factor = factors[unit] else { return nil }
    return value * factor
  }

  private static let factors: [String: Double] = [
    "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "pb": 1e15, "eb": 1e18,
    "kib": 1_024, "mib": 1_048_576, "gib": 1_073_741_824, "tib": 1_099_511_627_776,
    "pib": 1_125_899_906_842_624, "eib": 1_152_921_504_606_846_976,
    "k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12, "p": 1e15, "e": 1e18,
    "ki": 1_024, "mi": 1_048_576, "gi": 1_073_741_824, "ti": 1_099_511_627_776,
  ]
}
