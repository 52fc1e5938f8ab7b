import Glibc
package import Model
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

/// What one query may still use. Samples read and cells computed are charged to it, memory is held
/// by it, reads go through it; on the way it looks at the clock and at whether the query was
/// cancelled. The parts of one query share it.
package final class Budget: Sendable {
  /// Samples between looks at the clock: a few milliseconds of the slowest work.
  private static let checkEvery = 20_000
  /// Bytes between looks at the pool.
  private static let slack = 64 << 10

  package let limits: QueryLimits
  /// Counts what is read.
  package let meter: ReadMeter
  private let charged = Atomic(0)
  private let nextCheck = Atomic(0)
  private let holding = Atomic(0)
  private let most = Atomic(0)
  /// Up to so many bytes nothing needs to be asked.
  private let covered = Atomic(0)
  private let stop: QueryStop

  /// Without a deadline time is not limited, without a pool the query's memory is its own.
  package init(
    limits: QueryLimits = QueryLimits(), deadline: Deadline? = nil,
    cancellation: Cancellation? = nil, memory: MemoryPool? = nil
  ) {
    self.limits = limits
    let stop = QueryStop(
      limits: limits, start: Deadline.now, deadline: deadline, cancellation: cancellation,
      share: memory.map { MemoryPool.Share(of: $0) })
    self.stop = stop
    meter = ReadMeter { counts, lent in try stop.check(counts, lent) }
  }

  /// The samples, rows and cells that have been charged.
  package var used: Int { charged.load(ordering: .relaxed) }

  /// What results and what leads to them take now; bytes, estimated.
  package var held: Int { holding.load(ordering: .relaxed) }

  /// The most of it so far.
  package var peak: Int { max(held, most.load(ordering: .relaxed)) }

  /// Takes `amount` samples or cells from the budget. Throws when it is used up, when the deadline
  /// is over, and when the query was cancelled.
  package func charge(_ amount: Int) throws(QueryFault) {
    let used = charged.wrappingAdd(amount, ordering: .relaxed).newValue
    guard amount <= limits.samples, used <= limits.samples else {
      throw stop.tooManySamples(max(amount, used))
    }
    // One more than is charged, so that what costs nothing does not escape the clock.
    let clock = nextCheck.wrappingSubtract(amount + 1, ordering: .relaxed).newValue
    if clock <= 0 {
      nextCheck.store(Self.checkEvery, ordering: .relaxed)
      try check()
    }
  }

  /// Throws when the deadline is over or the query was cancelled.
  package func check() throws(QueryFault) { try stop.checkTime() }

  /// Holds so many bytes more. Throws when that is more than the query may hold, or than all
  /// running queries together.
  package func hold(_ bytes: Int) throws(QueryFault) {
    let held = holding.wrappingAdd(bytes, ordering: .relaxed).newValue
    if held <= covered.load(ordering: .relaxed) { return }
    _ = most.max(held, ordering: .relaxed)
    try stop.checkMemory(held)
    covered.store(min(held + Self.slack, limits.memory), ordering: .relaxed)
  }

  /// What was held beyond `bytes` is free again.
  package func settle(at bytes: Int) {
    let held = held
    _ = most.max(held, ordering: .relaxed)
    holding.store(max(0, min(held, bytes)), ordering: .relaxed)
  }

  /// Throws when an answer, or what leads to it, has too many series.
  package func admit(series count: Int) throws(QueryFault) {
    guard count <= limits.series else { throw stop.tooManySeries(count) }
  }

  /// Reads from a source: what the store reads for it is counted, and ends with the budget.
  package func reading<Result>(_ body: () throws -> Result) throws -> Result {
    try check()
    let result = try ReadMeter.$current.withValue(meter) { try body() }
    try meter.check()
    return result
  }
}
