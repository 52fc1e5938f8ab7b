import Glibc

/// Clocks of the machine and of this process.
enum Stopwatch {
  /// Seconds that never step.
  static var now: Double { read(CLOCK_MONOTONIC) }

  /// Nanoseconds since 1970.
  static var today: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  /// Seconds the work takes.
  static func seconds(_ work: () throws -> Void) rethrows -> Double {
    let start = now
    try work()
    return now - start
  }

  /// CPU seconds, of all threads of this process, that pass during the work.
  static func cpuSeconds(_ work: () throws -> Void) rethrows -> Double {
    let start = read(CLOCK_PROCESS_CPUTIME_ID)
    try work()
    return read(CLOCK_PROCESS_CPUTIME_ID) - start
  }

  /// Waits.
  static func pause(_ seconds: Double) {
    usleep(UInt32(seconds * 1_000_000))
  }

  private static func read(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
