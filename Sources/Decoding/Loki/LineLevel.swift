import Bytes
import Model

/// The level that a line states, for streams and metadata that state none, as Loki detects it: a
/// value of `level`, `lvl` or `severity` in logfmt or JSON, else a level in capitals.
enum LineLevel {
  /// How far into a line it is looked for.
  private static let reach = 1_024

  static func find(in line: Span<UInt8>) -> Level {
    let end = Swift.min(line.count, reach)
    var cursor = Cursor(line, 0..<end)
    var capital = Level.unknown
    while !cursor.isAtEnd {
      let word = cursor.take(while: isWord)
      if word.isEmpty {
        _ = cursor.next()
        continue
      }
      let text = line.extracting(word)
      if isName(text), let value = value(&cursor) {
        let level = Level(parsing: line.extracting(value))
        if level != .unknown { return level }
      }
      if capital == .unknown, isCapital(text) { capital = Level(parsing: text) }
    }
    return capital
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    byte.isLetter || byte.isDigit || byte == 95
  }

  private static func isName(_ word: Span<UInt8>) -> Bool {
    for name: StaticString in ["level", "lvl", "severity", "LEVEL", "Level", "SEVERITY"]
    where word.equals(name) {
      return true
    }
    return false
  }

  private static func isCapital(_ word: Span<UInt8>) -> Bool {
    guard word.count >= 3, word.count <= 9 else { return false }
    for index in 0..<word.count where word[index] < 65 || word[index] > 90 { return false }
    return true
  }

  /// What stands behind `=`, or behind `":`; nil, unmoved, when neither follows.
  private static func value(_ cursor: inout Cursor) -> Range<Int>? {
    var ahead = Cursor(cursor.bytes, cursor.remaining)
    let isMember = ahead.skip(34)
    if isMember { ahead.skipBlanks() }
    guard ahead.skip(isMember ? 58 : 61) else { return nil }
    if isMember { ahead.skipBlanks() }
    _ = ahead.skip(34)
    return ahead.take(while: isWord)
  }
}
