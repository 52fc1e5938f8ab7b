#if canImport(Glibc)
  import Glibc
#endif

/// What reduces many values to one.
package protocol Accumulator {
  /// Of nothing yet.
  init()
  /// Takes in one more value.
  mutating func add(_ value: Double)
  /// What the values added so far come to; at least one was.
  var value: Double { get }
}

/// A sum that keeps what rounding loses (Neumaier's variant of Kahan's), as Prometheus sums.
package struct CompensatedSum: Accumulator {
  package private(set) var sum = 0.0
  package private(set) var lost = 0.0

  package init() {}

  package init(sum: Double, lost: Double) {
    self.sum = sum
    self.lost = lost
  }

  package mutating func add(_ value: Double) {
    let total = sum + value
    if total.isInfinite {
      lost = 0
    } else if abs(sum) >= abs(value) {
      lost += (sum - total) + value
    } else {
      lost += (value - total) + sum
    }
    sum = total
  }

  package var value: Double { sum + lost }
}

/// A mean: the compensated sum by the count, and once that sum would overflow, the running mean.
package struct Mean: Accumulator {
  private var sum = CompensatedSum()
  private var count = 0.0
  private var isRunning = false

  package init() {}

  package mutating func add(_ value: Double) {
    count += 1
    if count == 1 {
      sum = CompensatedSum(sum: value, lost: 0)
      return
    }
    if !isRunning {
      var next = sum
      next.add(value)
      if !next.sum.isInfinite {
        sum = next
        return
      }
      isRunning = true
      sum = CompensatedSum(sum: sum.sum / (count - 1), lost: sum.lost / (count - 1))
    }
    let share = (count - 1) / count
    sum = CompensatedSum(sum: share * sum.sum, lost: share * sum.lost)
    sum.add(value / count)
  }

  package var value: Double {
    isRunning ? sum.value : sum.sum / count + sum.lost / count
  }
}

/// The number of values.
package struct Count: Accumulator {
  package private(set) var value = 0.0

  package init() {}

  package mutating func add(_ value: Double) { self.value += 1 }
}

/// 1, whatever was added.
package struct Presence: Accumulator {
  package init() {}

  package mutating func add(_ value: Double) {}

  package var value: Double { 1 }
}

/// The smallest value; a NaN only when there is nothing else.
package struct Minimum: Accumulator {
  package private(set) var value = Double.nan

  package init() {}

  package mutating func add(_ value: Double) {
    if value < self.value || self.value.isNaN { self.value = value }
  }
}

/// The largest value; a NaN only when there is nothing else.
package struct Maximum: Accumulator {
  package private(set) var value = Double.nan

  package init() {}

  package mutating func add(_ value: Double) {
    if value > self.value || self.value.isNaN { self.value = value }
  }
}

/// The variance of the whole population (Welford's method, compensated).
package struct Variance: Accumulator {
  private var mean = CompensatedSum()
  private var squares = CompensatedSum()
  private var count = 0.0

  package init() {}

  package mutating func add(_ value: Double) {
    count += 1
    let delta = value - mean.value
    mean.add(delta / count)
    squares.add(delta * (value - mean.value))
  }

  package var value: Double { squares.value / count }
}

/// The square root of the variance.
package struct Deviation: Accumulator {
  private var variance = Variance()

  package init() {}

  package mutating func add(_ value: Double) { variance.add(value) }

  package var value: Double { variance.value.squareRoot() }
}

/// Quantiles as Prometheus interpolates them.
package enum Quantile {
  /// The quantile of values in any order; a NaN counts as smaller than all. Empty or a NaN
  /// quantile is NaN, below 0 is -Inf, above 1 is +Inf.
  package static func of(_ values: [Double], _ quantile: Double) -> Double {
    if values.isEmpty || quantile.isNaN { return .nan }
    if quantile < 0 { return -.infinity }
    if quantile > 1 { return .infinity }
    let sorted = values.sorted { $0 < $1 || ($0.isNaN && !$1.isNaN) }
    let rank = quantile * Double(sorted.count - 1)
    let lower = Swift.min(Swift.max(0, Int(rank.rounded(.down))), sorted.count - 1)
    let upper = Swift.min(sorted.count - 1, lower + 1)
    let weight = rank - rank.rounded(.down)
    return sorted[lower] * (1 - weight) + sorted[upper] * weight
  }
}
