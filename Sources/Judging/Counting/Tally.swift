import Bytes

/// Equal slots of time: slot `i` holds what happened in (start + i * step, start + (i+1) * step].
/// Milliseconds since 1970.
package struct Slots: Sendable, Equatable {
  package let start: Int64
  package let step: Int64
  package let count: Int

  /// The slots that end at `end`, as short as `longest` slots allow, that reach back to `from`:
  /// a minute, or one of the lengths after it. What is not a time of this era is one empty slot.
  init(from: Int64, through end: Int64, longest: Int = 10_500) {
    let steps: [Int64] = [1, 2, 5, 10, 15, 30, 60, 120, 360, 1_440]
    let span = Swift.max(1, end.subtractingReportingOverflow(from).partialValue)
    let step =
      (steps.first { span / ($0 * 60_000) < Int64(longest) } ?? 1_440) * 60_000
    let needed = Swift.min(Int64(longest), span / step + (span % step == 0 ? 0 : 1))
    self.step = step
    count = Int(Swift.max(1, needed))
    start = end.adding(-Swift.max(1, needed) * step) ?? end
  }

  var end: Int64 { start + Int64(count) * step }

  /// The slots that lie within [from, to), at least by half; clipped to what there is.
  func range(from: Int64, to: Int64) -> Range<Int> {
    let first = index(from)
    return first..<Swift.max(first, index(to))
  }

  /// The slot edge nearest to an instant, as a slot's index.
  private func index(_ instant: Int64) -> Int {
    let (offset, over) = instant.subtractingReportingOverflow(start)
    if over { return instant < start ? 0 : count }
    let half = offset.adding(step / 2) ?? offset
    return Int(Swift.min(Int64(count), Swift.max(0, half / step)))
  }

  /// How long so many slots are, in hours.
  func hours(_ slots: Range<Int>) -> Double {
    Double(slots.count) * Double(step) / 3_600_000
  }

  /// The instant a slot begins.
  func instant(_ index: Int) -> Int64 { start + Int64(index) * step }
}

/// What one tenant did of one process, slot by slot, kept as running totals so that any window is
/// two look-ups.
struct Tally: Sendable {
  /// Counts of operations in a window.
  struct Count: Sendable, Equatable {
    var attempts: Double
    var failures: Double
  }

  private var attempts: [Double]
  private var failures: [Double]
  /// The 95th percentile of the durations of each slot in seconds; NaN where none ended.
  let slowest: [Double]

  init(attempts: [Double], failures: [Double], slowest: [Double]) {
    self.attempts = Self.running(attempts)
    self.failures = Self.running(failures)
    self.slowest = slowest
  }

  func count(_ slots: Range<Int>) -> Count {
    let bounds = slots.clamped(to: 0..<(attempts.count - 1))
    return Count(
      attempts: attempts[bounds.upperBound] - attempts[bounds.lowerBound],
      failures: failures[bounds.upperBound] - failures[bounds.lowerBound])
  }

  /// The first slot with an attempt; nil when there is none.
  var firstActive: Int? {
    guard attempts.last ?? 0 > 0 else { return nil }
    return (attempts.firstIndex { $0 > 0 }).map { $0 - 1 }
  }

  /// The first slot of a window with a failure.
  func firstFailure(_ slots: Range<Int>) -> Int? {
    let bounds = slots.clamped(to: 0..<(failures.count - 1))
    return bounds.first { failures[$0 + 1] > failures[$0] }
  }

  private static func running(_ values: [Double]) -> [Double] {
    var totals: [Double] = [0]
    totals.reserveCapacity(values.count + 1)
    var total = 0.0
    for value in values {
      total += value.isFinite ? Swift.max(0, value) : 0
      totals.append(total)
    }
    return totals
  }
}

/// What all tenants did of one process over the same slots.
struct ProcessTally: Sendable {
  let slots: Slots
  let tenants: [ByteString: Tally]

  /// The first slot in which anybody did anything: before it there was no telemetry.
  let firstActive: Int?

  init(slots: Slots, tenants: [ByteString: Tally]) {
    self.slots = slots
    self.tenants = tenants
    firstActive = tenants.values.compactMap(\.firstActive).min()
  }
}
