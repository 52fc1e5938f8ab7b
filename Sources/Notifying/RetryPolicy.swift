import Bytes

/// When a delivery that failed is tried again: after 1, 2, 4, ... seconds, at most 300, each
/// shortened by up to half at random so that a receiver that comes back is not met by all at once;
/// for a day, then never.
package struct RetryPolicy: Sendable, Equatable {
  /// What to do with a delivery that failed. Times are nanoseconds since 1970.
  package enum Decision: Sendable, Equatable {
    case retry(at: Int64)
    /// Given up: kept for people to see, never tried again.
    case deadLetter
  }

  package let firstDelay: Int64
  package let longestDelay: Int64
  package let patience: Int64

  /// Delays and patience in nanoseconds.
  package init(
    firstDelay: Int64 = Instant.second, longestDelay: Int64 = 300 * Instant.second,
    patience: Int64 = 24 * 3_600 * Instant.second
  ) {
    self.firstDelay = Swift.max(1, firstDelay)
    self.longestDelay = Swift.max(1, longestDelay)
    self.patience = patience
  }

  /// Decides after the `attempts`-th attempt failed at `now` for an entry made at `createdAt`.
  /// `jitter` is a random number of 0...1; 1 gives the whole delay.
  package func nextAttempt(
    attempts: Int, createdAt: Int64, now: Int64, jitter: Double
  ) -> Decision {
    let whole = delay(afterAttempts: attempts)
    let share = jitter.isFinite ? 0.5 + 0.5 * Swift.min(1, Swift.max(0, jitter)) : 1
    let wait = Int64(clamping: Double(whole) * share) ?? whole
    guard let next = now.adding(Swift.max(1, wait)),
      let age = next.adding(createdAt == .min ? .max : -createdAt), age <= patience
    else { return .deadLetter }
    return .retry(at: next)
  }

  /// The delay after so many failed attempts, before it is shortened; nanoseconds.
  package func delay(afterAttempts attempts: Int) -> Int64 {
    var delay = Swift.min(firstDelay, longestDelay)
    var doublings = Swift.min(Swift.max(attempts, 1), 64) - 1
    while doublings > 0, delay < longestDelay {
      delay = Swift.min(longestDelay, delay.multiplied(by: 2) ?? longestDelay)
      doublings -= 1
    }
    return delay
  }
}
