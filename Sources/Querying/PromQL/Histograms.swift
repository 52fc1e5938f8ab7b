import Bytes
import Model

extension PromQL {
  /// A classic histogram at one instant: cumulative counts by upper bound.
  struct Histogram {
    private(set) var buckets: [Bucket]
    /// Whether counts went down from one bound to the next, and were raised.
    private(set) var isForced = false

    /// A bound, and how many observations lie at or below it.
    struct Bucket {
      let bound: Double
      var count: Double
    }

    /// Whether there is a bucket up to +Inf; without one little can be told.
    var isWhole: Bool { buckets.last?.bound == .infinity }

    init(_ unsorted: [Bucket]) {
      buckets = []
      for bucket in unsorted.sorted(by: { $0.bound < $1.bound }) {
        if let last = buckets.last, last.bound == bucket.bound {
          buckets[buckets.count - 1].count += bucket.count
        } else {
          buckets.append(bucket)
        }
      }
    }

    /// Raises counts that are less than one before; differences of rounding are no observations.
    private mutating func makeMonotonic() {
      var before = buckets[0].count
      for index in buckets.indices.dropFirst() {
        let count = buckets[index].count
        if count == before { continue }
        if Self.isNear(count, before) {
          buckets[index].count = before
        } else if count < before {
          buckets[index].count = before
          isForced = true
        } else {
          before = count
        }
      }
    }

    private static func isNear(_ left: Double, _ right: Double) -> Bool {
      let (sum, difference) = (abs(left) + abs(right), abs(left - right))
      if left == 0 || right == 0 || sum < .leastNormalMagnitude {
        return difference < 1e-12 * .leastNormalMagnitude
      }
      return difference / Swift.min(sum, .greatestFiniteMagnitude) < 1e-12
    }

    /// The value below which a share of the observations lies, linear within a bucket.
    mutating func quantile(_ quantile: Double) -> Double {
      if quantile.isNaN { return .nan }
      if quantile < 0 { return -.infinity }
      if quantile > 1 { return .infinity }
      guard isWhole else { return .nan }
      makeMonotonic()
      guard buckets.count >= 2, let total = buckets.last?.count, total != 0, !total.isNaN else {
        return .nan
      }
      var rank = quantile * total
      let last = buckets.count - 1
      let place = buckets.indices.dropLast().first { buckets[$0].count >= rank } ?? last
      if place == last { return buckets[last - 1].bound }
      if place == 0, buckets[0].bound <= 0 { return buckets[0].bound }
      var start = 0.0
      var count = buckets[place].count
      if place > 0 {
        start = buckets[place - 1].bound
        count -= buckets[place - 1].count
        rank -= buckets[place - 1].count
      }
      return start + (buckets[place].bound - start) * (rank / count)
    }

    /// The share of the observations between two values.
    func fraction(from lower: Double, to upper: Double) -> Double {
      guard isWhole, let total = buckets.last?.count, total != 0, !lower.isNaN, !upper.isNaN else {
        return .nan
      }
      if lower >= upper { return 0 }
      return (rank(of: upper, total) - rank(of: lower, total)) / total
    }

    private func rank(of value: Double, _ total: Double) -> Double {
      var before = 0.0
      for (index, bucket) in buckets.enumerated() {
        let low = index > 0 ? buckets[index - 1].bound : bucket.bound > 0 ? 0 : -.infinity
        if low >= value { return Swift.min(before, total) }
        if bucket.bound > value {
          if low == -.infinity { return Swift.min(bucket.count, total) }
          let share = (value - low) / (bucket.bound - low)
          return Swift.min(before + (bucket.count - before) * share, total)
        }
        before = bucket.count
      }
      return total
    }
  }
}

extension PromQL.Evaluation {
  /// The series of one histogram: each with its bound.
  private struct Family {
    let labels: Labels
    var members: [(bound: Double, series: Int)] = []
  }

  private func families(_ grid: Grid, _ place: PromQL.Place) -> [Family] {
    let label: ByteString = "le"
    var places: [Labels: Int] = [:]
    var families: [Family] = []
    for (index, series) in grid.series.enumerated() {
      let text = series.labels[label] ?? .empty
      guard let bound = Numbers.prometheusFloat(text.bytes.span) else {
        warn(
          "bucket label \"le\" is missing or has a malformed value of \(Quoting.quote(text))"
            + position(place))
        continue
      }
      let labels = series.labels.setting(label, nil)
      let place = places[labels] ?? families.count
      if place == families.count {
        places[labels] = place
        families.append(Family(labels: labels))
      }
      families[place].members.append((bound, index))
    }
    return families
  }

  /// A grid of what `reduce` makes of each histogram at each instant.
  private func mapHistograms(
    _ argument: PromQL.Expression, at instants: PromQL.Instants,
    _ reduce: (inout PromQL.Histogram, Int) -> Double
  ) throws(QueryFault) -> Grid {
    let grid = try vector(argument, at: instants)
    var out = Grid(count: grid.count)
    for family in families(grid, argument.place) {
      try budget.charge(grid.count * family.members.count)
      var values = [Double](repeating: .absent, count: grid.count)
      for index in 0..<grid.count {
        var buckets: [PromQL.Histogram.Bucket] = []
        for (bound, series) in family.members {
          let count = grid.series[series].values[index]
          if !count.isAbsent { buckets.append(.init(bound: bound, count: count)) }
        }
        if buckets.isEmpty { continue }
        var histogram = PromQL.Histogram(buckets)
        values[index] = reduce(&histogram, index)
        if histogram.isForced { informOfForcing(family.labels, argument.place) }
      }
      let series = Grid.Series(labels: family.labels, values: values, dropsName: true)
      if !series.isEmpty { out.series.append(series) }
    }
    return out
  }

  private func informOfForcing(_ labels: Labels, _ place: PromQL.Place) {
    inform(
      "input to histogram_quantile needed to be fixed for monotonicity "
        + "(see https://prometheus.io/docs/prometheus/latest/querying/functions/"
        + "#histogram_quantile) for metric name "
        + Quoting.quote(labels[Labels.metricName] ?? .empty) + position(place))
  }

  func histogramQuantile(
    _ call: PromQL.Call, at instants: PromQL.Instants
  ) throws(QueryFault) -> Grid {
    let quantiles = try scalar(call.arguments[0], at: instants)
    for quantile in quantiles { checkQuantile(quantile, call.arguments[0].place) }
    return try mapHistograms(call.arguments[1], at: instants) { histogram, index in
      histogram.quantile(quantiles[index])
    }
  }

  func histogramFraction(
    _ call: PromQL.Call, at instants: PromQL.Instants
  ) throws(QueryFault) -> Grid {
    let lower = try scalar(call.arguments[0], at: instants)
    let upper = try scalar(call.arguments[1], at: instants)
    return try mapHistograms(call.arguments[2], at: instants) { histogram, index in
      histogram.fraction(from: lower[index], to: upper[index])
    }
  }
}
