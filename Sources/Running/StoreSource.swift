package import Bytes
package import Model
package import Querying
package import Storing

/// The store as queries read it.
package struct StoreSource: Source {
  /// More are only counted.
  private static let shownRanges = 10

  private let store: Store

  package init(store: Store) {
    self.store = store
  }

  package func series(
    in scope: Scope, metric: ByteString?, from: Int64, through: Int64,
    where accepts: @escaping @Sendable (ByteString, Labels) -> Bool
  ) throws -> [StoredSeries] {
    try store.series(in: scope, metric: metric, from: from, through: through, where: accepts)
  }

  package func outlines(
    in scope: Scope, metric: ByteString?, from: Int64, through: Int64,
    where accepts: @escaping @Sendable (ByteString, Labels) -> Bool
  ) throws -> [StoredSeries] {
    try store.outlines(in: scope, metric: metric, from: from, through: through, where: accepts)
  }

  package func mapSeries<Result: Sendable>(
    in scope: Scope, metric: ByteString?, from: Int64, through: Int64,
    where accepts: @escaping @Sendable (ByteString, Labels) -> Bool,
    _ body: @escaping @Sendable ([StoredSeries]) throws -> [Result]
  ) throws -> [Result] {
    try store.mapSeries(
      in: scope, metric: metric, from: from, through: through, where: accepts, body)
  }

  package func scan(
    in scope: Scope, from: Int64, to: Int64, visit: (Batch) throws -> Bool
  ) throws {
    try store.scan(in: scope, from: from, to: to, visit: visit)
  }

  package func visitRecords(
    in scope: Scope, from: Int64, to: Int64, visit: (any LentRecords) throws -> Bool
  ) throws {
    try store.visitRecords(in: scope, from: from, to: to) { records in
      try visit(Lent(records: records))
    }
  }

  package var timeline: Timeline { store.state.timeline }
  package var tenants: [ByteString] { store.tenants }

  package func missing(in scope: Scope, from: Int64, to: Int64) -> [String] {
    let ranges = store.missing(in: scope, from: from, to: to)
    let shown = ranges.prefix(Self.shownRanges).map { range in
      let whose = range.tenant.map { "rows of tenant \($0)" } ?? "rows"
      guard let times = range.times else { return "\(whose) cannot be read: see plimsoll doctor" }
      return "\(whose) from \(Instant.text(times.lowerBound)) to "
        + "\(Instant.text(times.upperBound)) cannot be read: see plimsoll doctor"
    }
    guard ranges.count > shown.count else { return Array(shown) }
    return shown + ["\(ranges.count - shown.count) more ranges cannot be read"]
  }
}

/// Records of the store, as queries read them.
private struct Lent: LentRecords {
  let records: StoredRecords

  func batch(_ needs: RecordNeeds, rows: [UInt32]?) throws -> Batch {
    try records.batch(needs, rows: rows)
  }

  var heads: (any RecordHeads)? { records.heads }
}

extension StoredHeads: RecordHeads {}
