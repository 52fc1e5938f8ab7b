import Bytes
import Model

/// Reads the value that `unwrap` names out of a row.
struct ValueReader: Sendable {
  private let label: ByteString
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
      isTyped = field.kind == .integer || field.kind == .decimal
    }
    let bytes = text.bytes
    let value = number(bytes.span, isTyped)
    if value == nil {
      row.fail(.sample, "\(label) is no such quantity: \(Quoting.quote(text))")
    }
    for filter in filters where !filter.passes(&row, in: batch) { return nil }
    let isOfRow = row.stream[label] != nil || row.changes[label] != nil
    if isOfRow { row.set(label, nil) }
    return value ?? 0
  }

  private func number(_ text: Span<UInt8>, _ isTyped: Bool) -> Double? {
    switch conversion {
    case nil: Quantity.number(text, isTyped: isTyped)
    case .bytes: Quantity.bytes(text, isTyped: isTyped)
    case .duration, .seconds: Quantity.nanoseconds(text, isTyped: isTyped).map { $0 / 1e9 }
    }
  }
}

/// What the values of one window come to.
enum WindowReduction {
  /// `times` and `values` are of equal count, not empty, oldest first; `length` is that of the
  /// window, in nanoseconds.
  static func reduce(
    _ function: LogRange.Function, _ times: ArraySlice<Int64>, _ values: ArraySlice<Double>,
    length: Int64, parameter: Double
  ) -> Double {
    switch function {
    case .sum: return fold(CompensatedSum(), values)
    case .rate: return fold(CompensatedSum(), values) / seconds(length)
    case .average: return fold(Mean(), values)
    case .minimum: return fold(Minimum(), values)
    case .maximum: return fold(Maximum(), values)
    case .deviation: return fold(Deviation(), values)
    case .variance: return fold(Variance(), values)
    case .first: return values.first ?? .absent
    case .last: return values.last ?? .absent
    case .quantile: return Quantile.of(Array(values), parameter)
    case .rateCounter: return counterRate(times, values, length: length)
    case .count, .absent: return Double(values.count)
    case .bytes, .bytesRate: return .absent
    }
  }

  private static func seconds(_ nanoseconds: Int64) -> Double {
    Double(nanoseconds) / Double(Instant.second)
  }

  private static func fold(
    _ accumulator: some Accumulator, _ values: ArraySlice<Double>
  ) -> Double {
    var accumulator = accumulator
    for value in values { accumulator.add(value) }
    return accumulator.value
  }

  /// The rate of a counter that may start anew. As in Loki, the values are stretched back from the
  /// first one by no more than half, or 1.1 times, their average distance; one value gives 0.
  private static func counterRate(
    _ times: ArraySlice<Int64>, _ values: ArraySlice<Double>, length: Int64
  ) -> Double {
    guard let firstTime = times.first, let lastTime = times.last, let first = values.first,
      let last = values.last, values.count > 1
    else { return 0 }
    var increase = last - first
    var previous = first
    for value in values {
      if value < previous { increase += previous }
      previous = value
    }
    let sampled = seconds(lastTime - firstTime)
    guard sampled > 0 else { return 0 }
    let average = sampled / Double(values.count - 1)
    var toStart = seconds(length)
    if increase > 0, first >= 0 { toStart = Swift.min(toStart, sampled * (first / increase)) }
    let stretched = sampled + (toStart < average * 1.1 ? toStart : average / 2)
    return increase * (stretched / sampled) / seconds(length)
  }
}
