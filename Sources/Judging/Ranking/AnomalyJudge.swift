import Bytes
import Model

/// Finds the strongest movement of each tenant of one process.
struct AnomalyJudge {
  /// A window, what moved in it, and how much that is for this tenant.
  struct Movement {
    let slots: Range<Int>
    let evidence: Evidence
    let score: Double
  }

  let process: BusinessProcess
  let tally: ProcessTally
  let timeline: Timeline
  private let history: Range<Int>
  private let windows: [Range<Int>]
  private let habit: FleetHabit

  /// Window lengths in minutes.
  private static let lengths: [Int64] = [2, 5, 15, 60, 360, 1_440]
  /// What must be known of before: six hours, else all that is older than the window.
  private static let leastHistory: Int64 = 6 * 3_600_000
  private static let leastFailures = 2.0
  private static let leastVolume = 8.0

  /// `since` is how far back a movement may have begun, in milliseconds.
  init(_ process: BusinessProcess, _ tally: ProcessTally, _ timeline: Timeline, since: Int64) {
    self.process = process
    self.tally = tally
    self.timeline = timeline
    let slots = tally.slots
    let first = tally.firstActive ?? slots.count
    let recent = Swift.max(1, Int(Swift.min(Int64(slots.count), since / slots.step)))
    let reach = Int(Self.leastHistory / slots.step)
    let end = slots.count - recent
    // Too little before `since`: everything but the shortest windows is history then.
    let usual = end - first >= reach ? end : slots.count - Int(Swift.max(1, 900_000 / slots.step))
    history = Swift.min(first, Swift.max(0, usual))..<Swift.max(0, usual)
    let past = history
    let lengths = Self.lengths.map { Int(Swift.max(1, $0 * 60_000 / slots.step)) }
    windows = Set(lengths.filter { $0 <= recent && $0 * 2 <= past.count }).sorted().map {
      (slots.count - $0)..<slots.count
    }
    habit = FleetHabit(tally) { _ in past }
  }

  func rows() -> [AnomalyRanking.Row] {
    let fleet = windows.map { window in
      Reference.allCases.map { (reference: $0, factor: volumeFactor(window, $0)) }
    }
    return tally.tenants.sorted { $0.key < $1.key }.map { tenant, own in
      row(tenant, own, strongest(own, fleet))
    }
  }

  /// What the volume of a window is compared with: each is blind to something.
  private enum Reference: CaseIterable {
    /// The same time of day on the days before.
    case sameClock
    /// The three windows right before; the other tenants tell what the time of day does.
    case adjacent
  }

  /// What the median tenant did of its usual volume, for each reference.
  private typealias FleetVolume = [(reference: Reference, factor: Double?)]

  private func strongest(_ own: Tally, _ fleet: [FleetVolume]) -> Movement? {
    let usual = own.count(history.clamped(to: 0..<tally.slots.count))
    let slow = SlowSlots(own.slowest, history: history)
    var best: Movement?
    for (window, volumes) in zip(windows, fleet) {
      let found =
        [failures(own, window, usual), slow.flatMap { duration(own, window, $0) }]
        + volumes.map { volume(own, window, $0.reference, factor: $0.factor) }
      for movement in found.compactMap({ $0 }) where movement.score > best?.score ?? 0 {
        best = movement
      }
    }
    return best
  }

  private func failures(_ own: Tally, _ window: Range<Int>, _ usual: Tally.Count) -> Movement? {
    func evidence(_ slots: Range<Int>) -> Evidence? {
      let count = own.count(slots)
      guard count.failures >= Self.leastFailures else { return nil }
      let expected = habit.failures(
        among: count.attempts, history: usual, hours: tally.slots.hours(slots))
      guard count.failures - expected.mean >= 1.5, count.failures >= 1.5 * expected.mean else {
        return nil
      }
      return Evidence(
        kind: .failures, observed: count.failures, expected: expected.mean,
        surprise: expected.surprise(atLeast: count.failures))
    }
    return evidence(window).map { scaled($0, window, placebo: evidence) }
  }

  private func duration(_ own: Tally, _ window: Range<Int>, _ slow: SlowSlots) -> Movement? {
    func evidence(_ slots: Range<Int>) -> Evidence? {
      let count = slow.count(own.slowest, slots)
      guard count.failures >= 3 else { return nil }
      let expected = slow.expected(among: count.attempts, factor: 1)
      guard count.failures >= 2 * expected.mean else { return nil }
      return Evidence(
        kind: .duration, observed: count.failures, expected: expected.mean,
        surprise: expected.surprise(atLeast: count.failures))
    }
    return evidence(window).map { scaled($0, window, placebo: evidence) }
  }

  private func volume(
    _ own: Tally, _ window: Range<Int>, _ reference: Reference, factor: Double?
  ) -> Movement? {
    guard let factor else { return nil }
    func evidence(_ slots: Range<Int>, factor: Double) -> Evidence? {
      guard let usual = usualVolume(own, slots, reference) else { return nil }
      let mean = usual.mean * factor
      let observed = own.count(slots).attempts
      guard mean >= Self.leastVolume, observed <= mean / 2 else { return nil }
      let expected = Expectation(
        mean: mean,
        shape: Expectation.shape(
          pastEvents: usual.total, dispersion: FleetHabit.volumeDispersion))
      return Evidence(
        kind: .volume, observed: observed, expected: mean,
        surprise: expected.surprise(atMost: observed))
    }
    return evidence(window, factor: factor).map {
      scaled($0, window) { evidence($0, factor: 1) }
    }
  }

