import Model

extension LineCollector {
  /// Takes what records a source lends may be of the answer, and no others where the heads tell.
  mutating func take(
    _ records: any LentRecords, _ needs: RecordNeeds, _ budget: Budget
  ) throws {
    guard let heads = records.heads else {
      return try take(try records.batch(needs, rows: nil), budget)
    }
    if isBehind(heads.times) { return }
    let rows = try candidates(heads, budget)
    if rows?.isEmpty == true { return }
    try take(try records.batch(needs, rows: rows), budget)
  }

  /// The rows that may be among the answer's, ascending; nil when heads do not tell.
  private mutating func candidates(
    _ heads: any RecordHeads, _ budget: Budget
  ) throws -> [UInt32]? {
    guard !table.readsTimeline,
      let parts = HeadColumns.parts(of: plan.matchers.map(\.name)),
      let columns = try HeadColumns(heads, parts)
    else { return nil }
    let isSelected = (0..<columns.count).map { place in
      let (record, batch) = columns.record(at: place)
      let phase = table.phase(of: record, in: batch)
      return table.phases[phase].isSelected
    }
    guard isSelected.contains(true) else { return [] }
    try budget.charge(heads.count)
    let places = try columns.places()
    let times = try heads.rowTimes()
    var rows: [UInt32] = []
    for (row, time) in times.enumerated()
    where mayBeKept(time) && isSelected[Int(places[row])] {
      rows.append(UInt32(truncatingIfNeeded: row))
    }
    // Each row without stages is a line, so only the first ones can be of the answer.
    guard plan.takesAll, rows.count > limit else { return rows }
    let isForward = direction == .forward
    rows.sort { left, right in
      let (one, other) = (times[Int(left)], times[Int(right)])
      return one == other ? isForward == (left < right) : isForward == (one < other)
    }
    return rows.prefix(limit).sorted()
  }
}
