import Bytes

/// That something counted is not what was to be expected.
package struct Evidence: Sendable, Equatable {
  /// What was counted.
  package enum Kind: String, Sendable {
    /// Failed operations: more of them is worse.
    case failures
    /// Operations at all: fewer is worse.
    case volume
    /// Slots of time with slow operations: more is worse.
    case duration
  }

  package let kind: Kind
  package let observed: Double
  package let expected: Double
  /// Minus the decimal logarithm of how likely so much or more is by chance.
  package let surprise: Double

  package init(kind: Kind, observed: Double, expected: Double, surprise: Double) {
    self.kind = kind
    self.observed = observed
    self.expected = expected
    self.surprise = surprise
  }

  /// How many times the expectation was observed.
  package var ratio: Double { observed / Swift.max(expected, 1e-9) }

  func write(_ json: inout JSONWriter) {
    json.object { json in
      json.key("kind")
      json.string(kind.rawValue)
      for (key, value) in [
        ("observed", observed), ("expected", expected), ("ratio", ratio), ("surprise", surprise),
      ] {
        json.key(key)
        json.number(Wording.rounded(value, digits: 3))
      }
    }
  }
}

/// What is usual for a process over all its tenants: the prior for those with little history.
struct FleetHabit: Sendable {
  /// Failed share of attempts, never quite nothing.
  let failureRate: Double
  /// The shape of the gamma that hourly failure rates follow; small is erratic.
  let dispersion: Double

  /// The attempts of the fleet's rate that a tenant's own history is mixed with.
  static let priorAttempts = 30.0
  /// Volume wanders less than failures do; hours of the same clock time on other days.
  static let volumeDispersion = 8.0
  /// Slow slots come in runs.
  static let durationDispersion = 3.0

  /// Learns from the slots of each tenant that `history` names.
  init(_ tally: ProcessTally, history: (ByteString) -> Range<Int>?) {
    var total = Tally.Count(attempts: 0, failures: 0)
    // A prior of shape 4, worth five expected failures.
    var spread = 5 * 0.25
    var weight = 5.0
    let block = Int(Swift.max(1, 3_600_000 / tally.slots.step))
    for (tenant, own) in tally.tenants {
      guard let range = history(tenant), !range.isEmpty else { continue }
      let count = own.count(range)
      total.attempts += count.attempts
      total.failures += count.failures
      guard count.failures >= 3, count.attempts > 0 else { continue }
      let rate = Swift.min(1, count.failures / count.attempts)
      for start in stride(from: range.lowerBound, to: range.upperBound, by: block) {
        let hour = own.count(start..<Swift.min(start + block, range.upperBound))
        let mean = hour.attempts * rate
        let excess = Swift.min(hour.failures, Self.ceiling(mean)) - mean
        spread += excess * excess - mean
        weight += mean * mean
      }
    }
    failureRate = Swift.max(0.001, total.failures / Swift.max(total.attempts, 1))
    dispersion = 1 / Swift.min(1, Swift.max(0.02, spread / weight))
  }

  /// What one incident of its own may add to a count, so that it does not speak for all.
  static func ceiling(_ mean: Double) -> Double {
    mean + 3 * (mean + mean * mean / 4 + 0.3).squareRoot()
  }

  /// A tenant's failed share of attempts, from its history and the fleet's.
  func failureRate(after history: Tally.Count) -> Double {
    (history.failures + Self.priorAttempts * failureRate) / (history.attempts + Self.priorAttempts)
  }

  /// The failures to expect among `attempts`, given the history, over so many hours; `factor` is
  /// what the tenants that changed nothing had at the same time.
  func failures(
    among attempts: Double, history: Tally.Count, hours: Double, factor: Double = 1
  ) -> Expectation {
    Expectation(
      mean: attempts * failureRate(after: history) * factor,
      shape: Expectation.shape(
        pastEvents: history.failures + Self.priorAttempts * failureRate,
        dispersion: dispersion * Swift.min(4, Swift.max(1, hours))))
  }
}
