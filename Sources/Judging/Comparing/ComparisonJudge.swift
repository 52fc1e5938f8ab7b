import Bytes
import Model

/// Compares one process' counts before and after a release, tenant by tenant.
struct ComparisonJudge {
  let process: BusinessProcess
  let tally: ProcessTally
  let spans: ReleaseSpans
  private let windows: [ByteString: ExposureWindow]
  private let changes: [ByteString: [Int64]]

  init(process: BusinessProcess, tally: ProcessTally, spans: ReleaseSpans) {
    self.process = process
    self.tally = tally
    self.spans = spans
    var windows: [ByteString: ExposureWindow] = [:]
    var changes: [ByteString: [Int64]] = [:]
    for tenant in tally.tenants.keys {
      changes[tenant] = spans.changeInstants(of: tenant)
      windows[tenant] = Self.window(of: tenant, tally, spans)
    }
    self.windows = windows
    self.changes = changes
  }

  /// A row of the report before all rows are judged together.
  struct Finding {
    var row: ReleaseComparison.Row
    /// The surprises of everything that was tested.
    let surprises: [Double]
    let isBetter: Bool
    let isDecided: Bool
  }

  /// Below these counts nothing is called worse.
  private static let leastFailures = 3.0
  private static let leastVolume = 8.0
  private static let leastSlots = 3.0

  func findings() -> [Finding] {
    var found: [Finding] = []
    var controls: [ExposureWindow: ControlGroup] = [:]
    let habit = self.habit()
    for (tenant, own) in tally.tenants.sorted(by: { $0.key < $1.key }) {
      guard let window = windows[tenant] else { continue }
      let group =
        controls[window] ?? ControlGroup(window, tally, habit, tenants: quiet(over: window))
      controls[window] = group
      found.append(finding(tenant, own, window, group, habit))
    }
    return found
  }

  private func habit() -> FleetHabit {
    FleetHabit(tally) { tenant in
      windows[tenant]?.before ?? 0..<tally.slots.count
    }
  }

  private static func window(
    of tenant: ByteString, _ tally: ProcessTally, _ spans: ReleaseSpans
  ) -> ExposureWindow? {
    guard let times = spans.spans(of: tenant), let first = tally.firstActive else { return nil }
    let slots = tally.slots
    let length = times.after.upperBound - times.after.lowerBound
    let settling = length >= ExposureWindow.settledFrom ? ExposureWindow.settling : 0
    var after = slots.range(
      from: times.after.lowerBound + settling, to: times.after.upperBound)
    if after.isEmpty, times.after.upperBound > times.after.lowerBound, after.upperBound > 0 {
      after = (after.upperBound - 1)..<after.upperBound
    }
    let start = Swift.min(after.lowerBound, slots.count)
    var before = slots.range(from: times.before.lowerBound, to: times.before.upperBound)
    before = Swift.max(first, before.lowerBound)..<Swift.max(first, before.upperBound)
    before = before.clamped(to: 0..<Swift.max(0, start))
    let day = Int(ExposureWindow.day / slots.step)
    let yesterday = (after.lowerBound - day)..<(after.upperBound - day)
    let isKnown =
      yesterday.lowerBound >= before.lowerBound && yesterday.upperBound <= before.upperBound
    let adjacent = before.suffix(after.count)
    return ExposureWindow(
      exposedAt: times.after.lowerBound, before: before, after: after,
      adjacent: adjacent.lowerBound..<adjacent.upperBound, sameClock: isKnown ? yesterday : nil)
  }

  /// Tenants whose release did not change from the start of the window to its end.
  private func quiet(over window: ExposureWindow) -> [ByteString] {
    let from = tally.slots.instant(window.before.lowerBound)
    let to = tally.slots.instant(window.after.upperBound)
    return tally.tenants.keys.sorted().filter { tenant in
      (changes[tenant] ?? []).allSatisfy { $0 < from || $0 > to }
    }
  }

  private func finding(
    _ tenant: ByteString, _ own: Tally, _ window: ExposureWindow, _ group: ControlGroup,
    _ habit: FleetHabit
  ) -> Finding {
    let before = own.count(window.before)
    let after = own.count(window.after)
    let hours = tally.slots.hours(window.after)
    let expected = habit.failures(
      among: after.attempts, history: before, hours: hours, factor: group.failureFactor)
    let harms =
      [failures(after, expected), duration(own, window, group)].compactMap { $0 }
      + volumes(own, window, group)
    let worst = harms.filter(\.matters).max { $0.evidence.surprise < $1.evidence.surprise }
    let better = improvement(after, before, habit, hours, group)
    let isBetter = better != nil && (worst?.evidence.surprise ?? 0) < 2
    let row = ReleaseComparison.Row(
      tenant: tenant, process: process, exposedAt: window.exposedAt * 1_000_000,
      before: period(own, window.before, rhythm: window.sameClock),
      after: period(own, window.after), controls: group.count,
      evidence: isBetter ? better : worst?.evidence, score: worst?.evidence.surprise ?? 0,
      verdict: .notEnoughData)
    return Finding(
      row: row, surprises: harms.map { $0.matters ? $0.evidence.surprise : 0 },
      isBetter: isBetter, isDecided: isDecided(after, before))
  }

