/// How text is shown where it goes to: with colour or not, cut to a width or not.
package struct Style: Sendable {
  /// The terminal's escape sequences (ECMA-48, select graphic rendition).
  package enum Color: String, Sendable {
    case red = "\u{1B}[31m"
    case green = "\u{1B}[32m"
    case yellow = "\u{1B}[33m"
    case blue = "\u{1B}[34m"
    case magenta = "\u{1B}[35m"
    case cyan = "\u{1B}[36m"
    case gray = "\u{1B}[90m"
    case bold = "\u{1B}[1m"
  }

  /// For files and pipes: whole lines, no colour.
  package static let plain = Style(hasColor: false, width: nil)

  package let hasColor: Bool
  /// Columns of the terminal; nil where there is none.
  package let width: Int?

  package init(hasColor: Bool, width: Int?) {
    self.hasColor = hasColor
    self.width = width
  }

  /// The text in a colour, where there is colour.
  package func paint(_ text: String, _ color: Color?) -> String {
    guard hasColor, let color, !text.isEmpty else { return text }
    return color.rawValue + text + "\u{1B}[0m"
  }

  /// The colour of a level; nil for what is neither bad nor unimportant.
  package static func color(ofLevel level: String) -> Color? {
    switch level {
    case "error", "critical": .red
    case "warning": .yellow
    case "debug", "trace": .gray
    default: nil
    }
  }
}
