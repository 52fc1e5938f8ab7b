import Bytes

#if canImport(Glibc)
  import Glibc
#endif

extension PromQL {
  /// The functions that change each number of a vector by itself.
  enum Mathematics {
    static func function(_ name: String) -> ((Double) -> Double)? { table[name] }

    /// The greater of two numbers: an infinity before a NaN, 0 before -0, as Go's `math.Max`.
    static func greater(_ left: Double, _ right: Double) -> Double {
      if left == .infinity || right == .infinity { return .infinity }
      if left.isNaN || right.isNaN { return .nan }
      if left == right { return left.sign == .minus ? right : left }
      return left > right ? left : right
    }

    /// The lesser of two numbers, as Go's `math.Min`.
    static func lesser(_ left: Double, _ right: Double) -> Double { -greater(-left, -right) }

    private static let table: [String: @Sendable (Double) -> Double] = [
      "abs": { abs($0) },
      "ceil": { $0.rounded(.up) },
      "floor": { $0.rounded(.down) },
      "exp": { exp($0) },
      "ln": { log($0) },
      "log2": { log2($0) },
      "log10": { log10($0) },
      "sqrt": { $0.squareRoot() },
      "sgn": { $0 < 0 ? -1 : $0 > 0 ? 1 : $0 },
      "sin": { sin($0) },
      "cos": { cos($0) },
      "tan": { tan($0) },
      "asin": { asin($0) },
      "acos": { acos($0) },
      "atan": { atan($0) },
      "sinh": { sinh($0) },
      "cosh": { cosh($0) },
      "tanh": { tanh($0) },
      "asinh": { asinh($0) },
      "acosh": { acosh($0) },
      "atanh": { atanh($0) },
      "rad": { $0 * .pi / 180 },
      "deg": { $0 * 180 / .pi },
    ]
  }

  /// The functions that read a number of seconds since 1970 as a time in UTC. What is no time, or
  /// more than 30 million years away, is NaN.
  enum CivilTime {
    static func function(_ name: String) -> ((Double) -> Double)? {
      guard let part = table[name] else { return nil }
      return { value in
        guard abs(value) < 1e15 else { return .nan }
        var (day, clock) = Int(value).quotientAndRemainder(dividingBy: 86_400)
        if clock < 0 {
          clock += 86_400
          day -= 1
        }
        return Double(part(day, clock))
      }
    }

    private static let table: [String: @Sendable (Int, Int) -> Int] = [
      "minute": { _, clock in clock / 60 % 60 },
      "hour": { _, clock in clock / 3_600 },
      "day_of_week": { day, _ in ((day + 4) % 7 + 7) % 7 },
      "day_of_month": { day, _ in Instant.date(days: day).day },
      "day_of_year": { day, _ in
        day - Instant.days(year: Instant.date(days: day).year, month: 1, day: 1) + 1
      },
      "days_in_month": { day, _ in
        let date = Instant.date(days: day)
        return Instant.daysIn(month: date.month, year: date.year)
      },
      "month": { day, _ in Instant.date(days: day).month },
      "year": { day, _ in Instant.date(days: day).year },
    ]
  }
}
