import Bytes

/// Characters that are trimmed away.
struct CharacterSet {
  private var ascii: [Bool] = [Bool](repeating: false, count: 128)
  private var others: Set<ArraySlice<UInt8>> = []

  /// What Unicode calls white space.
  static let blanks = CharacterSet(
    ByteString(
      "\t\n\u{B}\u{C}\r \u{85}\u{A0}\u{1680}\u{2028}\u{2029}\u{202F}\u{205F}\u{3000}"
        + "\u{2000}\u{2001}\u{2002}\u{2003}\u{2004}\u{2005}\u{2006}\u{2007}\u{2008}\u{2009}\u{200A}"
    ))

  init(_ characters: ByteString) {
    let bytes = characters.bytes
    var index = 0
    while index < bytes.count {
      let length = Swift.max(UTF8Check.sequenceLength(bytes.span, at: index), 1)
      if bytes[index] < 128 {
        ascii[Int(bytes[index])] = true
      } else {
        others.insert(bytes[index..<(index + length)])
      }
      index += length
    }
  }

  private func contains(_ character: ArraySlice<UInt8>) -> Bool {
    guard let first = character.first else { return false }
    return first < 128 ? ascii[Int(first)] : others.contains(character)
  }

  func trimFront(_ bytes: [UInt8], _ range: inout Range<Int>) {
    while !range.isEmpty {
      let length = Swift.max(UTF8Check.sequenceLength(bytes.span, at: range.lowerBound), 1)
      let end = Swift.min(range.lowerBound + length, range.upperBound)
      guard contains(bytes[range.lowerBound..<end]) else { return }
      range = end..<range.upperBound
    }
  }

  func trimBack(_ bytes: [UInt8], _ range: inout Range<Int>) {
    while !range.isEmpty {
      var start = range.upperBound - 1
      for length in 2...4 where range.count >= length {
        let begin = range.upperBound - length
        if UTF8Check.sequenceLength(bytes.span, at: begin) == length { start = begin }
      }
      guard contains(bytes[start..<range.upperBound]) else { return }
      range = range.lowerBound..<start
    }
  }
}
