#if canImport(Glibc)
  import Glibc
#endif

/// What reduces many values to one.
package protocol Accumulator: Sendable {
  /// Of nothing yet.
  init()
  /// Takes in one more value.
  mutating func add(_ value: Double)
  /// What the values added so far come to; at least one was.
  var value: Double { get }
}

/// One that can take in what another has come to, which took later values.
package protocol MergeableAccumulator: Accumulator {
  /// Takes in another that values were added to.
  mutating func merge(_ other: Self)
}

/// A sum that keeps what rounding loses (Neumaier's variant of Kahan's), as Prometheus sums.
package struct CompensatedSum: MergeableAccumulator {
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

  package mutating func merge(_ other: CompensatedSum) {
    add(other.sum)
    lost += other.lost
  }
}

/// A mean: the compensated sum by the count, and once that sum would overflow, the running mean.
package struct Mean: MergeableAccumulator {
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

  package mutating func merge(_ other: Mean) {
    let total = count + other.count
    if !isRunning, !other.isRunning {
      var next = sum
      next.merge(other.sum)
      if !next.sum.isInfinite {
        sum = next
        count = total
        return
      }
    }
    var mean = CompensatedSum(sum: value * (count / total), lost: 0)
    mean.add(other.value * (other.count / total))
    isRunning = true
    sum = mean
    count = total
  }
}

/// The number of values.
package struct Count: MergeableAccumulator {
  package private(set) var value = 0.0

  package init() {}

  package mutating func add(_ value: Double) { self.value += 1 }

  package mutating func merge(_ other: Count) { value += other.value }
}

/// 1, whatever was added.
package struct Presence: MergeableAccumulator {
  package init() {}

  package mutating func add(_ value: Double) {}

  package var value: Double { 1 }

  package mutating func merge(_ other: Presence) {}
}

/// The smallest value; a NaN only when there is nothing else.
package struct Minimum: MergeableAccumulator {
  package private(set) var value = Double.nan

  package init() {}

  package mutating func add(_ value: Double) {
    if value < self.value || self.value.isNaN { self.value = value }
  }

  package mutating func merge(_ other: Minimum) { add(other.value) }
}

/// The largest value; a NaN only when there is nothing else.
package struct Maximum: MergeableAccumulator {
  package private(set) var value = Double.nan

  package init() {}

  package mutating func add(_ value: Double) {
    if value > self.value || self.value.isNaN { self.value = value }
  }

  package mutating func merge(_ other: Maximum) { add(other.value) }
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
    let rank = quantile * Double(values.count - 1)
    let lower = Swift.min(Swift.max(0, Int(rank.rounded(.down))), values.count - 1)
    let weight = rank - rank.rounded(.down)
    var parted = values
    let (low, high) = part(&parted, at: lower)
    return low * (1 - weight) + high * weight
  }

  private static func isLess(_ left: Double, _ right: Double) -> Bool {
    left < right || (left.isNaN && !right.isNaN)
  }

  /// The value that would stand at `place` if they were in order, and the one behind it, or itself
  /// when it is the last (C. A. R. Hoare, Algorithm 65: FIND).
  private static func part(
    _ values: inout [Double], at place: Int
  ) -> (at: Double, next: Double) {
    var low = 0
    var high = values.count - 1
    // Where that many parts have not been enough, the values were made to resist it.
    var rounds = 2 * (Int.bitWidth - values.count.leadingZeroBitCount) + 8
    while high - low > 32, rounds > 0 {
      rounds -= 1
      let pivot = median(values[low], values[(low + high) / 2], values[high])
      var left = low
      var right = high
      while left <= right {
        while isLess(values[left], pivot) { left += 1 }
        while isLess(pivot, values[right]) { right -= 1 }
        guard left <= right else { break }
        values.swapAt(left, right)
        left += 1
        right -= 1
      }
      if place <= right {
        high = right
      } else if place >= left {
        low = left
      } else {
        (low, high) = (place, place)
      }
    }
    if low < high { values[low...high].sort(by: isLess) }
    let found = values[place]
    guard place + 1 < values.count else { return (found, found) }
    if place < high { return (found, values[place + 1]) }
    var next = values[place + 1]
    for value in values[(place + 1)...] where isLess(value, next) { next = value }
    return (found, next)
  }

  private static func median(_ first: Double, _ second: Double, _ third: Double) -> Double {
    let (low, high) = isLess(second, first) ? (second, first) : (first, second)
    if isLess(third, low) { return low }
    return isLess(high, third) ? high : third
  }
}
