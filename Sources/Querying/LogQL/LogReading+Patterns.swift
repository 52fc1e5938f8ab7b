package import Bytes
package import Model

/// What many lines have in common, with `<_>` for what differs, as the line filter `|>` takes it.
package struct LogPattern: Sendable, Equatable {
  package let text: ByteString
  package let level: Level
  /// Lines by step, each at the seconds at which its step begins.
  package let samples: [Point]

  /// All lines of it.
  package var count: Double { samples.reduce(0) { $0 + $1.value } }
}

extension LogReading {
  /// The patterns of the lines, those of most lines first, counted by step (nanoseconds); a step
  /// begins at a multiple of it. Times of the samples are milliseconds.
  package func patterns(of selection: LogSelection, step: Int64) throws -> [LogPattern] {
    guard step > 0 else {
      throw QueryFault(
        .badData,
        "zero or negative query resolution step widths are not accepted. Try a positive integer")
    }
    _ = try EvaluationTimes(
      from: start / Instant.millisecond, through: max(start, end) / Instant.millisecond,
      step: max(1, step / Instant.millisecond))
    var table = PatternTable()
    try visit(selection) { row, _, batch in
      let time = row.record.time
      let rest = time % step
      let aligned = time.adding(rest < 0 ? -rest - step : -rest) ?? time
      row.withLine(batch) {
        table.add($0, level: row.record.level, at: aligned / Instant.millisecond)
      }
    }
    return table.patterns
  }
}
