/// The greatest value of ranges that move forward (a monotonic queue): each value is looked at
/// twice, however long the ranges are.
struct RunningBest {
  /// Places of values that may still become the greatest: each is greater than all that follow, or
  /// equal.
  private var candidates: [Int] = []
  private var first = 0
  private var next = 0

  /// The first of the greatest values in a range that is not empty, whose ends are not before those
  /// of the last one; NaN when it has no other.
  mutating func value(of range: Range<Int>, _ values: Span<Double>) -> Double {
    // What was skipped between two ranges is in neither.
    next = max(next, range.lowerBound)
    while next < range.upperBound {
      let value = values[next]
      if !value.isNaN {
        while candidates.count > first, values[candidates[candidates.count - 1]] < value {
          candidates.removeLast()
        }
        candidates.append(next)
      }
      next += 1
    }
    while first < candidates.count, candidates[first] < range.lowerBound { first += 1 }
    return first < candidates.count ? values[candidates[first]] : values[range.lowerBound]
  }
}
