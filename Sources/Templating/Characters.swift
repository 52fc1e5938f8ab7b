package import Bytes

/// Texts taken character by character, as Go takes its runes: a byte that is not of UTF-8 counts as
/// one.
package enum Characters {
  /// How many there are.
  package static func count(_ bytes: [UInt8]) -> Int {
    let span = bytes.span
    var index = 0
    var count = 0
    while index < bytes.count {
      index += Swift.max(UTF8Check.sequenceLength(span, at: index), 1)
      count += 1
    }
    return count
  }

  /// The byte at which the character of that place begins, or the end.
  package static func offset(of place: Int, in bytes: [UInt8]) -> Int {
    let span = bytes.span
    var index = 0
    var left = place
    while index < bytes.count, left > 0 {
      index += Swift.max(UTF8Check.sequenceLength(span, at: index), 1)
      left -= 1
    }
    return index
  }

  /// The text in lower case, character by character.
  package static func lower(_ text: ByteString) -> ByteString {
    mapped(text, ascii: { $0.lowercased }, other: \.properties.lowercaseMapping)
  }

  /// The text in upper case, character by character.
  package static func upper(_ text: ByteString) -> ByteString {
    mapped(
      text, ascii: { $0 >= 97 && $0 <= 122 ? $0 - 32 : $0 }, other: \.properties.uppercaseMapping)
  }

  /// The first letter of each word in upper case; words are letters, digits and underscores
  /// (Go `strings.Title`).
  package static func title(_ text: ByteString) -> ByteString {
    var isStart = true
    var out = ""
    for scalar in text.text.unicodeScalars {
      out.unicodeScalars.append(isStart ? single(scalar, \.properties.titlecaseMapping) : scalar)
      isStart = isSeparator(scalar)
    }
    return ByteString(out)
  }

  private static func isSeparator(_ scalar: UnicodeScalar) -> Bool {
    if scalar.isASCII {
      let byte = UInt8(truncatingIfNeeded: scalar.value)
      return !(byte.isLetter || byte.isDigit || byte == 95)
    }
    return scalar.properties.isWhitespace
  }

  private static func mapped(
    _ text: ByteString, ascii: (UInt8) -> UInt8, other: (UnicodeScalar) -> String
  ) -> ByteString {
    if text.bytes.allSatisfy({ $0 < 128 }) { return ByteString(text.bytes.map(ascii)) }
    var out = ""
    for scalar in text.text.unicodeScalars { out.unicodeScalars.append(single(scalar, other)) }
    return ByteString(out)
  }

  /// What a character becomes; those that would become several stay, as in Go.
  private static func single(
    _ scalar: UnicodeScalar, _ mapping: (UnicodeScalar) -> String
  ) -> UnicodeScalar {
    let scalars = mapping(scalar).unicodeScalars
    return scalars.count == 1 ? scalars.first ?? scalar : scalar
  }
}
