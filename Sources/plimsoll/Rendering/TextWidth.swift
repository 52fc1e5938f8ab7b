/// How many columns of a terminal text takes: two for East Asian wide characters (UAX #11) and
/// emoji, none for what joins the character before it, one for the rest.
package enum TextWidth {
  /// The columns of a text in one line.
  package static func columns(_ text: String) -> Int {
    // Most text is ASCII, and its bytes are its columns.
    if text.utf8.allSatisfy({ $0 >= 32 && $0 < 127 }) { return text.utf8.count }
    return text.reduce(0) { $0 + columns($1) }
  }

  /// The text with blanks behind it, or before it, so that it takes so many columns at least.
  package static func padded(
    _ text: String, to width: Int, isRight: Bool = false
  ) -> String {
    let blanks = String(repeating: " ", count: max(0, width - columns(text)))
    return isRight ? blanks + text : text + blanks
  }

  /// The text, or as much of its beginning as fits so many columns with a `…` behind it.
  package static func cut(_ text: String, to width: Int) -> String {
    guard columns(text) > width else { return text }
    var cut = ""
    var left = width - 1
    for character in text {
      left -= columns(character)
      if left < 0 { break }
      cut.append(character)
    }
    return width > 0 ? cut + "…" : ""
  }

  private static func columns(_ character: Character) -> Int {
    let scalars = character.unicodeScalars
    guard let first = scalars.first else { return 0 }
    if first.isASCII { return first.value < 32 || first.value == 127 ? 0 : 1 }
    // The selector of emoji presentation makes a text character wide.
    if scalars.contains("\u{FE0F}") || first.properties.isEmojiPresentation { return 2 }
    switch first.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: return isWide(first.value) ? 2 : 1
    }
  }

  private static func isWide(_ value: UInt32) -> Bool {
    switch value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0xA4CF,
      0xA960...0xA97C, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF01...0xFF60,
      0xFFE0...0xFFE6, 0x1F200...0x1F2FF, 0x20000...0x3FFFD:
      true
    default: false
    }
  }
}
