package import Bytes
package import Model

/// What queries read from: the store, or the input series of a rule's unit test.
package protocol Source: Sendable {
  /// The series of `scope` that pass `accepts` (tenant, labels as they were sent), each with its
  /// samples of `from...through` (milliseconds), oldest first, times unique. `metric` is the exact
  /// metric name when the query knows it, so that an index can help.
  func series(
    in scope: Scope, metric: ByteString?, from: Int64, through: Int64,
    where accepts: (ByteString, Labels) -> Bool
  ) throws -> [StoredSeries]

  /// Lends each batch that may hold records of `from..<to` (nanoseconds) of the scope; it may hold
  /// others too. Stops early when `visit` returns false. No order is promised.
  func scan(
    in scope: Scope, from: Int64, to: Int64, visit: (Batch) throws -> Bool
  ) throws

  /// The deploy timeline as it is known now.
  var timeline: Timeline { get }

  /// What may be missing from an answer about `from..<to` (nanoseconds) of the scope because it
  /// cannot be read, a sentence each; none when nothing is.
  func missing(in scope: Scope, from: Int64, to: Int64) -> [String]
}

extension Source {
  package func missing(in scope: Scope, from: Int64, to: Int64) -> [String] { [] }
}

/// A series as it was sent, with samples in order of time.
package struct StoredSeries: Sendable {
  package let tenant: ByteString
  package let labels: Labels
  /// Milliseconds since 1970, ascending.
  package var times: [Int64]
  package var values: [Double]

  package init(tenant: ByteString, labels: Labels, times: [Int64], values: [Double]) {
    self.tenant = tenant
    self.labels = labels
    self.times = times
    self.values = values
  }
}
