/// A server's message about a query, with the place it is about marked below the query.
package enum QueryMistake {
  private static let width = 80

  /// The message; where it says a line and column (`1:5: parse error`, `line 1, col 5`), also that
  /// line of the query and a mark below the place. `width` is the terminal's.
  package static func text(_ message: String, query: String, width: Int? = nil) -> String {
    let shown = VisibleText.lines(message)
    let lines = query.split(separator: "\n", omittingEmptySubsequences: false)
    guard let (line, column) = place(in: message), line >= 1, line <= lines.count, column >= 1
    else { return shown }
    let text = lines[line - 1]
    // Columns count bytes; the end of the query is a place too.
    let before = String(decoding: text.utf8.prefix(column - 1), as: UTF8.self)
    let behind = String(decoding: text.utf8.dropFirst(column - 1), as: UTF8.self)
    var head = VisibleText.line(before)
    let room = max(20, width ?? Self.width) - 4
    var isCut = false
    while TextWidth.columns(head) > room * 2 / 3 {
      head.removeFirst()
      isCut = true
    }
    if isCut { head = "…" + head }
    let rest = TextWidth.cut(VisibleText.line(behind), to: room - TextWidth.columns(head))
    let blanks = String(repeating: " ", count: TextWidth.columns(head))
    return "\(shown)\n  \(head)\(rest)\n  \(blanks)^"
  }

  /// The first `LINE:COLUMN: parse error` or `line LINE, col COLUMN` of a message.
  static func place(in message: String) -> (line: Int, column: Int)? {
    let bytes = Array(message.utf8)
    for start in bytes.indices {
      let rest = bytes[start...]
      if rest.starts(with: "line ".utf8),
        let (line, next) = number(bytes, at: start + 5), bytes[next...].starts(with: ", col ".utf8),
        let (column, _) = number(bytes, at: next + 6)
      {
        return (line, column)
      }
      let isStart = start == 0 || !(bytes[start - 1] >= 48 && bytes[start - 1] <= 57)
      if isStart, let (line, next) = number(bytes, at: start), bytes[next...].first == 58,
        let (column, end) = number(bytes, at: next + 1),
        bytes[end...].starts(with: ": parse error".utf8)
      {
        return (line, column)
      }
    }
    return nil
  }

  /// A number of up to nine digits, and where it ends.
  private static func number(_ bytes: [UInt8], at start: Int) -> (Int, Int)? {
    guard start <= bytes.count else { return nil }
    let digits = bytes[start...].prefix { $0 >= 48 && $0 <= 57 }
    guard (1...9).contains(digits.count) else { return nil }
    return (digits.reduce(0) { $0 * 10 + Int($1 - 48) }, digits.endIndex)
  }
}
