import Bytes
import Model

/// Reads the value that `unwrap` names out of a row.
struct ValueReader: Sendable {
  let label: ByteString
  private let conversion: LogUnwrap.Conversion?
  private let filters: [LabelTest]

  init(_ unwrap: LogUnwrap) throws(QueryFault) {
    label = unwrap.label
    conversion = unwrap.conversion
    var filters: [LabelTest] = []
    for filter in unwrap.filters { filters.append(try LabelTest(filter)) }
    self.filters = filters
  }

  /// Nil when the row has no such label, or a filter behind `unwrap` takes it out. The label
  /// leaves the row: it is the value now. What is no number gives 0 and `SampleExtractionErr`.
  func value(of row: inout LogRow, in batch: Batch) -> Double? {
    let text: ByteString
    var isTyped = false
    switch row.value(label, in: batch) {
    case .missing: return nil
    case .own(let own): text = own
    case .field(let field):
      text = batch.string(field.value)
      isTyped = field.kind.isNumber
    }
    let bytes = text.bytes
    let value = number(bytes.span, isTyped)
    if value == nil {
      row.fail(.sample, "\(label) is no such quantity: \(Quoting.quote(text))")
    }
    guard passes(&row, in: batch) else { return nil }
    // Structured metadata join every answer, so that what is a value now must leave them too.
    let isOfRow =
      row.stream[label] != nil || row.changes[label] != nil
      || batch.streamLabels(of: row.record) != nil
    if isOfRow { row.set(label, nil) }
    return value ?? 0
  }

  /// Whether the filters behind `unwrap` let the row pass.
  func passes(_ row: inout LogRow, in batch: Batch) -> Bool {
    for filter in filters where !filter.passes(&row, in: batch) { return false }
    return true
  }

  /// Whether a number that is written as digits is worth just that.
  var readsDigits: Bool { conversion == nil }

  /// What a field is worth; nil when it is no such quantity.
  func number(_ text: Span<UInt8>, _ kind: FieldKind) -> Double? {
    number(text, kind.isNumber)
  }

  private func number(_ text: Span<UInt8>, _ isTyped: Bool) -> Double? {
    switch conversion {
    case nil: Quantity.number(text, isTyped: isTyped)
    case .bytes: Quantity.bytes(text, isTyped: isTyped)
    case .duration, .seconds: Quantity.nanoseconds(text, isTyped: isTyped).map { $0 / 1e9 }
    }
  }
}

extension FieldKind {
  /// Whether the sender stated a number.
  fileprivate var isNumber: Bool { self == .integer || self == .decimal }
}
