import Glibc

/// The two clocks of the machine. Everything below takes an instant as an argument instead, so
/// that tests can run on any time.
package enum WallClock {
  /// Nanoseconds since 1970-01-01T00:00:00Z.
  package static func now() -> Int64 { read(CLOCK_REALTIME) }

  /// Nanoseconds that never step; for durations.
  package static func monotonic() -> Int64 { read(CLOCK_MONOTONIC) }

  private static func read(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
