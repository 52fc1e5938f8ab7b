import Bytes

/// Counts of log lines by time and level, a bar for each time.
package struct LogHistogram {
  /// From bad to good; what is none of them comes last.
  private static let levels: [(name: String, mark: Character)] = [
    ("critical", "█"), ("error", "▓"), ("warning", "▒"), ("info", "░"), ("debug", "·"),
    ("trace", "."),
  ]
  private static let other: Character = ":"
  private static let width = 80
  private static let bars = 24

  /// The query that counts what a log query finds by level, over windows of a length in
  /// nanoseconds.
  package static func query(_ query: String, step: Int64) -> String {
    // The line feed ends a comment that the query may end with.
    "sum by (level) (count_over_time(\(query)\n[\(step / Instant.second)s]))"
  }

  /// The length of a bar's time in nanoseconds, and the ends of the first and the last, for lines
  /// of `from..<to`.
  package static func windows(
    from: Int64, to: Int64
  ) -> (step: Int64, first: Int64, last: Int64) {
    let length = to.subtractingReportingOverflow(from)
    let step = TimeText.step(for: length.overflow ? .max : max(1, length.partialValue), count: bars)
    func ceiling(_ time: Int64) -> Int64 {
      let rest = time % step
      return rest == 0 ? time : time.adding(rest > 0 ? step - rest : -rest) ?? time
    }
    let last = ceiling(to)
    return (step, min(last, ceiling(from.adding(1) ?? from)), last)
  }

  /// The bars of a range answer of that query; a window's count stands at its end.
  package static func text(
    _ answer: QueryAnswer, windows: (step: Int64, first: Int64, last: Int64), _ style: Style
  ) -> String {
    var counts: [Int64: [String: Double]] = [:]
    var totals: [String: Double] = [:]
    for series in answer.series {
      let level = series.label("level").isEmpty ? "unknown" : series.label("level")
      for point in series.points where point.value.isFinite && point.value > 0 {
        counts[point.time, default: [:]][level, default: 0] += point.value
        totals[level, default: 0] += point.value
      }
    }
    let sums = counts.mapValues { $0.values.reduce(0, +) }
    guard let most = sums.values.max(), windows.step > 0 else { return "no lines" }
    let order = totals.keys.sorted { (rank($0), $0) < (rank($1), $1) }
    let countWidth = number(most).count
    let bar = max(10, min(200, style.width ?? width) - 19 - 2 - countWidth - 2)
    var lines: [String] = []
    var end = windows.first
    while end <= windows.last, lines.count < 10_000 {
      let time = end / Instant.millisecond
      let start = Instant.text(end.adding(-windows.step) ?? end)
      let clock = String(start.prefix(19)).replacing("T", with: " ")
      let segments = segments(counts[time] ?? [:], order, of: most, bar)
      let drawn = zip(order, segments).map { level, length in
        style.paint(
          String(repeating: mark(level), count: length), Style.color(ofLevel: level))
      }.joined()
      let count = TextWidth.padded(number(sums[time] ?? 0), to: countWidth, isRight: true)
      lines.append(
        style.paint(clock, .gray) + "  " + count + (drawn.isEmpty ? "" : "  " + drawn))
      guard let following = end.adding(windows.step) else { break }
      end = following
    }
    let legend = order.map { level in
      style.paint(String(mark(level)), Style.color(ofLevel: level))
        + " \(VisibleText.line(level)) \(number(totals[level] ?? 0))"
    }
    return (lines + [legend.joined(separator: "  ")]).joined(separator: "\n")
  }

  /// How long each level's part of a bar is; what there is shows.
  private static func segments(
    _ counts: [String: Double], _ order: [String], of most: Double, _ width: Int
  ) -> [Int] {
    var lengths = order.map { level -> Int in
      guard let count = counts[level], count > 0 else { return 0 }
      return max(1, Int((count / most * Double(width)).rounded()))
    }
    var excess = lengths.reduce(0, +) - width
    while excess > 0, let longest = lengths.indices.max(by: { lengths[$0] < lengths[$1] }),
      lengths[longest] > 1
    {
      lengths[longest] -= 1
      excess -= 1
    }
    return lengths
  }

  private static func rank(_ level: String) -> Int {
    levels.firstIndex { $0.name == level } ?? levels.count
  }

  private static func mark(_ level: String) -> Character {
    levels.first { $0.name == level }?.mark ?? other
  }

  private static func number(_ value: Double) -> String {
    Int64(clamping: value).map(String.init) ?? "\(value)"
  }
}
