/// The sums of a series' values up to each of them, so that a window's sum is a difference of two
/// however long it is.
///
/// Sums are kept as two floats that do not overlap, some 106 bits (T. J. Dekker, "A floating-point
/// technique for extending the available precision", 1971). A difference that has lost more than 40
/// of them is none: such a window is to be added up by itself.
package struct RunningSums {
  /// Shorter windows are as quickly added up.
  private static let shortest = 16
  private static let lostBits = 0x1p-40

  private var high: [Double]
  private var low: [Double]
  private var largest = 0.0

  /// Nil when a value, or the sum, is not finite.
  package init?(_ values: [Double]) {
    high = [0]
    low = [0]
    high.reserveCapacity(values.count + 1)
    low.reserveCapacity(values.count + 1)
    var (sum, rest) = (0.0, 0.0)
    for value in values {
      let (total, error) = Self.added(sum, value)
      let lost = error + rest
      sum = total + lost
      rest = lost - (sum - total)
      guard sum.isFinite, rest.isFinite else { return nil }
      high.append(sum)
      low.append(rest)
      largest = max(largest, sum.magnitude)
    }
  }

  /// The sum of the values at those places; nil when they are better added up one by one.
  package func sum(of places: Range<Int>) -> (high: Double, low: Double)? {
    guard places.count >= Self.shortest else { return nil }
    let (total, error) = Self.added(high[places.upperBound], -high[places.lowerBound])
    let lost = error + (low[places.upperBound] - low[places.lowerBound])
    let sum = total + lost
    guard sum.magnitude >= largest * Self.lostBits else { return nil }
    return (sum, lost - (sum - total))
  }

  /// The sum, and what rounding took from it (D. E. Knuth, TAOCP 2, 4.2.2, theorem B).
  private static func added(_ left: Double, _ right: Double) -> (sum: Double, error: Double) {
    let sum = left + right
    let part = sum - left
    return (sum, (left - (sum - part)) + (right - part))
  }
}
