import Bytes

/// The way to a member of a JSON document: `servers[0].name`, `headers["User-Agent"]`.
struct MemberSteps: Sendable, Equatable {
  /// One step into a container.
  enum Step: Sendable, Equatable {
    case member(ByteString)
    case element(Int)
  }

  let steps: [Step]

  /// Nil when the text is no such way.
  init?(_ text: ByteString) {
    let bytes = text.bytes.span
    var cursor = Cursor(bytes)
    var steps: [Step] = []
    while !cursor.isAtEnd {
      if cursor.skip(91) {
        guard let step = Self.bracket(&cursor) else { return nil }
        steps.append(step)
        continue
      }
      if !steps.isEmpty, !cursor.skip(46) { return nil }
      let name = cursor.take(while: { $0.isLetter || $0.isDigit || $0 == 95 })
      guard !name.isEmpty, !bytes[name.lowerBound].isDigit else { return nil }
      steps.append(.member(ByteString(cursor.slice(name))))
    }
    guard !steps.isEmpty else { return nil }
    self.steps = steps
  }

  /// What stands behind `[`: a number, or a quoted name.
  private static func bracket(_ cursor: inout Cursor) -> Step? {
    if cursor.skip(34) {
      var name: [UInt8] = []
      while let byte = cursor.next() {
        if byte == 34 { return cursor.skip(93) ? .member(ByteString(name)) : nil }
        guard byte == 92 else {
          name.append(byte)
          continue
        }
        guard let escaped = cursor.next() else { return nil }
        name.append(escaped)
      }
      return nil
    }
    let digits = cursor.take(while: \.isDigit)
    guard let number = Numbers.integer(cursor.slice(digits)), cursor.skip(93),
      let index = Int(exactly: number)
    else { return nil }
    return .element(index)
  }

  /// The value at the end of the way in a document that parses; nil when there is none. Strings
  /// lose their quotes and escapes, containers stay as they are written.
  func value(in document: Span<UInt8>) -> ByteString? {
    var scanner = JSONScanner(document)
    do throws(JSONFault) {
      for step in steps {
        let token = try scanner.next()
        switch step {
        case .member(let name):
          guard token == .objectStart, try Self.enter(name, &scanner, document) else {
            return nil
          }
        case .element(let index):
          guard token == .arrayStart else { return nil }
          for _ in 0..<index {
            guard try Self.skipElement(&scanner, document) else { return nil }
          }
          guard try !Self.isAtEnd(&scanner, document) else { return nil }
        }
      }
      return Self.text(document, try scanner.skipValue())
    } catch {
      return nil
    }
  }

  private static func enter(
    _ name: ByteString, _ scanner: inout JSONScanner, _ document: Span<UInt8>
  ) throws(JSONFault) -> Bool {
    while case .key(let range, let isEscaped) = try scanner.next() {
      if JSONLabels.text(document, range, isEscaped) == name { return true }
      _ = try scanner.skipValue()
    }
    return false
  }

  /// Whether the array that was entered has no further element. It looks before it reads.
  private static func isAtEnd(
    _ scanner: inout JSONScanner, _ document: Span<UInt8>
  ) throws(JSONFault) -> Bool {
    scanner.skipBlanks()
    var index = scanner.position
    if index < document.count, document[index] == 44 { index += 1 }
    return index >= document.count || document[index] == 93
  }

  private static func skipElement(
    _ scanner: inout JSONScanner, _ document: Span<UInt8>
  ) throws(JSONFault) -> Bool {
    if try isAtEnd(&scanner, document) { return false }
    _ = try scanner.skipValue()
    return true
  }

  /// A value's text as a label has it; nil for null. `range` may begin with a comma.
  static func text(_ document: Span<UInt8>, _ range: Range<Int>) -> ByteString? {
    var start = range.lowerBound
    while start < range.upperBound, document[start] == 44 || document[start].isBlank { start += 1 }
    guard start < range.upperBound else { return nil }
    let value = document.extracting(start..<range.upperBound)
    if value.equals("null") { return nil }
    guard value[0] == 34, value.count >= 2 else { return ByteString(value) }
    return JSONLabels.text(value, 1..<(value.count - 1), true)
  }
}
