import Bytes

/// Labels out of lines of `key=value` pairs: the `logfmt` stage.
struct LogfmtLabels: Sendable {
  let isStrict: Bool
  let wanted: [LabelExtraction]

  /// Takes what it can read; in strict mode the row gets `LogfmtParserErr` at the first pair that
  /// is none.
  func extract(from line: Span<UInt8>, into row: inout LogRow) {
    var cursor = Cursor(line)
    while true {
      cursor.skipBlanks()
      if cursor.isAtEnd { return }
      let start = cursor.position
      let key = cursor.take(while: { $0 > 32 && $0 != 61 && $0 != 34 })
      guard !key.isEmpty else {
        let found = line[start] == 61 ? "'='" : "'\"'"
        if fail(&row, at: start, "unexpected \(found)") { return }
        _ = cursor.take(while: { !$0.isBlank })
        continue
      }
      if cursor.peek() == 34 {
        if fail(&row, at: cursor.position, "unexpected '\"'") { return }
        _ = cursor.take(while: { !$0.isBlank })
        continue
      }
      guard cursor.skip(61) else { continue }
      guard cursor.peek() == 34 else {
        let value = cursor.take(while: { $0 > 32 })
        let bytes = line.extracting(value)
        if bytes.firstIndex(of: 34) != nil || bytes.firstIndex(of: 61) != nil {
          if fail(&row, at: value.lowerBound, "unexpected '\"' or '=' in a value") { return }
          continue
        }
        take(ByteString(line.extracting(key)), ByteString(bytes), &row)
        continue
      }
      guard let value = Self.quoted(&cursor) else {
        _ = fail(&row, at: start, "unterminated quoted value")
        return
      }
      take(ByteString(line.extracting(key)), value, &row)
    }
  }

  private func take(_ key: ByteString, _ value: ByteString, _ row: inout LogRow) {
    if wanted.isEmpty { return row.extract(key, value) }
    for extraction in wanted where extraction.expression == key {
      row.extract(extraction.label, value)
    }
  }

  /// Whether the line is given up.
  private func fail(_ row: inout LogRow, at position: Int, _ reason: String) -> Bool {
    if isStrict { row.fail(.logfmt, "logfmt syntax error at pos \(position + 1) : \(reason)") }
    return isStrict
  }

  /// What stands between quotes, escapes as in JSON; nil when the closing one is missing.
  private static func quoted(_ cursor: inout Cursor) -> ByteString? {
    _ = cursor.skip(34)
    let start = cursor.position
    var isEscaped = false
    while let byte = cursor.next() {
      if byte == 34 {
        return JSONLabels.text(cursor.bytes, start..<(cursor.position - 1), isEscaped)
      }
      if byte == 92 {
        isEscaped = true
        _ = cursor.next()
      }
    }
    return nil
  }
}
