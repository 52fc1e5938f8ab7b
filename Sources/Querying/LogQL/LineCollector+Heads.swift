import Model

extension LineCollector {
  /// Takes what records a source lends may be of the answer, and no others where columns tell.
  mutating func take(
    _ records: any LentRecords, _ needs: RecordNeeds, _ budget: Budget
  ) throws {
    guard let heads = records.heads else {
      return try take(try records.batch(needs, rows: nil), budget)
    }
    if isBehind(heads.times) { return }
    // While lines are missing, texts that a line must hold leave less than times and columns do.
    let rows = needs.texts.isEmpty || isFull ? try candidates(heads, budget) : nil
    if rows?.isEmpty == true { return }
    try take(try records.batch(needs, rows: rows), budget)
  }

  /// The rows that may be among the answer's, ascending; nil when columns do not tell.
  private mutating func candidates(
    _ heads: any RecordHeads, _ budget: Budget
  ) throws -> [UInt32]? {
    guard var kinds = try AlikeRows(heads, columns),
      !table.readsTimeline || !kinds.columns.lacks(.release)
    else { return nil }
    try budget.charge(heads.count)
    try kinds.placeByHeads()
    var isSeen = [Bool](repeating: false, count: kinds.count)
    for place in kinds.places { isSeen[Int(place)] = true }
    var isTaken = [Bool](repeating: false, count: kinds.count)
    for place in isTaken.indices where isSeen[place] {
      let (record, batch) = kinds.record(at: place)
      isTaken[place] = isToldByColumns ? passes(record, batch) : selects(record, batch)
    }
    guard isTaken.contains(true) else { return [] }
    let times = try heads.rowTimes()
    var rows: [UInt32] = []
    for (row, time) in times.enumerated()
    where isTaken[Int(kinds.places[row])] && mayBeKept(time) {
      rows.append(UInt32(truncatingIfNeeded: row))
    }
    // Each of them is a line, so only the first ones can be of the answer.
    guard isToldByColumns, rows.count > limit else {
      // To pick out most rows costs more than to take them all.
      return rows.count * 2 > heads.count ? nil : rows
    }
    let isForward = direction == .forward
    rows.sort { left, right in
      let (one, other) = (times[Int(left)], times[Int(right)])
      return one == other ? isForward == (left < right) : isForward == (one < other)
    }
    return rows.prefix(limit).sorted()
  }
}