  /// A test and whether its effect is large enough to matter at all.
  private struct Harm {
    let evidence: Evidence
    let matters: Bool
  }

  private func failures(_ after: Tally.Count, _ expected: Expectation) -> Harm {
    let evidence = Evidence(
      kind: .failures, observed: after.failures, expected: expected.mean,
      surprise: expected.surprise(atLeast: after.failures))
    return Harm(
      evidence: evidence,
      matters: after.failures >= Self.leastFailures && evidence.ratio >= 1.5
        && after.failures - expected.mean >= 2)
  }

  /// Two references, since each is blind to something: yesterday to growth and to gaps in its
  /// telemetry, the time right before to the time of day, which only controls can tell.
  private func volumes(
    _ own: Tally, _ window: ExposureWindow, _ group: ControlGroup
  ) -> [Harm] {
    var harms: [Harm] = []
    if let yesterday = window.sameClock {
      harms.append(volume(own, window, against: yesterday, factor: group.volumeFactor(yesterday)))
    }
    if !window.adjacent.isEmpty, group.volumeVoices(window.adjacent) >= 3 {
      harms.append(
        volume(
          own, window, against: window.adjacent, factor: group.volumeFactor(window.adjacent)))
    }
    return harms
  }

  private func volume(
    _ own: Tally, _ window: ExposureWindow, against reference: Range<Int>, factor: Double
  ) -> Harm {
    let usual = own.count(reference).attempts
    let observed = own.count(window.after).attempts
    let length = Double(window.after.count) / Double(reference.count)
    let expected = Expectation(
      mean: usual * length * factor,
      shape: Expectation.shape(pastEvents: usual, dispersion: FleetHabit.volumeDispersion))
    let evidence = Evidence(
      kind: .volume, observed: observed, expected: expected.mean,
      surprise: expected.surprise(atMost: observed))
    return Harm(
      evidence: evidence, matters: expected.mean >= Self.leastVolume && evidence.ratio <= 0.5)
  }

  private func duration(
    _ own: Tally, _ window: ExposureWindow, _ group: ControlGroup
  ) -> Harm? {
    guard let slow = SlowSlots(own.slowest, history: window.before) else { return nil }
    let count = slow.count(own.slowest, window.after)
    let expected = slow.expected(among: count.attempts, factor: group.durationFactor)
    let evidence = Evidence(
      kind: .duration, observed: count.failures, expected: expected.mean,
      surprise: expected.surprise(atLeast: count.failures))
    return Harm(
      evidence: evidence,
      matters: count.failures >= Self.leastSlots && evidence.ratio >= 2)
  }

  private func improvement(
    _ after: Tally.Count, _ before: Tally.Count, _ habit: FleetHabit, _ hours: Double,
    _ group: ControlGroup
  ) -> Evidence? {
    let expected = habit.failures(
      among: after.attempts, history: before, hours: hours,
      factor: Swift.min(1, group.rawFailureFactor))
    let evidence = Evidence(
      kind: .failures, observed: after.failures, expected: expected.mean,
      surprise: expected.surprise(atMost: after.failures))
    return expected.mean - after.failures >= 3 && evidence.ratio <= 0.67 && evidence.surprise >= 2
      ? evidence : nil
  }

  /// Whether harm that matters can be excluded: the failed share is, at 95 %, below five points
  /// more than before or three times before (Wilson's upper bound).
  private func isDecided(_ after: Tally.Count, _ before: Tally.Count) -> Bool {
    guard before.attempts >= 20, after.attempts > 0 else { return false }
    let rate = before.failures / before.attempts
    let z = 1.645
    let n = after.attempts
    let share = Swift.min(1, after.failures / n)
    let centre = share + z * z / (2 * n)
    let spread = z * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
    return (centre + spread) / (1 + z * z / n) <= Swift.max(rate + 0.055, rate * 3)
  }

  private func period(
    _ own: Tally, _ range: Range<Int>, rhythm: Range<Int>? = nil
  ) -> ReleaseComparison.Period {
    let count = own.count(range)
    let slots = tally.slots
    let paced = rhythm ?? range
    let hours = slots.hours(paced)
    return ReleaseComparison.Period(
      from: slots.instant(range.lowerBound) * 1_000_000,
      to: slots.instant(range.upperBound) * 1_000_000, attempts: count.attempts,
      failures: count.failures, perHour: hours > 0 ? own.count(paced).attempts / hours : 0,
      slowest: nil)
  }
}
