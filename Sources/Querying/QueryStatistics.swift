/// What a query took, as the `stats` of the Prometheus HTTP API show it. Times are nanoseconds of
/// the monotonic clock.
package struct QueryStatistics: Sendable, Equatable {
  /// Waiting for a thread.
  package var queued: Int64 = 0
  /// Reading series from the source.
  package var preparing: Int64 = 0
  /// Everything after the wait: preparing, computing and sorting.
  package var evaluating: Int64 = 0
  /// Sorting the answer.
  package var sorting: Int64 = 0
  /// Samples looked at for each step of the query: of a look-back the newest, of a range all.
  package var samplesByStep: [Int] = []
  /// Samples and values the query held.
  package var held = 0

  package init() {}

  package var samples: Int { samplesByStep.reduce(0, &+) }
}
