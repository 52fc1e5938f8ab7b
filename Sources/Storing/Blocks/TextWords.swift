import Bytes

/// The words of texts: runs of letters, digits and underscores.
enum TextWords {
  static let digit: UInt8 = 1
  static let hexadecimal: UInt8 = 2
  static let letter: UInt8 = 4

  /// For each byte what it is in a word; 0 outside of words.
  static let classes: [UInt8] = (0..<256).map { value in
    switch UInt8(value) {
    case 48...57: digit
    case 97...102: hexadecimal
    case 65...90, 95, 103...122: letter
    default: 0
    }
  }

  /// Whether a word differs from text to text: one with digits, or of hexadecimal letters only, as
  /// parts of identifiers happen to be.
  static func isParameter(_ seen: UInt8, count: Int) -> Bool {
    seen & digit != 0 || (seen == hexadecimal && count >= 4)
  }

  /// Whether a word is a number, by what was seen in it.
  static func isNumber(_ seen: UInt8) -> Bool { seen == digit }

  /// Whether the filter of a block has such words: numbers are not in it, nor is what belongs to
  /// the shapes.
  static func isFiltered(_ word: Span<UInt8>) -> Bool {
    var seen: UInt8 = 0
    for index in 0..<word.count {
      let kind = classes[Int(word[index])]
      if kind == 0 { return false }
      seen |= kind
    }
    return seen != digit && isParameter(seen, count: word.count)
  }
}
