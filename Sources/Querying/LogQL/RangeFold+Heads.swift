import Bytes
import Model

/// What of records a range aggregation looks at, when columns tell all of it: then none is made.
struct RangeColumns {
  let needs: ColumnNeeds
  private let readsTimeline: Bool

  /// Nil when lines are looked at.
  init?(_ range: LogRange, _ grouping: Grouping?, _ mention: LabelMention, _ timeline: Timeline) {
    guard range.function != .bytes, range.function != .bytesRate,
      var needs = ColumnNeeds(range.selection, mention, unwrapping: range.unwrap?.label)
    else { return nil }
    readsTimeline = mention.namesRelease && !timeline.isEmpty
    // Without groups to go by, all labels of a stream are those of a series.
    if grouping?.isWithout ?? true, range.function != .absent {
      needs.parts = Set(RecordPart.allCases)
    }
    if readsTimeline { needs.parts.insert(.release) }
    self.needs = needs
  }

  /// Whether the release of each record is its own, and none depends on the time.
  fileprivate func isEnough(_ columns: HeadColumns) -> Bool {
    !readsTimeline || !columns.lacks(.release)
  }
}

extension RangeFold {
  /// Takes records by their columns; false, with nothing taken, when the records themselves are
  /// needed.
  mutating func take(
    _ heads: any RecordHeads, _ columns: RangeColumns, _ budget: Budget
  ) throws -> Bool {
    guard var rows = try AlikeRows(heads, columns.needs), columns.isEnough(rows.columns) else {
      return false
    }
    if let unwrap { return try take(heads, rows, unwrap, budget) }
    let (first, last) = (heads.times.lowerBound, heads.times.upperBound)
    let isWithin = areAlike(first, last)
    if isWithin, rows.areHeads, let counts = rows.columns.knownCounts {
      try budget.charge(1)
      let series = try series(of: counts, rows, budget)
      for (place, rows) in counts.enumerated() { add(rows, to: series[place], at: first) }
      return true
    }
    try budget.charge(heads.count)
    try rows.placeByHeads()
    var counts = [Int](repeating: 0, count: rows.count)
    for place in rows.places { counts[Int(place)] += 1 }
    let series = try series(of: counts, rows, budget)
    if isWithin {
      for (place, rows) in counts.enumerated() { add(rows, to: series[place], at: first) }
    } else {
      addByTime(try heads.rowTimes(), rows.places, series)
    }
    return true
  }

  /// Takes the values of a field.
  private mutating func take(
    _ heads: any RecordHeads, _ rows: AlikeRows, _ unwrap: ValueReader, _ budget: Budget
  ) throws -> Bool {
    var rows = rows
    let read = { unwrap.number($0, $1) }
    guard
      let columns = try heads.numbers(
        where: { LogLabels.spells($0.bytes.span, unwrap.label) }, readsDigits: unwrap.readsDigits,
        read)
    else { return false }
    try budget.charge(heads.count)
    try rows.placeByHeads()
    let (first, last) = (heads.times.lowerBound, heads.times.upperBound)
    // In a window that holds all of them, no time is asked for unless their order counts.
    let needsTimes = !areAlike(first, last) || !isOrderFree
    let times = needsTimes ? try heads.rowTimes() : []
    var counts = [Int](repeating: 0, count: rows.count)
    for column in columns {
      for index in column.values.indices {
        let row = column.rows.map { Int($0[index]) } ?? index
        if needsTimes, windows.indices(of: times[row]) == nil { continue }
        counts[Int(rows.places[row])] += 1
      }
    }
    let series = try series(of: counts, rows, budget)
    for (place, count) in counts.enumerated() where series[place] >= 0 {
      try budget.hold(count * ReadMeter.sampleBytes)
    }
    for column in columns {
      for (index, value) in column.values.enumerated() {
        let row = column.rows.map { Int($0[index]) } ?? index
        let own = series[Int(rows.places[row])]
        if own >= 0 { values[own].append((needsTimes ? times[row] : first, value)) }
      }
    }
    return true
  }

  /// Whether windows that hold one of the times hold the other, and some do.
  private func areAlike(_ first: Int64, _ last: Int64) -> Bool {
    guard let own = windows.indices(of: first) else { return false }
    return own == windows.indices(of: last)
  }

  /// The series of each combination of values that has records; -1 for those that are not selected.
  private mutating func series(
    of counts: [Int], _ rows: AlikeRows, _ budget: Budget
  ) throws(QueryFault) -> [Int] {
    var found = [Int](repeating: -1, count: counts.count)
    for place in counts.indices where counts[place] > 0 {
      let (record, batch) = rows.record(at: place)
      let phase = table.phase(of: record, in: batch)
      guard table.phases[phase].isSelected else { continue }
      row.start(record, stream: table.phases[phase].labels)
      guard plan.passes(&row, in: batch), unwrap?.passes(&row, in: batch) ?? true else { continue }
      if let error = row.error, !keepsErrors { throw failure(error, batch) }
      let series = keys.index(of: row, phase: phase, in: batch)
      if series == lines.count { try addSeries(budget) }
      found[place] = series
    }
    return found
  }

  private mutating func add(_ rows: Int, to series: Int, at time: Int64) {
    guard series >= 0, rows > 0, let instants = windows.indices(of: time) else { return }
    lines[series][instants.lowerBound] += Int64(rows)
    lines[series][instants.upperBound + 1] -= Int64(rows)
  }

  /// Neighbours are mostly of the same windows, so that they are counted together.
  private mutating func addByTime(_ times: [Int64], _ places: [UInt32], _ series: [Int]) {
    var counts = [Int](repeating: 0, count: series.count)
    var touched: [Int] = []
    var from = Int64.max
    var through = Int64.min
    for (time, place) in zip(times, places) {
      if time < from || time > through {
        for own in touched {
          add(counts[own], to: series[own], at: from)
          counts[own] = 0
        }
        touched.removeAll(keepingCapacity: true)
        from = time
        through = windows.lastAlike(time)
      }
      let own = Int(place)
      if counts[own] == 0 { touched.append(own) }
      counts[own] += 1
    }
    for own in touched { add(counts[own], to: series[own], at: from) }
  }
}
