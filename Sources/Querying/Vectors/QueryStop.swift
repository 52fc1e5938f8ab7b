import Model

/// What ends a query before it is done, and the words for it: each names the budget by its setting,
/// its limit, what the query came to, and how to narrow it.
struct QueryStop: Sendable {
  let limits: QueryLimits
  /// Nanoseconds of the monotonic clock.
  let start: Int64
  let deadline: Deadline?
  let cancellation: Cancellation?
  /// Nil when the query's memory is its own.
  let share: MemoryPool.Share?

  /// After a part of a read.
  func check(_ counts: ReadCounts, _ held: Int) throws(QueryFault) {
    try checkTime()
    guard counts.bytesUnpacked <= limits.bytes else {
      throw QueryFault(
        .execution,
        "query reads too many bytes: \(counts.bytesUnpacked), the limit is \(limits.bytes) "
          + "(query_bytes); use a shorter range or more matchers")
    }
    guard counts.samples <= limits.samples else { throw tooManySamples(counts.samples) }
    guard counts.series <= limits.series else { throw tooManySeries(counts.series) }
    try checkMemory(held)
  }

  func checkTime() throws(QueryFault) {
    if let cancellation, cancellation.isCancelled {
      throw QueryFault(.canceled, "query was canceled: its client is gone")
    }
    guard let deadline, deadline.isOver else { return }
    let milliseconds = (Deadline.now &- start) / 1_000_000
    throw QueryFault(
      .timeout,
      "query timed out in expression evaluation: it ran \(milliseconds) ms, the limit is "
        + "\(limits.nanoseconds / 1_000_000) ms (query_timeout, or timeout of the request); use a "
        + "shorter range, a larger step or more matchers")
  }

  func checkMemory(_ held: Int) throws(QueryFault) {
    guard held <= limits.memory else {
      throw QueryFault(
        .execution,
        "query holds too much memory: \(held) bytes, the limit is \(limits.memory) "
          + "(query_memory); use a shorter range, a larger step, more matchers or fewer groups")
    }
    guard let share, !share.cover(held) else { return }
    throw QueryFault(
      .unavailable,
      "running queries hold too much memory together: this one holds \(held) bytes and all may "
        + "hold \(share.limit) (query_memory_total); try again, or use a shorter range, a larger "
        + "step or more matchers")
  }

  func tooManySamples(_ count: Int) -> QueryFault {
    QueryFault(
      .execution,
      "query processing would load too many samples into memory: \(count), the limit is "
        + "\(limits.samples) (query_samples); use a shorter range, a larger step or more matchers")
  }

  func tooManySeries(_ count: Int) -> QueryFault {
    QueryFault(
      .execution,
      "query has too many series: \(count), the limit is \(limits.series) (query_series); "
        + "use more matchers, or group by fewer labels")
  }
}
