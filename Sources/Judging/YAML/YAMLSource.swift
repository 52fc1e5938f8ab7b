import Yams

/// How a scalar is written.
enum YAMLScalarStyle: Sendable {
  case plain, quoted, escaped, block

  init(_ style: Node.Scalar.Style) {
    switch style {
    case .doubleQuoted: self = .escaped
    case .singleQuoted: self = .quoted
    case .literal, .folded: self = .block
    case .any, .plain: self = .plain
    }
  }
}

/// The text of a file as it was read, to find where in it a part of a scalar stands.
struct YAMLSource: Sendable {
  let file: String
  private let lines: [Substring.UTF8View]

  init(file: String, text: String) {
    self.file = file
    lines = text.utf8.split(separator: 10, omittingEmptySubsequences: false).map {
      Substring($0).utf8
    }
  }

  /// The line and column (from 1) of a byte of a scalar's text. YAML folds lines and blanks, so the
  /// bytes that are not blank are counted, from where the scalar begins.
  func place(
    of offset: Int, in text: String, _ style: YAMLScalarStyle, line: Int, column: Int
  ) -> (line: Int, column: Int) {
    var wanted = text.utf8.prefix(max(0, offset)).count { !Self.isBlank($0) }
    let isQuoted = style == .quoted || style == .escaped
    let skipped = max(0, column - 1 + (isQuoted ? 1 : 0))
    let first = style == .block ? line + 1 : line
    var last = (line: line, column: column)
    var number = first
    while number >= 1, number <= lines.count {
      var isSkipping = false
      for (place, byte) in lines[number - 1].enumerated() {
        if number == line, style != .block, place < skipped { continue }
        guard !Self.isBlank(byte) else { continue }
        let opensEscape =
          style == .escaped && byte == UInt8(ascii: "\\")
          || style == .quoted && byte == UInt8(ascii: "'")
        if opensEscape, !isSkipping {
          isSkipping = true
          continue
        }
        isSkipping = false
        last = (number, place + 1)
        if wanted == 0 { return last }
        wanted -= 1
      }
      number += 1
    }
    return last
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == 32 || byte == 9 || byte == 10 || byte == 13
  }
}
