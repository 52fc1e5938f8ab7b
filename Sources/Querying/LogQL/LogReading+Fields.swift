package import Bytes
import Model

/// A stream label, and how many values it has.
package struct DetectedLabel: Sendable, Equatable {
  package let name: ByteString
  package let cardinality: Int
}

/// A field that lines have, as structured metadata or in their text.
package struct DetectedField: Sendable, Equatable {
  /// What its values are, as Loki calls it.
  package enum Kind: String, Sendable {
    case text = "string"
    case integer = "int"
    case decimal = "float"
    case boolean
    case duration
    case bytes
  }

  package let name: ByteString
  package let kind: Kind
  package let values: Set<ByteString>
  /// The LogQL stages that find it; none for what is kept beside the line.
  package let parsers: [ByteString]
}

extension LogReading {
  /// Labels that are told however their values look.
  private static let plainLabels: Set<ByteString> = ["cluster", "namespace", "instance", "pod"]

  /// The labels of the streams, sorted by name. Those whose values are all numbers or UUIDs are
  /// left out, since nobody chooses among them.
  package func detectedLabels(of selection: LogSelection) throws -> [DetectedLabel] {
    var values: [ByteString: Set<ByteString>] = [:]
    let selectors = selection.matchers.isEmpty ? [] : [selection.matchers]
    for labels in try LogMetadata.series(
      of: selectors, from: source, scope: scope, start: start, end: end, budget: budget)
    {
      for pair in labels.pairs { values[pair.name, default: []].insert(pair.value) }
    }
    return values.sorted { $0.key < $1.key }.compactMap { name, found in
      if !Self.plainLabels.contains(name), found.allSatisfy(Self.isIdentifier) { return nil }
      return DetectedLabel(name: name, cardinality: found.count)
    }
  }

  /// The fields of the newest lines, at most `lineLimit` of them, sorted by name: typed fields and
  /// structured metadata, and what `json` or else `logfmt` finds in a line.
  package func detectedFields(
    of selection: LogSelection, lineLimit: Int, limit: Int
  ) throws -> [DetectedField] {
    let value = try LogQL.lines(
      .lines(selection), from: source, scope: scope, start: start, end: end,
      limit: min(lineLimit, Limits.rowsPerQuery), direction: .backward, budget: budget)
    guard case .streams(let streams) = value else { return [] }
    var table = FieldTable(scope: scope)
    for stream in streams {
      for line in stream.lines { table.add(line, of: stream.labels) }
    }
    return Array(table.fields.prefix(limit))
  }

  private static func isIdentifier(_ value: ByteString) -> Bool {
    if Numbers.decimal(value.bytes.span) != nil { return true }
    guard value.count == 36 else { return false }
    return value.bytes.enumerated().allSatisfy { index, byte in
      [8, 13, 18, 23].contains(index) ? byte == 45 : byte.hexValue != nil
    }
  }
}

/// Gathers the fields of lines.
private struct FieldTable {
  /// One field so far.
  private struct Entry {
    var kind: DetectedField.Kind
    var values: Set<ByteString>
    var parsers: Set<ByteString>
  }

  private var entries: [ByteString: Entry] = [:]
  private let scope: Scope

  init(scope: Scope) {
    self.scope = scope
  }

  var fields: [DetectedField] {
    entries.sorted { $0.key < $1.key }.map { name, entry in
      DetectedField(
        name: name, kind: entry.kind, values: entry.values, parsers: entry.parsers.sorted())
    }
  }

  mutating func add(_ line: LogStream.Line, of labels: Labels) {
    for field in line.fields where field.name != StreamLabels.field {
      add(LogLabels.sanitized(field.name), field.value, parser: nil)
    }
    var row = LogRow(scope: scope)
    row.start(Record(time: line.time, receivedAt: line.time), stream: labels)
    var parser: ByteString = "json"
    JSONLabels.flatten(line.text.bytes.span, into: &row)
    if row.error != nil {
      row.start(Record(time: line.time, receivedAt: line.time), stream: labels)
      parser = "logfmt"
      LogfmtLabels(isStrict: false, wanted: []).extract(from: line.text.bytes.span, into: &row)
    }
    for (name, value) in row.changes {
      if let value { add(name, value, parser: parser) }
    }
  }

  private mutating func add(_ name: ByteString, _ value: ByteString, parser: ByteString?) {
    guard !value.isEmpty else { return }
    var entry =
      entries[name] ?? Entry(kind: Self.kind(of: value), values: [], parsers: [])
    entry.values.insert(value)
    if let parser { entry.parsers.insert(parser) }
    entries[name] = entry
  }

  private static func kind(of value: ByteString) -> DetectedField.Kind {
    let bytes = value.bytes.span
    if Numbers.integer(bytes) != nil { return .integer }
    if Numbers.decimal(bytes) != nil { return .decimal }
    if value == "true" || value == "false" { return .boolean }
    if DurationText.nanoseconds(bytes, dialect: .logql) != nil { return .duration }
    return SizeText.bytes(bytes) != nil ? .bytes : .text
  }
}
