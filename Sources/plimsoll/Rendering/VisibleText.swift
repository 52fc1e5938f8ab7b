/// Stored text made fit for a terminal.
package enum VisibleText {
  /// The text with what would steer a terminal or turn its writing around as `\x1b` or `\u{202e}`.
  /// Line feeds stay, what follows them indented, and so do tabs.
  package static func lines(_ text: String) -> String {
    shown(text) { $0 == "\n" ? "\n    " : $0 == "\t" ? "\t" : nil }
  }

  /// The same in one line: line feeds and tabs as `\n` and `\t`.
  package static func line(_ text: String) -> String {
    shown(text) { $0 == "\n" ? "\\n" : $0 == "\t" ? "\\t" : nil }
  }

  /// The same with line feeds and tabs as they are, for text that is a file of lines.
  package static func whole(_ text: String) -> String {
    shown(text) { $0 == "\n" || $0 == "\t" ? String($0) : nil }
  }

  private static func shown(
    _ text: String, _ own: (Unicode.Scalar) -> String?
  ) -> String {
    var shown = ""
    for scalar in text.unicodeScalars {
      if let replacement = own(scalar) {
        shown += replacement
      } else if isHarmless(scalar) {
        shown.unicodeScalars.append(scalar)
      } else {
        let digits = String(scalar.value, radix: 16)
        shown +=
          scalar.value < 256
          ? "\\x" + (digits.count < 2 ? "0" : "") + digits : "\\u{\(digits)}"
      }
    }
    return shown
  }

  private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    // C0 and C1, among them the escape that begins a terminal's commands.
    case 0..<32, 127..<0xA0: false
    // Marks, embeddings, overrides and isolates of the bidirectional algorithm (UAX #9), and the
    // separators of lines and paragraphs.
    case 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: false
    // Without a glyph of their own: they hide in names that look the same.
    case 0x200B, 0x2060, 0xFEFF, 0xE0000...0xE007F: false
    default: true
    }
  }
}
