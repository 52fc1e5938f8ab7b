package import Bytes
package import Model

/// What queries read from: the store, or the input series of a rule's unit test.
package protocol Source: Sendable {
  /// The series of `scope` that pass `accepts` (tenant, labels as they were sent), each with its
  /// samples of `from...through` (milliseconds), oldest first, times unique. `metric` is the exact
  /// metric name when the query knows it, so that an index can help.
  func series(
    in scope: Scope, metric: ByteString?, from: Int64, through: Int64,
    where accepts: @escaping @Sendable (ByteString, Labels) -> Bool
  ) throws -> [StoredSeries]

  /// Those series by what an index knows of them: each with one sample that stands for all, at a
  /// time at which it has one, whatever its value. A source need not have it.
  func outlines(
    in scope: Scope, metric: ByteString?, from: Int64, through: Int64,
    where accepts: @escaping @Sendable (ByteString, Labels) -> Bool
  ) throws -> [StoredSeries]

  /// What `body` makes of those series, so that not all of their samples are held at a time: it
  /// gets some at a time, all of a tenant together, and may be called on several threads. The
  /// results are in the order of the series. A source need not have it.
  func mapSeries<Result: Sendable>(
    in scope: Scope, metric: ByteString?, from: Int64, through: Int64,
    where accepts: @escaping @Sendable (ByteString, Labels) -> Bool,
    _ body: @escaping @Sendable ([StoredSeries]) throws -> [Result]
  ) throws -> [Result]

  /// Lends each batch that may hold records of `from..<to` (nanoseconds) of the scope; it may hold
  /// others too. Stops early when `visit` returns false. No order is promised.
  func scan(
    in scope: Scope, from: Int64, to: Int64, visit: (Batch) throws -> Bool
  ) throws

  /// Lends the records that may be of `from..<to` (nanoseconds) of the scope, part by part, so that
  /// no more of them is read than is asked for. Stops early when `visit` returns false. A source
  /// that keeps batches only need not have it.
  func visitRecords(
    in scope: Scope, from: Int64, to: Int64, visit: (any LentRecords) throws -> Bool
  ) throws

  /// The deploy timeline as it is known now.
  var timeline: Timeline { get }

  /// The tenants that have rows, of whatever time: a deploy to all tenants went to them.
  var tenants: [ByteString] { get }

  /// What may be missing from an answer about `from..<to` (nanoseconds) of the scope because it
  /// cannot be read, a sentence each; none when nothing is.
  func missing(in scope: Scope, from: Int64, to: Int64) -> [String]
}

/// Records that a source lends; they are valid during the visit. What cannot be read throws.
package protocol LentRecords {
  /// What is needed of them, and maybe more. `rows`, ascending, says which of those with heads are
  /// needed; nil for all.
  func batch(_ needs: RecordNeeds, rows: [UInt32]?) throws -> Batch
  /// Their heads by column; nil when they are not kept so.
  var heads: (any RecordHeads)? { get }
}

/// The heads of records of one tenant, by column.
package protocol RecordHeads {
  var tenant: ByteString { get }
  var count: Int { get }
  /// Nanoseconds, of the first and the last.
  var times: ClosedRange<Int64> { get }
  /// Whether any came with stream labels of its own (`StreamLabels`), which are no part of a head.
  var haveStreamLabels: Bool { get }
  /// The values of a part.
  func column(_ part: RecordPart) throws -> HeadColumn
  /// For each record the index of its value in the column.
  func codes(_ part: RecordPart, in column: HeadColumn) throws -> [UInt32]
  /// Nanoseconds of each record.
  func rowTimes() throws -> [Int64]
  /// The field whose name `isNamed`; nil when a record has several such.
  func field(where isNamed: (ByteString) -> Bool) throws -> FieldColumn?
  /// The numbers of the field whose name `isNamed`; each record is in one of them at most. `read`
  /// tells what a text is worth, nil for none; with `readsDigits` what is kept as a number is worth
  /// what it says. Nil when a text is worth nothing, and when a record may have several such
  /// fields.
  func numbers(
    where isNamed: (ByteString) -> Bool, readsDigits: Bool,
    _ read: (Span<UInt8>, FieldKind) -> Double?
  ) throws -> [FieldNumbers]?
}

/// Records of a batch, all of it.
private struct BatchRecords: LentRecords {
  let all: Batch
  func batch(_ needs: RecordNeeds, rows: [UInt32]?) -> Batch { all }
  var heads: (any RecordHeads)? { nil }
}

extension Source {
  package func outlines(
    in scope: Scope, metric: ByteString?, from: Int64, through: Int64,
    where accepts: @escaping @Sendable (ByteString, Labels) -> Bool
  ) throws -> [StoredSeries] {
    try series(in: scope, metric: metric, from: from, through: through, where: accepts)
  }

  package func mapSeries<Result: Sendable>(
    in scope: Scope, metric: ByteString?, from: Int64, through: Int64,
    where accepts: @escaping @Sendable (ByteString, Labels) -> Bool,
    _ body: @escaping @Sendable ([StoredSeries]) throws -> [Result]
  ) throws -> [Result] {
    try body(
      series(in: scope, metric: metric, from: from, through: through, where: accepts))
  }

  package func visitRecords(
    in scope: Scope, from: Int64, to: Int64, visit: (any LentRecords) throws -> Bool
  ) throws {
    try scan(in: scope, from: from, to: to) { try visit(BatchRecords(all: $0)) }
  }

  package func missing(in scope: Scope, from: Int64, to: Int64) -> [String] { [] }
}
