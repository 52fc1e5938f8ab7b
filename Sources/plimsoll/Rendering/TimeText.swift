import Bytes

/// Times and lengths of time as flags take them.
package enum TimeText {
  /// An instant in nanoseconds since 1970: `now`, relative to now as in `-1h` or `+5m`, RFC 3339,
  /// or seconds since 1970. Nil when it is none.
  package static func instant(_ text: String, now: Int64) -> Int64? {
    let relative = text.hasPrefix("now") ? String(text.dropFirst(3)) : text
    if text == "now" { return now }
    if let sign = relative.first, sign == "-" || sign == "+",
      let length = length(String(relative.dropFirst())), relative.last?.isNumber != true
    {
      return now.adding(sign == "-" ? -length : length)
    }
    let bytes = Array(text.utf8)
    return Instant.parse(bytes.span) ?? Instant.parseEpoch(bytes.span)
  }

  /// Where a search begins: an instant, or how long ago, as in `1h`.
  package static func since(_ text: String, now: Int64) -> Int64? {
    if text.last?.isLetter == true, let length = length(text) { return now.adding(-length) }
    return instant(text, now: now)
  }

  /// Nanoseconds of `90`, `15s`, `500ms`, `5m`, `1h30m`, `2d`; nil when it is none.
  package static func length(_ text: String) -> Int64? {
    let units = [
      "ms": 0.001, "s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800, "y": 31_536_000,
    ]
    var seconds = 0.0
    var rest = Substring(text)
    repeat {
      let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
      rest = rest.dropFirst(digits.count)
      let unit = rest.prefix { $0.isLetter }
      rest = rest.dropFirst(unit.count)
      guard let amount = Double(digits) else { return nil }
      if unit.isEmpty {
        guard rest.isEmpty, seconds == 0 else { return nil }
        seconds = amount
      } else {
        guard let scale = units[String(unit)] else { return nil }
        seconds += amount * scale
      }
    } while !rest.isEmpty
    return Int64(clamping: seconds * 1e9)
  }

  /// Distances of points that people like to read, in seconds.
  private static let steps: [Int64] = [
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200,
    86_400, 172_800, 604_800, 1_209_600, 2_592_000, 7_776_000, 31_536_000,
  ]

  /// The shortest good distance, in nanoseconds, of which at most `count` make up a length.
  package static func step(for length: Int64, count: Int) -> Int64 {
    let least = length / Int64(max(1, count))
    let step = steps.first { $0 * Instant.second >= least } ?? steps[steps.count - 1]
    // Longer still: as many years as it takes.
    let whole = step * Instant.second
    return whole >= least ? whole : (least / whole + 1).multiplied(by: whole) ?? .max
  }
}
