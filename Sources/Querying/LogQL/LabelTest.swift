import Bytes
import Model

/// A label filter made ready to run.
indirect enum LabelTest: Sendable {
  case text(Matcher)
  case number(ByteString, LabelFilter.Comparison, Double)
  case duration(ByteString, LabelFilter.Comparison, Double)
  case size(ByteString, LabelFilter.Comparison, Double)
  case address(ByteString, isNegated: Bool, AddressRange)
  case all([LabelTest])
  case any([LabelTest])

  /// Throws on an address that is none.
  init(_ filter: LabelFilter) throws(QueryFault) {
    switch filter {
    case .text(let matcher): self = .text(matcher)
    case .number(let label, let comparison, let value): self = .number(label, comparison, value)
    case .duration(let label, let comparison, let value):
      self = .duration(label, comparison, Double(value))
    case .size(let label, let comparison, let value): self = .size(label, comparison, value)
    case .address(let label, let isNegated, let text):
      guard let range = AddressRange(text) else {
        throw QueryFault(.badData, "ip: invalid pattern \(Quoting.quote(text))")
      }
      self = .address(label, isNegated: isNegated, range)
    case .all(let parts):
      var tests: [LabelTest] = []
      for part in parts { tests.append(try LabelTest(part)) }
      self = .all(tests)
    case .any(let parts):
      var tests: [LabelTest] = []
      for part in parts { tests.append(try LabelTest(part)) }
      self = .any(tests)
    }
  }

  /// Whether the row passes. A value that is no number lets it pass with `LabelFilterErr`, and so
  /// does a row that has an error already, as Loki has it: errors are to be seen.
  func passes(_ row: inout LogRow, in batch: Batch) -> Bool {
    switch self {
    case .text(let matcher): return row.accepts(matcher, in: batch)
    case .number(let label, let comparison, let value):
      return compare(label, comparison, value, &row, batch, Quantity.number)
    case .duration(let label, let comparison, let value):
      return compare(label, comparison, value, &row, batch, Quantity.nanoseconds)
    case .size(let label, let comparison, let value):
      return compare(label, comparison, value, &row, batch, Quantity.bytes)
    case .address(let label, let isNegated, let range):
      if row.error != nil { return true }
      switch row.value(label, in: batch) {
      case .missing: return false
      case .own(let text): return range.isFound(in: text.bytes.span) != isNegated
      case .field(let field): return range.isFound(in: batch.bytes(field.value)) != isNegated
      }
    case .all(let parts):
      // Each part runs, as Loki has it, so that an error of a later one shows.
      var passes = true
      for part in parts { passes = part.passes(&row, in: batch) && passes }
      return passes
    case .any(let parts):
      for part in parts where part.passes(&row, in: batch) { return true }
      return false
    }
  }

  private func compare(
    _ label: ByteString, _ comparison: LabelFilter.Comparison, _ value: Double,
    _ row: inout LogRow, _ batch: Batch, _ read: (Span<UInt8>, Bool) -> Double?
  ) -> Bool {
    if row.error != nil { return true }
    let found: Double?
    let spelled: ByteString
    switch row.value(label, in: batch) {
    case .missing: return false
    case .own(let text):
      found = read(text.bytes.span, false)
      spelled = text
    case .field(let field):
      found = read(batch.bytes(field.value), field.kind == .integer || field.kind == .decimal)
      spelled = found == nil ? batch.string(field.value) : .empty
    }
    guard let found else {
      row.fail(.filter, "\(label) is no such quantity: \(Quoting.quote(spelled))")
      return true
    }
    return comparison.holds(found, value)
  }
}

/// Quantities as label values spell them. `isTyped` says that the value is a number of a record's
/// typed field: the house's durations are seconds.
enum Quantity {
  static func number(_ text: Span<UInt8>, isTyped: Bool) -> Double? {
    Numbers.prometheusFloat(text)
  }

  /// A duration as Go writes it.
  static func nanoseconds(_ text: Span<UInt8>, isTyped: Bool) -> Double? {
    if isTyped, let seconds = Numbers.decimal(text) { return seconds * 1e9 }
    if text.equals("0") { return 0 }
    guard text.count > 1, text[0] == 45 || text[0] == 43 else {
      return DurationText.nanoseconds(text, dialect: .logql).map(Double.init)
    }
    let length = DurationText.nanoseconds(text.extracting(1..<text.count), dialect: .logql)
    return length.map { text[0] == 45 ? -Double($0) : Double($0) }
  }

  /// A size with or without a unit and a blank before it.
  static func bytes(_ text: Span<UInt8>, isTyped: Bool) -> Double? {
    if let plain = Numbers.decimal(text) { return plain < 0 ? nil : plain }
    guard let blank = text.firstIndex(of: 32) else { return SizeText.bytes(text) }
    let joined =
      ByteString(text.extracting(0..<blank)).bytes
      + ByteString(text.extracting((blank + 1)..<text.count)).bytes
    return SizeText.bytes(joined.span)
  }
}
