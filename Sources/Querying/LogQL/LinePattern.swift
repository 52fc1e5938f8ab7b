import Bytes
import Model

/// `<ip> - <_> "<method> <path>"`: literals, and captures between them. Captures may not touch
/// each other.
struct LinePattern: Sendable {
  /// A piece of a pattern.
  enum Part: Sendable, Equatable {
    case literal(ByteString)
    /// Empty for `<_>`.
    case capture(ByteString)
  }

  let parts: [Part]

  /// A pattern for the `pattern` stage. Throws when it names no capture, or one twice.
  init(parser text: ByteString) throws(QueryFault) {
    try self.init(text)
    var seen: Set<ByteString> = []
    for case .capture(let name) in parts where !name.isEmpty {
      guard seen.insert(name).inserted else {
        throw QueryFault(.badData, "duplicate capture name (\(name)): invalid pattern")
      }
    }
    guard !seen.isEmpty else {
      throw QueryFault(.badData, "at least one capture is required: invalid pattern")
    }
  }

  /// A pattern for `|>` and `!>`. Throws when it names a capture.
  init(filter text: ByteString) throws(QueryFault) {
    try self.init(text)
    for case .capture(let name) in parts where !name.isEmpty {
      throw QueryFault(.badData, "named captures are not allowed: only <_> in a line filter")
    }
  }

  private init(_ text: ByteString) throws(QueryFault) {
    let bytes = text.bytes
    var parts: [Part] = []
    var literal: [UInt8] = []
    var index = 0
    while index < bytes.count {
      if let end = Self.captureEnd(bytes, from: index) {
        if !literal.isEmpty { parts.append(.literal(ByteString(literal))) }
        literal = []
        if case .capture? = parts.last {
          throw QueryFault(
            .badData, "found consecutive capture: captures need a literal between them")
        }
        let name = ByteString(bytes[(index + 1)..<(end - 1)])
        parts.append(.capture(name == "_" ? .empty : name))
        index = end
      } else {
        literal.append(bytes[index])
        index += 1
      }
    }
    if !literal.isEmpty { parts.append(.literal(ByteString(literal))) }
    self.parts = parts
  }

  /// One past the `>` of a capture that begins at `start`; nil when none does.
  private static func captureEnd(_ bytes: [UInt8], from start: Int) -> Int? {
    guard bytes[start] == 60, start + 1 < bytes.count,
      bytes[start + 1].isLetter || bytes[start + 1] == 95
    else { return nil }
    var index = start + 1
    while index < bytes.count,
      bytes[index].isLetter || bytes[index].isDigit || bytes[index] == 95
    {
      index += 1
    }
    return index < bytes.count && bytes[index] == 62 ? index + 1 : nil
  }

  /// Whether the whole line fits: each literal at its first place behind the one before, captures
  /// not empty.
  func fits(_ line: Span<UInt8>) -> Bool {
    if line.isEmpty || parts.isEmpty { return line.isEmpty && parts.isEmpty }
    var offset = 0
    for (index, part) in parts.enumerated() {
      guard case .literal(let literal) = part else { continue }
      if index == 0 {
        guard line.matches(literal.bytes.span, at: 0) else { return false }
        offset = literal.count
        continue
      }
      guard let found = line.firstRange(of: literal.bytes.span, from: offset),
        found.lowerBound > offset
      else { return false }
      offset = found.upperBound
    }
    if case .capture? = parts.last { return offset < line.count }
    return offset == line.count
  }

  /// The named captures of a line; none when it does not begin as the pattern does. A literal that
  /// is missing ends the search: its capture takes the rest.
  func captures(_ line: Span<UInt8>, _ take: (ByteString, Range<Int>) -> Void) {
    if line.isEmpty { return }
    var offset = 0
    var rest = parts[...]
    if case .literal(let literal)? = rest.first {
      guard line.matches(literal.bytes.span, at: 0) else { return }
      offset = literal.count
      rest = rest.dropFirst()
    }
    while case .capture(let name)? = rest.popFirst() {
      guard case .literal(let literal)? = rest.popFirst(),
        let found = line.firstRange(of: literal.bytes.span, from: offset)
      else {
        if !name.isEmpty { take(name, offset..<line.count) }
        return
      }
      if !name.isEmpty { take(name, offset..<found.lowerBound) }
      offset = found.upperBound
    }
  }
}

/// The expression of the `regexp` stage: its named groups become labels.
struct LineExpression: Sendable {
  let regex: Regex
  /// Empty for a group without a name.
  let names: [ByteString]

  /// Throws when RE2 refuses it, when it names no group, or one twice.
  init(_ text: ByteString) throws(QueryFault) {
    regex = try Regex.filter(text)
    names = regex.groupNames
    let named = names.filter { !$0.isEmpty }
    guard !named.isEmpty else {
      throw QueryFault(.badData, "at least one named capture must be supplied")
    }
    guard Set(named).count == named.count else {
      throw QueryFault(.badData, "duplicate extracted label name")
    }
  }
}
