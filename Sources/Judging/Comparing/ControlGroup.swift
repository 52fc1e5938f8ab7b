import Bytes

/// What happened over a window to the tenants that changed nothing: factors on what is expected of
/// the others. A quiet control never makes an alarm: the factors only discount harm.
struct ControlGroup {
  let count: Int
  /// Failures of the controls per failure expected; at least 1 for judging harm.
  let rawFailureFactor: Double
  let durationFactor: Double
  /// By reference window: what each control did of what it did then, in order.
  private let volumes: [Range<Int>: [Double]]

  var failureFactor: Double { Swift.max(1, rawFailureFactor) }

  init(
    _ window: ExposureWindow, _ tally: ProcessTally, _ habit: FleetHabit, tenants: [ByteString]
  ) {
    var failures: [Pair] = []
    var slow: [Pair] = []
    var volumes: [Range<Int>: [Double]] = [:]
    for tenant in tenants {
      guard let own = tally.tenants[tenant] else { continue }
      let after = own.count(window.after)
      let mean = after.attempts * habit.failureRate(after: own.count(window.before))
      failures.append(Pair(observed: after.failures, expected: mean))
      if let usual = SlowSlots(own.slowest, history: window.before) {
        let counted = usual.count(own.slowest, window.after)
        slow.append(
          Pair(
            observed: counted.failures,
            expected: usual.expected(among: counted.attempts, factor: 1).mean))
      }
      for reference in [window.adjacent, window.sameClock].compactMap({ $0 })
      where !reference.isEmpty {
        let length = Double(window.after.count) / Double(reference.count)
        let usual = own.count(reference).attempts * length
        if usual >= 1 { volumes[reference, default: []].append(after.attempts / usual) }
      }
    }
    self.volumes = volumes.mapValues { $0.sorted() }
    count = tenants.count
    rawFailureFactor = Self.factor(failures)
    durationFactor = Swift.max(1, Self.factor(slow))
  }

  /// What a control counted, and what it should have.
  private struct Pair {
    let observed: Double
    let expected: Double
  }

  /// Events of prior, which keep a small control group from deciding alone.
  private static let prior = 2.0

  /// Observed by expected over all controls. What one control adds is cut to what is plausible
  /// under the factor itself, so that an incident of one does not speak for all, but a rise of all
  /// does: a fixed point, found in a few steps from below.
  private static func factor(_ pairs: [Pair]) -> Double {
    let expected = pairs.reduce(prior) { $0 + $1.expected }
    var factor = 1.0
    for _ in 0..<20 {
      let ceiling = Swift.max(1, factor)
      let observed = pairs.reduce(prior) { sum, pair in
        sum + Swift.min(pair.observed, FleetHabit.ceiling(pair.expected * ceiling))
      }
      factor = observed / expected
    }
    return factor
  }

  /// How many controls tell of the volume against that reference.
  func volumeVoices(_ reference: Range<Int>) -> Int { volumes[reference]?.count ?? 0 }

  /// What the median control did of its volume of the reference window, at most all of it.
  func volumeFactor(_ reference: Range<Int>) -> Double {
    guard let shares = volumes[reference], shares.count >= 3 else { return 1 }
    return Swift.min(1, shares[shares.count / 2])
  }
}

/// Slots whose slowest operations (95th percentile) took longer than is usual for the tenant.
struct SlowSlots {
  /// Seconds.
  let threshold: Double
  private let timed: Double
  private let slow: Double

  /// Learns the tenant's usual from its history; nil where too little was timed. Slow is a quarter
  /// longer than nine of ten slots.
  init?(_ slowest: [Double], history: Range<Int>) {
    let bounds = history.clamped(to: 0..<slowest.count)
    let past = slowest[bounds].filter(\.isFinite).sorted()
    guard past.count >= 10 else { return nil }
    threshold = past[past.count * 9 / 10] * 1.25
    timed = Double(past.count)
    let limit = threshold
    slow = Double(past.count { $0 > limit })
  }

  /// Timed and slow slots of a window, as attempts and failures.
  func count(_ slowest: [Double], _ window: Range<Int>) -> Tally.Count {
    let timed = slowest[window.clamped(to: 0..<slowest.count)].filter(\.isFinite)
    return Tally.Count(
      attempts: Double(timed.count), failures: Double(timed.count { $0 > threshold }))
  }

  func expected(among slots: Double, factor: Double) -> Expectation {
    Expectation(
      mean: slots * (slow + 1) / (timed + 10) * factor,
      shape: Expectation.shape(
        pastEvents: slow + 1, dispersion: FleetHabit.durationDispersion))
  }
}
