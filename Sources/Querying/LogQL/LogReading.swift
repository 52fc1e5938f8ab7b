package import Bytes
package import Model

/// Answers what the records of a time range are like, as the index and the detecting calls of
/// Loki's API ask. Times are nanoseconds, `start..<end`. Its calls throw past the
/// budget, and what the source throws.
package struct LogReading: Sendable {
  /// Where a record was found: the number of its stream, which a change of the release makes
  /// another, and that of its batch.
  struct Place {
    let stream: Int
    let batch: Int
  }

  let source: any Source
  let scope: Scope
  let start: Int64
  let end: Int64
  let budget: Budget

  package init(
    source: any Source, scope: Scope, start: Int64, end: Int64, budget: Budget = Budget()
  ) {
    self.source = source
    self.scope = scope
    self.start = start
    self.end = end
    self.budget = budget
  }

  /// The selection of a log query; an empty text and `{}` stand for all streams. Throws on a query
  /// that gives numbers.
  package static func selection(
    _ query: ByteString, regexBytes: Int = Limits.regexBytes
  ) throws(QueryFault) -> LogSelection {
    if query.isEmpty || query == "{}" { return LogSelection(matchers: []) }
    guard case .lines(let selection) = try LogQL.parse(query, regexBytes: regexBytes) else {
      throw QueryFault(.badData, "only log queries are supported here, not metric queries")
    }
    return selection
  }

  /// Lends each record that the selection takes, as its stages left it.
  func visit(_ selection: LogSelection, _ body: (LogRow, Place, Batch) throws -> Void) throws {
    guard start < end else { return }
    let mention = LabelMention(.lines(selection))
    let plan = try LogPlan(selection, joining: mention.joined)
    var table = StreamTable(
      plan.matchers, scope: scope, timeline: mention.namesRelease ? source.timeline : nil,
      from: start, through: end)
    var row = LogRow(scope: scope)
    var batches = 0
    try budget.reading {
      try source.scan(in: scope, from: start, to: end) { batch in
        batches += 1
        for record in batch.records {
          try budget.charge(1)
          guard record.time >= start, record.time < end else { continue }
          let phase = table.phase(of: record, in: batch)
          guard table.phases[phase].isSelected else { continue }
          row.start(record, stream: table.phases[phase].labels)
          let isTaken = plan.passes(&row, in: batch)
          if row.work >= 1_024 { try budget.charge(row.takeWork()) }
          guard isTaken else { continue }
          try body(row, Place(stream: phase, batch: batches), batch)
        }
        return true
      }
    }
  }
}
