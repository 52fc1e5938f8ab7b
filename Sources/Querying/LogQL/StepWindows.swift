import Bytes
import Model

/// The instants of a query in nanoseconds, and which of their windows a time falls into. The
/// window of an instant `t` is `(t - length - offset, t - offset]`.
struct StepWindows: Sendable {
  let count: Int
  let length: Int64
  let offset: Int64
  private let start: Int64
  private let step: Int64

  init(_ times: EvaluationTimes, length: Int64, offset: Int64) {
    count = times.count
    start = Self.nanoseconds(times.start)
    step = Self.nanoseconds(times.step)
    self.length = length
    self.offset = offset
  }

  /// Milliseconds as nanoseconds; what does not fit becomes the end of time.
  private static func nanoseconds(_ milliseconds: Int64) -> Int64 {
    milliseconds.multiplied(by: Instant.millisecond) ?? (milliseconds < 0 ? .min : .max)
  }

  /// The last instant of a window, inclusive; nil when it does not fit.
  func upper(_ index: Int) -> Int64? {
    Int64(index).multiplied(by: step).flatMap { start.adding($0) }.flatMap { $0.adding(-offset) }
  }

  /// The times that any window holds: `from..<to`, clamped.
  var span: (from: Int64, to: Int64) {
    let first = start.adding(-offset)?.adding(-length)?.adding(1) ?? .min
    let last = upper(count - 1)?.adding(1) ?? .max
    return (first, last)
  }

  /// The instants whose window holds the time; nil when none does.
  func indices(of time: Int64) -> ClosedRange<Int>? {
    guard let shifted = time.adding(offset), let first = distance(shifted),
      let beyond = shifted.adding(length).flatMap(distance)
    else { return nil }
    let low = Swift.max(0, first)
    let high = Swift.min(Int64(count), beyond) - 1
    guard low <= high else { return nil }
    return Int(low)...Int(high)
  }

  /// The last time that falls into the same windows as this one.
  func lastAlike(_ time: Int64) -> Int64 {
    guard let shifted = time.adding(offset), let first = distance(shifted),
      let beyond = shifted.adding(length).flatMap(distance), let entry = instant(first),
      let exit = instant(beyond)?.adding(-length)
    else { return time }
    return Swift.max(time, Swift.min(entry, exit))
  }

  /// The time of an instant, also of one before the first or behind the last.
  private func instant(_ index: Int64) -> Int64? {
    index.multiplied(by: step).flatMap { start.adding($0) }.flatMap { $0.adding(-offset) }
  }

  /// The index of the first instant at or after the time.
  private func distance(_ time: Int64) -> Int64? {
    guard let span = time.adding(start == .min ? .max : -start) else { return nil }
    let steps = span / step
    return span > 0 && span % step != 0 ? steps + 1 : steps
  }
}
