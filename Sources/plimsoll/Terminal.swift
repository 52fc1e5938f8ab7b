import Bytes
import Foundation

/// Writing for people: colour only on a terminal, control characters made visible.
enum Terminal {
  /// The terminal's escape sequences.
  enum Color: String {
    case red = "\u{1B}[31m"
    case yellow = "\u{1B}[33m"
    case green = "\u{1B}[32m"
    case gray = "\u{1B}[90m"
    case bold = "\u{1B}[1m"
  }

  /// Off for pipes and with NO_COLOR (no-color.org).
  static let hasColor =
    isatty(STDOUT_FILENO) == 1 && ProcessInfo.processInfo.environment["NO_COLOR"] == nil

  static func line(_ text: String) {
    write(Array((text + "\n").utf8))
  }

  static func write(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { buffer in
      var sent = 0
      while sent < buffer.count {
        let count = Foundation.write(
          STDOUT_FILENO, buffer.baseAddress?.advanced(by: sent), buffer.count - sent)
        // A reader that went away (head, less) ends the command without a word.
        if count <= 0 { exit(0) }
        sent += count
      }
    }
  }

  static func fail(_ text: String) {
    note("plimsoll: \(text)\n")
  }

  /// Writes to standard error as it is.
  static func note(_ text: String) {
    let bytes = Array(text.utf8)
    _ = bytes.withUnsafeBytes { Foundation.write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }

  static func paint(_ text: String, _ color: Color) -> String {
    hasColor ? color.rawValue + text + "\u{1B}[0m" : text
  }

  static func color(ofLevel level: String) -> Color? {
    switch level {
    case "error", "critical": .red
    case "warning": .yellow
    case "debug", "trace": .gray
    default: nil
    }
  }

  /// The text with control characters as `\x1b`, so that a log line cannot drive the terminal;
  /// line feeds and tabs inside a message stay, indented.
  static func visible(_ text: String) -> String {
    var shown = ""
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 10: shown += "\n    "
      case 9: shown += "\t"
      case 0..<32, 127, 0x80..<0xA0, 0x202A...0x202E, 0x2066...0x2069:
        shown += "\\x" + String(scalar.value, radix: 16)
      default: shown.unicodeScalars.append(scalar)
      }
    }
    return shown
  }

  /// Columns padded to their widest cell.
  static func table(_ rows: [[String]]) -> String {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    return rows.map { row in
      row.enumerated().map { column, cell in
        column == row.count - 1
          ? cell : cell + String(repeating: " ", count: widths[column] - cell.count)
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }
}
