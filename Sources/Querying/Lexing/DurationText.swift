import Bytes

/// Durations as both query languages write them: `5m`, `1h30m`, `250ms`.
package enum DurationText {
  /// Nanoseconds of a duration, all bytes of it; nil when it is none or does not fit. PromQL takes
  /// whole numbers in falling units from `y` to `ms`; LogQL takes what Go does too, fractions and
  /// `us`, `µs`, `ns` in any order.
  package static func nanoseconds(_ bytes: Span<UInt8>, dialect: Language) -> Int64? {
    var cursor = Cursor(bytes)
    var total: Int64 = 0
    var rank = Int.max
    guard !cursor.isAtEnd else { return nil }
    while !cursor.isAtEnd {
      let whole = cursor.take(while: \.isDigit)
      var fraction = 0..<0
      if dialect == .logql, cursor.skip(46) { fraction = cursor.take(while: \.isDigit) }
      guard !whole.isEmpty || !fraction.isEmpty,
        let unit = unit(&cursor, dialect: dialect),
        dialect == .logql || unit.rank < rank,
        let part = part(bytes, whole, fraction, unit: unit.nanoseconds),
        let sum = total.adding(part)
      else { return nil }
      rank = unit.rank
      total = sum
    }
    return total
  }

  /// Whether it is digits and units in order, but for its size.
  package static func looksRight(_ bytes: Span<UInt8>) -> Bool {
    var cursor = Cursor(bytes)
    var rank = Int.max
    while !cursor.isAtEnd {
      guard !cursor.take(while: \.isDigit).isEmpty,
        let unit = unit(&cursor, dialect: .promql), unit.rank < rank
      else { return false }
      rank = unit.rank
    }
    return rank < Int.max
  }

  /// As PromQL writes it, in the largest units that divide it: `1h30m`, `0s`, `1y`.
  package static func text(milliseconds: Int64) -> String {
    if milliseconds == 0 { return "0s" }
    if milliseconds < 0 {
      return "-" + text(milliseconds: milliseconds == .min ? .max : -milliseconds)
    }
    var rest = milliseconds
    var text = ""
    for unit in units where unit.nanoseconds >= Instant.millisecond {
      let size = unit.nanoseconds / Instant.millisecond
      // Years and weeks only when nothing is left, so that 90d stays readable.
      if unit.name == "y" || unit.name == "w", rest % size != 0 { continue }
      let count = rest / size
      if count > 0 { text += "\(count)\(unit.name)" }
      rest -= count * size
    }
    return text
  }

  /// A unit: its name, its length, and its place in the order PromQL asks for.
  private struct Unit {
    let name: String
    let nanoseconds: Int64
    let rank: Int
  }

  private static let units: [Unit] = [
    Unit(name: "y", nanoseconds: 365 * 86_400 * Instant.second, rank: 9),
    Unit(name: "w", nanoseconds: 7 * 86_400 * Instant.second, rank: 8),
    Unit(name: "d", nanoseconds: 86_400 * Instant.second, rank: 7),
    Unit(name: "h", nanoseconds: 3_600 * Instant.second, rank: 6),
    Unit(name: "m", nanoseconds: 60 * Instant.second, rank: 5),
    Unit(name: "s", nanoseconds: Instant.second, rank: 4),
    Unit(name: "ms", nanoseconds: Instant.millisecond, rank: 3),
    Unit(name: "us", nanoseconds: 1_000, rank: 2),
    Unit(name: "µs", nanoseconds: 1_000, rank: 2),
    Unit(name: "ns", nanoseconds: 1, rank: 1),
  ]

  private static func unit(_ cursor: inout Cursor, dialect: Language) -> Unit? {
    let name = cursor.take(while: { !$0.isDigit && $0 != 46 })
    let spelled = ByteString(cursor.slice(name))
    guard let unit = units.first(where: { ByteString($0.name) == spelled }),
      dialect == .logql || unit.rank > 2
    else { return nil }
    return unit
  }

  private static func part(
    _ bytes: Span<UInt8>, _ whole: Range<Int>, _ fraction: Range<Int>, unit: Int64
  ) -> Int64? {
    var total: Int64 = 0
    if !whole.isEmpty {
      guard let count = Numbers.integer(bytes.extracting(whole)),
        let product = count.multiplied(by: unit)
      else { return nil }
      total = product
    }
    if !fraction.isEmpty {
      guard
        let value = Numbers.decimal(
          bytes.extracting((fraction.lowerBound - 1)..<fraction.upperBound)),
        let part = Int64(clamping: value * Double(unit))
      else { return nil }
      return total.adding(part)
    }
    return total
  }
}
