import Bytes
import Model

extension PromQL.Evaluation {
  /// What an expression comes to, its memory held; what led to it is free again.
  func evaluate(
    _ expression: PromQL.Expression, at instants: PromQL.Instants
  ) throws(QueryFault) -> PromQL.Value {
    let before = budget.held
    let value = try value(of: expression, at: instants)
    budget.settle(at: before)
    try budget.hold(value.bytes)
    return value
  }
}

extension PromQL.Value {
  /// What it takes in memory, roughly. Windows that are not read yet take none.
  var bytes: Int {
    switch self {
    case .scalar(let values): return values.count * 8
    case .string(let text): return text.count
    case .vector(let grid): return grid.bytes
    case .matrix(let windows):
      guard case .held(let series) = windows.origin else { return 0 }
      return series.reduce(0) {
        $0 + $1.times.count * ReadMeter.sampleBytes + Grid.seriesBytes
      }
    }
  }
}

extension Grid {
  /// A series without its values: its labels, mostly shared, and its arrays.
  static let seriesBytes = 160

  /// What it takes in memory, roughly.
  var bytes: Int { series.count * (Self.seriesBytes + count * 8) }
}
