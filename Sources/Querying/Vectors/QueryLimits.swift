import Model

/// What one query may use at most. Settings change the limits; `Limits` has what holds for all.
package struct QueryLimits: Sendable, Equatable {
  /// Wall time from the start of the evaluation; nanoseconds.
  package var nanoseconds: Int64 = 120 * 1_000_000_000
  /// Samples and log rows looked at, and values computed.
  package var samples = Limits.samplesPerQuery
  /// Unpacked bytes of the store.
  package var bytes = 16 << 30
  /// What results and what leads to them take, as it is estimated; bytes.
  package var memory = 512 << 20
  /// Series read by all selectors together, and series of an answer.
  package var series = Limits.seriesPerQuery
  /// A regular expression's text; bytes.
  package var regexBytes = Limits.regexBytes

  package init() {}
}

/// One query's leave to run: what it may use, and what may end it.
package struct QueryLease: Sendable {
  package let limits: QueryLimits
  package let cancellation: Cancellation
  /// Nanoseconds it waited for its turn.
  package let waited: Int64
  private let memory: MemoryPool

  package init(
    limits: QueryLimits, memory: MemoryPool, cancellation: Cancellation, waited: Int64 = 0
  ) {
    self.limits = limits
    self.memory = memory
    self.cancellation = cancellation
    self.waited = waited
  }

  /// The budget of the query, from now on. `timeout`, nanoseconds, may only shorten its time.
  package func budget(timeout: Int64? = nil) -> Budget {
    var limits = limits
    if let timeout { limits.nanoseconds = max(1, min(timeout, limits.nanoseconds)) }
    return Budget(
      limits: limits, deadline: .after(nanoseconds: limits.nanoseconds),
      cancellation: cancellation, memory: memory)
  }
}
