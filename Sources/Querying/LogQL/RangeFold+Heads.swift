import Bytes
import Model

/// The parts of heads that a count needs, when it needs no more than those: then records are
/// counted by column, and none is made.
struct HeadCount {
  let parts: Set<RecordPart>
  /// Parts that a series is grouped by: a record without one may have a field of that name.
  let grouped: Set<RecordPart>
  let readsTimeline: Bool

  /// Nil when lines or fields are looked at.
  init?(_ range: LogRange, _ grouping: Grouping?, _ mention: LabelMention, _ timeline: Timeline) {
    guard range.selection.stages.isEmpty, range.unwrap == nil,
      range.function == .count || range.function == .rate || range.function == .absent,
      let matched = HeadColumns.parts(of: range.selection.matchers.map(\.name))
    else { return nil }
    readsTimeline = mention.namesRelease && !timeline.isEmpty
    if let grouping, !grouping.isWithout {
      guard let own = HeadColumns.parts(of: grouping.labels) else { return nil }
      grouped = own
      parts = matched.union(own)
      return
    }
    grouped = []
    guard range.function != .absent else {
      parts = matched
      return
    }
    guard mention.joined.isEmpty else { return nil }
    parts = Set(RecordPart.allCases)
  }

  /// Whether the heads say all that there is to know.
  fileprivate func isEnough(_ columns: HeadColumns) -> Bool {
    if grouped.contains(where: { columns.lacks($0) }) { return false }
    return !readsTimeline || (parts.contains(.release) && !columns.lacks(.release))
  }
}

extension RangeFold {
  /// Counts records by the columns of their heads; false, with nothing counted, when the records
  /// themselves are needed.
  mutating func take(
    _ heads: any RecordHeads, _ count: HeadCount, _ budget: Budget
  ) throws -> Bool {
    guard let columns = try HeadColumns(heads, count.parts), count.isEnough(columns) else {
      return false
    }
    let (first, last) = (heads.times.lowerBound, heads.times.upperBound)
    let isWithin =
      windows.indices(of: first) != nil && windows.indices(of: first) == windows.indices(of: last)
    if isWithin, let counts = columns.knownCounts {
      try budget.charge(1)
      let series = try series(of: counts, columns, budget)
      for (place, rows) in counts.enumerated() { add(rows, to: series[place], at: first) }
      return true
    }
    try budget.charge(heads.count)
    let places = try columns.places()
    var counts = [Int](repeating: 0, count: columns.count)
    for place in places { counts[Int(place)] += 1 }
    let series = try series(of: counts, columns, budget)
    if isWithin {
      for (place, rows) in counts.enumerated() { add(rows, to: series[place], at: first) }
    } else {
      addByTime(try heads.rowTimes(), places, series)
    }
    return true
  }

  /// The series of each combination of values that has records; -1 for those that are not selected.
  private mutating func series(
    of counts: [Int], _ columns: HeadColumns, _ budget: Budget
  ) throws(QueryFault) -> [Int] {
    var found = [Int](repeating: -1, count: counts.count)
    for place in counts.indices where counts[place] > 0 {
      let (record, batch) = columns.record(at: place)
      let phase = table.phase(of: record, in: batch)
      guard table.phases[phase].isSelected else { continue }
      row.start(record, stream: table.phases[phase].labels)
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