  /// The attempts to expect in a window, and of how many that is known; nil where nothing is.
  private func usualVolume(
    _ own: Tally, _ window: Range<Int>, _ reference: Reference
  ) -> (mean: Double, total: Double)? {
    let first = tally.firstActive ?? tally.slots.count
    switch reference {
    case .sameClock:
      let day = Int(ExposureWindow.day / tally.slots.step)
      var counts: [Double] = []
      for back in 1...7 where window.lowerBound - back * day >= first {
        let then = (window.lowerBound - back * day)..<(window.upperBound - back * day)
        counts.append(own.count(then).attempts)
      }
      guard !counts.isEmpty else { return nil }
      return (counts.sorted()[(counts.count - 1) / 2], counts.reduce(0, +))
    case .adjacent:
      let from = window.lowerBound - 3 * window.count
      guard from >= first else { return nil }
      let total = own.count(from..<window.lowerBound).attempts
      return (total / 3, total)
    }
  }

  /// What the median tenant did of what it usually does, at most all of it. Where too few tenants
  /// tell: 1 for the same time of day, and nil right before, where nobody knows the rhythm.
  private func volumeFactor(_ window: Range<Int>, _ reference: Reference) -> Double? {
    var shares: [Double] = []
    for own in tally.tenants.values {
      guard let usual = usualVolume(own, window, reference), usual.mean >= 1 else { continue }
      shares.append(own.count(window).attempts / usual.mean)
    }
    guard shares.count >= 3 else { return reference == .sameClock ? 1 : nil }
    return Swift.min(1, shares.sorted()[shares.count / 2])
  }

  /// Divides by what the same statistic reached at pseudo-times in the tenant's own history, where
  /// nothing is known to have happened: its 99th percentile should be 2.
  private func scaled(
    _ evidence: Evidence, _ window: Range<Int>, placebo: (Range<Int>) -> Evidence?
  ) -> Movement {
    guard evidence.surprise >= 2 else {
      return Movement(slots: window, evidence: evidence, score: evidence.surprise)
    }
    let least = Swift.max(window.count / 2, Int(300_000 / tally.slots.step), 1)
    let stride = Swift.max(least, history.count / 500)
    var surprises: [Double] = []
    var end = history.upperBound
    while end - window.count >= history.lowerBound {
      surprises.append(placebo((end - window.count)..<end)?.surprise ?? 0)
      end -= stride
    }
    surprises.sort()
    let usual = surprises.isEmpty ? 0 : surprises[surprises.count * 99 / 100]
    return Movement(
      slots: window, evidence: evidence, score: evidence.surprise / Swift.max(1, usual / 2))
  }

  private func row(
    _ tenant: ByteString, _ own: Tally, _ movement: Movement?
  ) -> AnomalyRanking.Row {
    let slots = tally.slots
    let window = movement?.slots ?? windows.last ?? 0..<slots.count
    let count = own.count(window)
    let onset = slots.instant(movement.map { self.onset(own, $0) } ?? window.lowerBound)
    let instant = onset.multiplied(by: 1_000_000) ?? 0
    return AnomalyRanking.Row(
      tenant: tenant, process: process, score: movement?.score ?? 0,
      evidence: movement?.evidence, window: Int64(window.count) * slots.step * 1_000_000,
      attempts: count.attempts, failures: count.failures, onset: instant,
      nearest: nearestChange(of: tenant, to: instant))
  }

  /// The slot where failures began: the last time the cumulative sum of failures, less half way
  /// between the usual and the window's rate, was at its lowest (Page's CUSUM). Other movements
  /// begin with their window.
  private func onset(_ own: Tally, _ movement: Movement) -> Int {
    guard movement.evidence.kind == .failures else { return movement.slots.lowerBound }
    let count = own.count(movement.slots)
    let usual = habit.failureRate(after: own.count(history))
    let middle = (usual + count.failures / Swift.max(count.attempts, 1)) / 2
    var sum = 0.0
    var onset = movement.slots.lowerBound
    let recent = Swift.min(history.upperBound, movement.slots.lowerBound)
    for slot in recent..<movement.slots.upperBound {
      let step = own.count(slot..<(slot + 1))
      if sum <= 0 { onset = slot }
      sum = Swift.max(0, sum + step.failures - step.attempts * middle)
    }
    return onset
  }

  private func nearestChange(of tenant: ByteString, to instant: Int64)
    -> AnomalyRanking.NearestChange?
  {
    guard let first = timeline.events.first?.start.adding(-1) else { return nil }
    let subject = Timeline.Subject(
      tenant: tenant, service: process.service, environment: process.environment)
    let end = tally.slots.end.multiplied(by: 1_000_000) ?? .max
    let changes = timeline.changes(of: subject, from: first, through: end).dropFirst()
    let nearest = changes.min {
      instant.subtractingReportingOverflow($0.at).0.magnitude
        < instant.subtractingReportingOverflow($1.at).0.magnitude
    }
    guard let nearest, let release = nearest.release else { return nil }
    return AnomalyRanking.NearestChange(
      release: release, at: nearest.at,
      distance: instant.subtractingReportingOverflow(nearest.at).0)
  }
}
