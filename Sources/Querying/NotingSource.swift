package import Bytes
package import Model
import Synchronization

/// A source that notes what was asked of it, so that an answer can say what it lacks.
package final class NotingSource: Source {
  private let source: any Source
  /// Nanoseconds; nil before the first question.
  private let asked = Mutex<ClosedRange<Int64>?>(nil)

  package init(_ source: any Source) {
    self.source = source
  }

  package func series(
    in scope: Scope, metric: ByteString?, from: Int64, through: Int64,
    where accepts: @escaping @Sendable (ByteString, Labels) -> Bool
  ) throws -> [StoredSeries] {
    noteMilliseconds(from, through)
    return try source.series(
      in: scope, metric: metric, from: from, through: through, where: accepts)
  }

  package func outlines(
    in scope: Scope, metric: ByteString?, from: Int64, through: Int64,
    where accepts: @escaping @Sendable (ByteString, Labels) -> Bool
  ) throws -> [StoredSeries] {
    noteMilliseconds(from, through)
    return try source.outlines(
      in: scope, metric: metric, from: from, through: through, where: accepts)
  }

  package func mapSeries<Result: Sendable>(
    in scope: Scope, metric: ByteString?, from: Int64, through: Int64,
    where accepts: @escaping @Sendable (ByteString, Labels) -> Bool,
    _ body: @escaping @Sendable ([StoredSeries]) throws -> [Result]
  ) throws -> [Result] {
    noteMilliseconds(from, through)
    return try source.mapSeries(
      in: scope, metric: metric, from: from, through: through, where: accepts, body)
  }

  package func scan(
    in scope: Scope, from: Int64, to: Int64, visit: (Batch) throws -> Bool
  ) throws {
    note(from, to)
    try source.scan(in: scope, from: from, to: to, visit: visit)
  }

  package func visitRecords(
    in scope: Scope, from: Int64, to: Int64, visit: (any LentRecords) throws -> Bool
  ) throws {
    note(from, to)
    try source.visitRecords(in: scope, from: from, to: to, visit: visit)
  }

  package var timeline: Timeline { source.timeline }
  package var tenants: [ByteString] { source.tenants }

  package func missing(in scope: Scope, from: Int64, to: Int64) -> [String] {
    source.missing(in: scope, from: from, to: to)
  }

  /// What may be missing from the answers so far, a sentence each.
  package func warnings(in scope: Scope) -> [String] {
    guard let times = asked.withLock({ $0 }) else { return [] }
    return source.missing(
      in: scope, from: times.lowerBound, to: times.upperBound.adding(1) ?? .max)
  }

  private func noteMilliseconds(_ from: Int64, _ through: Int64) {
    note(
      from.multiplied(by: Instant.millisecond) ?? (from < 0 ? .min : .max),
      through.multiplied(by: Instant.millisecond) ?? (through < 0 ? .min : .max))
  }

  private func note(_ from: Int64, _ to: Int64) {
    asked.withLock { asked in
      let low = min(from, asked?.lowerBound ?? from)
      asked = low...max(low, to, asked?.upperBound ?? to)
    }
  }
}
