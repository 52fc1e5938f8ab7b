import Bytes
import Model
import Synchronization

extension PromQL {
  /// The names of metrics that are none of a counter's.
  final class GaugeNames: Sendable {
    private static let suffixes: [ByteString] = ["_total", "_sum", "_count", "_bucket"]
    private let noted = Mutex<Set<ByteString>>([])

    var names: Set<ByteString> { noted.withLock { $0 } }

    /// Notes the name of a series.
    func note(_ labels: Labels) {
      guard let name = labels[Labels.metricName], !Self.suffixes.contains(where: name.hasSuffix)
      else { return }
      noted.withLock { _ = $0.insert(name) }
    }
  }
}

/// What `rate`, `increase` and `delta` make of the times of a window: its difference is
/// extrapolated to its ends as Prometheus 3 does.
private struct WindowEdges: Sendable {
  /// Which samples lie inside.
  let members: Range<Int>
  /// The index of the window's instant.
  let index: Int
  /// Seconds from the first sample to the last.
  let sampled: Double
  /// Seconds that the series is taken to go on before and behind them.
  let toStart: Double
  let toEnd: Double
  /// What the difference is multiplied by.
  let factor: Double
  /// The window's own seconds, or 1 when the answer is not per second.
  let divisor: Double

  /// Nil with less than two samples.
  init?(
    _ times: Span<Int64>, _ members: Range<Int>, index: Int, end: Int64, range: Int64,
    isRate: Bool
  ) {
    guard members.count > 1 else { return nil }
    let (first, last) = (times[members.lowerBound], times[members.upperBound - 1])
    let sampled = Double(last - first) / 1_000
    let spacing = sampled / Double(members.count - 1)
    // Samples this close to an end of the window are taken to go on to it; else the series is
    // taken to begin or end half a spacing beyond its samples.
    let threshold = spacing * 1.1
    let toStart = Double(first - (end - range)) / 1_000
    let toEnd = Double(end - last) / 1_000
    self.members = members
    self.index = index
    self.sampled = sampled
    self.toStart = toStart >= threshold ? spacing / 2 : toStart
    self.toEnd = toEnd >= threshold ? spacing / 2 : toEnd
    divisor = isRate ? Double(range) / 1_000 : 1
    factor = (sampled + self.toStart + self.toEnd) / sampled / divisor
  }

  /// The factor for a counter that grew by `increase` from `first`.
  func factor(ofCounter first: Double, increase: Double) -> Double {
    // No counter was below zero. One that has grown by less than it began with was zero longer ago
    // than is looked back.
    guard increase > 0, first >= 0, first < increase || toStart > sampled else { return factor }
    let toZero = sampled * (first / increase)
    return toZero < toStart ? (sampled + toZero + toEnd) / sampled / divisor : factor
  }
}

extension PromQL.Windows {
  /// `rate` or `increase`, which are of counters, or `delta`.
  func differences(ofCounters: Bool, perSecond: Bool, budget: Budget) -> PromQL.Columns {
    PromQL.Columns(
      of: self, dropsName: true, gauges: ofCounters ? PromQL.GaugeNames() : nil, budget: budget,
      shared: { edges(of: $0, isRate: perSecond) }
    ) { (column, edges, values) in
      let own = column.values.span
      var falls = false
      for index in own.indices.dropFirst() { falls = falls || own[index] < own[index - 1] }
      Self.fill(&values, edges, own, ofCounters: ofCounters, addsResets: ofCounters && falls)
    }
  }

  private func edges(of times: [Int64], isRate: Bool) -> [WindowEdges] {
    members(of: times).enumerated().compactMap { index, members in
      WindowEdges(
        times.span, members, index: index, end: ends[index], range: range, isRate: isRate)
    }
  }

  private static func fill(
    _ values: inout [Double], _ edges: [WindowEdges], _ own: Span<Double>, ofCounters: Bool,
    addsResets: Bool
  ) {
    for edge in edges {
      let first = own[edge.members.lowerBound]
      var difference = own[edge.members.upperBound - 1] - first
      if addsResets { addFalls(own, edge.members, to: &difference) }
      values[edge.index] =
        difference
        * (ofCounters ? edge.factor(ofCounter: first, increase: difference) : edge.factor)
    }
  }

  /// Adds what a counter had where it began anew.
  private static func addFalls(
    _ values: Span<Double>, _ members: Range<Int>, to difference: inout Double
  ) {
    for index in members.dropFirst() where values[index] < values[index - 1] {
      difference += values[index - 1]
    }
  }
}

extension PromQL.Windows.Window {
  /// `irate` and `idelta`: between the last two samples.
  func instantaneous(isRate: Bool) -> Double? {
    guard count > 1 else { return nil }
    let before = values[members.upperBound - 2]
    var result = last - before
    if !isRate { return result }
    if last < before { result = last }
    let interval = lastTime - times[members.upperBound - 2]
    guard interval > 0 else { return nil }
    return result / (Double(interval) / 1_000)
  }

  /// The straight line nearest to the samples: its slope per second, and its value at `origin`.
  func regression(at origin: Int64) -> (slope: Double, intercept: Double)? {
    guard count > 1 else { return nil }
    var (x, y) = (CompensatedSum(), CompensatedSum())
    var (xy, xx) = (CompensatedSum(), CompensatedSum())
    var isConstant = true
    for index in members {
      if values[index] != first { isConstant = false }
      let seconds = Double(times[index] - origin) / 1_000
      x.add(seconds)
      y.add(values[index])
      xy.add(seconds * values[index])
      xx.add(seconds * seconds)
    }
    if isConstant { return first.isInfinite ? (.nan, .nan) : (0, first) }
    let n = Double(count)
    let covariance = xy.value - x.value * y.value / n
    let variance = xx.value - x.value * x.value / n
    let slope = covariance / variance
    return (slope, y.value / n - slope * x.value / n)
  }

  /// Holt's smoothing by a factor for the level and one for the trend.
  func smoothed(level: Double, trend: Double) -> Double? {
    guard count > 1 else { return nil }
    var before = 0.0
    var now = first
    var slope = values[members.lowerBound + 1] - first
    for (place, index) in members.dropFirst().enumerated() {
      if place > 0 { slope = trend * (now - before) + (1 - trend) * slope }
      let next = level * values[index] + (1 - level) * (now + slope)
      before = now
      now = next
    }
    return now
  }

  var changes: Double {
    var total = 0.0
    for index in members.dropFirst() {
      let (before, after) = (values[index - 1], values[index])
      if before != after, !(before.isNaN && after.isNaN) { total += 1 }
    }
    return total
  }

  var resets: Double {
    var total = 0.0
    for index in members.dropFirst() where values[index] < values[index - 1] { total += 1 }
    return total
  }

  /// The median of the distances from the median; NaN when any value is.
  var medianDeviation: Double {
    let values = ownValues
    if values.contains(where: \.isNaN) { return .nan }
    let median = Quantile.of(values, 0.5)
    return Quantile.of(values.map { abs($0 - median) }, 0.5)
  }

  /// When the best value was seen last, by `isBetter`; seconds.
  func timeOfBest(_ isBetter: (Double, Double) -> Bool) -> Double {
    var best = members.lowerBound
    for index in members.dropFirst()
    where isBetter(values[index], values[best]) || values[best].isNaN {
      best = index
    }
    return Double(times[best]) / 1_000
  }
}
