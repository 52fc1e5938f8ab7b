extension PromQL.Windows.Window {
  /// `rate`, `increase` and `delta`: the difference over the window, extrapolated to its ends as
  /// Prometheus 3 does. Nil with less than two samples.
  func extrapolated(isCounter: Bool, isRate: Bool) -> Double? {
    guard count > 1 else { return nil }
    var result = last - first
    if isCounter {
      var before = first
      for index in members.dropFirst() {
        if values[index] < before { result += before }
        before = values[index]
      }
    }
    var toStart = Double(firstTime - start) / 1_000
    var toEnd = Double(end - lastTime) / 1_000
    let sampled = Double(lastTime - firstTime) / 1_000
    let spacing = sampled / Double(count - 1)
    // Samples this close to an end of the window are taken to go on to it; else the series is
    // taken to begin or end half a spacing beyond its samples.
    let threshold = spacing * 1.1
    if toStart >= threshold { toStart = spacing / 2 }
    if isCounter {
      // No counter was below zero.
      var toZero = toStart
      if result > 0, first >= 0 { toZero = sampled * (first / result) }
      if toZero < toStart { toStart = toZero }
    }
    if toEnd >= threshold { toEnd = spacing / 2 }
    var factor = (sampled + toStart + toEnd) / sampled
    if isRate { factor /= Double(end - start) / 1_000 }
    return result * factor
  }

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
    let values = Array(self.values[members])
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
