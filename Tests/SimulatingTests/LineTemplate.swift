import Support

/// The line templates of `fixtures/simulate/templates.txt`.
struct LineTemplates {
  private var heads: [String: [LineTemplate]] = [:]
  private var continuations: [LineTemplate] = []
  /// Continuations that were found good before.
  private var known: Set<Substring> = []

  init() throws {
    for line in try Fixture.named("simulate/templates.txt").text().split(separator: "\n") {
      if line.hasPrefix("#") { continue }
      if line.hasPrefix("|") {
        continuations.append(LineTemplate(line.dropFirst()))
      } else {
        let logger = String(line.split(separator: " ")[2].dropLast())
        heads[logger, default: []].append(LineTemplate(line))
      }
    }
  }

  /// The lines of a record that no template allows.
  mutating func strangers(in record: EmittedRecord, tenants: Set<String>) -> [String] {
    var strangers: [String] = []
    let database =
      record.database.isEmpty
      ? "<empty>" : tenants.contains(String(record.database)) ? "<db>" : String(record.database)
    let head = "\(record.level) \(database) \(record.logger): \(trim(record.message))"
    let bytes = Array(head.utf8)
    if !(heads[String(record.logger)] ?? []).contains(where: { $0.matches(bytes) }) {
      strangers.append(head)
    }
    for line in record.lines.dropFirst().map(trim) where !line.isEmpty && !known.contains(line) {
      let bytes = Array(line.utf8)
      if continuations.contains(where: { $0.matches(bytes) }) {
        known.insert(line)
      } else {
        strangers.append(String(line))
      }
    }
    return strangers
  }

  private func trim(_ line: Substring) -> Substring {
    line.hasSuffix(" ") ? line.dropLast() : line
  }
}

/// A line with `<*>` for a run without blanks and `<**>` for any text.
struct LineTemplate {
  private enum Part {
    case literal([UInt8])
    case run(canHaveBlanks: Bool)
  }

  private var parts: [Part] = []

  init(_ line: Substring) {
    var rest = Array(line.utf8)[...]
    var literal: [UInt8] = []
    while let first = rest.first {
      let isText = rest.starts(with: Array("<**>".utf8))
      if isText || rest.starts(with: Array("<*>".utf8)) {
        if !literal.isEmpty { parts.append(.literal(literal)) }
        literal = []
        parts.append(.run(canHaveBlanks: isText))
        rest = rest.dropFirst(isText ? 4 : 3)
      } else {
        literal.append(first)
        rest = rest.dropFirst()
      }
    }
    if !literal.isEmpty { parts.append(.literal(literal)) }
  }

  func matches(_ line: [UInt8]) -> Bool { matches(line, from: 0, part: 0) }

  /// Backtracks; templates are short, and runs mostly end at a blank.
  private func matches(_ text: [UInt8], from start: Int, part: Int) -> Bool {
    guard part < parts.count else { return start == text.count }
    switch parts[part] {
    case .literal(let bytes):
      guard text.count - start >= bytes.count else { return false }
      var place = 0
      while place < bytes.count {
        if text[start + place] != bytes[place] { return false }
        place += 1
      }
      return matches(text, from: start + bytes.count, part: part + 1)
    case .run(let canHaveBlanks):
      if part == parts.count - 1, canHaveBlanks { return start < text.count }
      var end = start
      while end < text.count, canHaveBlanks || text[end] != 32 {
        end += 1
        if matches(text, from: end, part: part + 1) { return true }
      }
      return false
    }
  }
}
