import Bytes
import Model

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
