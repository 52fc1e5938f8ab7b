import Glibc
import Model
import Synchronization

/// When a query has to be done, on the monotonic clock.
package struct Deadline: Sendable, Equatable {
  /// Nanoseconds of `CLOCK_MONOTONIC`.
  package let monotonic: Int64

  package init(monotonic: Int64) {
    self.monotonic = monotonic
  }

  /// So many nanoseconds from now.
  package static func after(nanoseconds: Int64) -> Deadline {
    let (sum, over) = now.addingReportingOverflow(nanoseconds)
    return Deadline(monotonic: over ? .max : sum)
  }

  package var isOver: Bool { Deadline.now >= monotonic }

  /// Nanoseconds of `CLOCK_MONOTONIC` now.
  package static var now: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }
}

/// What one query may still use. Samples read and cells computed are charged to it; on the way it
/// looks at the clock and at whether the task was cancelled. The parts of one query share it.
package final class Budget: Sendable {
  private let charged = Atomic(0)
  private let nextCheck = Atomic(0)
  private let limit: Int
  private let deadline: Deadline?

  package init(samples: Int = Limits.samplesPerQuery, deadline: Deadline?) {
    limit = samples
    self.deadline = deadline
  }

  /// What has been charged.
  var used: Int { charged.load(ordering: .relaxed) }

  /// Takes `amount` samples or cells from the budget. Throws when it is used up, when the deadline
  /// is over, and when the task was cancelled.
  package func charge(_ amount: Int) throws(QueryFault) {
    let used = charged.wrappingAdd(amount, ordering: .relaxed).newValue
    guard amount <= limit, used <= limit else {
      throw QueryFault(
        .execution,
        "query processing would load too many samples into memory: more than \(limit); "
          + "narrow the selectors, the range or the step")
    }
    // One more than is charged, so that what costs nothing does not escape the clock.
    let clock = nextCheck.wrappingSubtract(amount + 1, ordering: .relaxed).newValue
    if clock <= 0 {
      nextCheck.store(20_000, ordering: .relaxed)
      try check()
    }
  }

  /// Throws when the deadline is over or the task was cancelled.
  package func check() throws(QueryFault) {
    if let deadline, deadline.isOver {
      throw QueryFault(.timeout, "query timed out in expression evaluation")
    }
    if Task.isCancelled { throw QueryFault(.canceled, "query was canceled") }
  }
}
