import Bytes
import Model

/// The parts of heads that a count needs, when it needs no more than those: then records are
/// counted by column, and none is made.
struct HeadCount {
  /// More different heads in one block are counted record by record.
  static let mostHeads = 4_096

  let parts: [RecordPart]
  /// Parts that a series is grouped by: a record without one may have a field of that name.
  let grouped: [RecordPart]
  let readsTimeline: Bool

  /// Nil when lines or fields are looked at.
  init?(_ range: LogRange, _ grouping: Grouping?, _ mention: LabelMention, _ timeline: Timeline) {
    guard range.selection.stages.isEmpty, range.unwrap == nil,
      range.function == .count || range.function == .rate || range.function == .absent
    else { return nil }
    var parts: Set<RecordPart> = []
    for matcher in range.selection.matchers where matcher.name != LogLabels.tenant {
      guard let part = Self.parts[matcher.name] else { return nil }
      parts.insert(part)
    }
    var grouped: [RecordPart] = []
    if let grouping, !grouping.isWithout {
      for name in grouping.labels where name != LogLabels.tenant {
        guard let part = Self.parts[name] else { return nil }
        grouped.append(part)
      }
      parts.formUnion(grouped)
    } else if range.function != .absent {
      guard mention.joined.isEmpty else { return nil }
      parts = Set(RecordPart.allCases)
    }
    self.parts = RecordPart.allCases.filter { parts.contains($0) }
    self.grouped = grouped
    readsTimeline = mention.namesRelease && !timeline.isEmpty
  }

  private static let parts: [ByteString: RecordPart] = [
    LogLabels.release: .release, LogLabels.service: .service,
    LogLabels.environment: .environment, LogLabels.host: .host, LogLabels.logger: .logger,
    LogLabels.level: .level,
  ]
}

extension RangeFold {
  /// Counts records by the columns of their heads; false, with nothing counted, when the records
  /// themselves are needed.
  mutating func take(
    _ heads: any RecordHeads, _ count: HeadCount, _ budget: Budget
  ) throws -> Bool {
    guard !heads.haveStreamLabels else { return false }
    var columns: [(part: RecordPart, column: HeadColumn)] = []
    var combinations = 1
    for part in count.parts {
      let column = try heads.column(part)
      let lacksSome = column.values.contains(where: \.isEmpty)
      if lacksSome, count.grouped.contains(part) { return false }
      if lacksSome, part == .release, count.readsTimeline { return false }
      combinations *= max(1, column.values.count)
      guard combinations <= HeadCount.mostHeads else { return false }
      columns.append((part, column))
    }
    if count.readsTimeline, !count.parts.contains(.release) { return false }
    let (first, last) = (heads.times.lowerBound, heads.times.upperBound)
    let isWithin =
      windows.indices(of: first) != nil && windows.indices(of: first) == windows.indices(of: last)
    let varying = columns.filter { $0.column.values.count > 1 }
    if isWithin, varying.count <= 1 {
      // How many there are of each value was counted when they were stored.
      try budget.charge(1)
      let counts = varying.first?.column.counts ?? [heads.count]
      let series = try series(of: counts, columns, heads, budget)
      for (place, rows) in counts.enumerated() { add(rows, to: series[place], at: first) }
      return true
    }
    try budget.charge(heads.count)
    let places = try Self.places(heads, columns)
    var counts = [Int](repeating: 0, count: combinations)
    for place in places { counts[Int(place)] += 1 }
    let series = try series(of: counts, columns, heads, budget)
    if isWithin {
      for (place, rows) in counts.enumerated() { add(rows, to: series[place], at: first) }
    } else {
      addByTime(try heads.rowTimes(), places, series)
    }
    return true
  }

  /// For each record the place of its head among all combinations of values, the last part's
  /// values being neighbours.
  private static func places(
    _ heads: any RecordHeads, _ columns: [(part: RecordPart, column: HeadColumn)]
  ) throws -> [UInt32] {
    var places = [UInt32](repeating: 0, count: heads.count)
    for (part, column) in columns where column.values.count > 1 {
      let codes = try heads.codes(part, in: column)
      guard codes.count == places.count else { continue }
      let width = UInt32(truncatingIfNeeded: column.values.count)
      for index in places.indices { places[index] = places[index] &* width &+ codes[index] }
    }
    return places
  }

  /// The series of each combination of values that has records; -1 for those that are not selected.
  private mutating func series(
    of counts: [Int], _ columns: [(part: RecordPart, column: HeadColumn)],
    _ heads: any RecordHeads, _ budget: Budget
  ) throws(QueryFault) -> [Int] {
    var found = [Int](repeating: -1, count: counts.count)
    for place in counts.indices where counts[place] > 0 {
      var batch = Batch()
      var record = Record(time: heads.times.lowerBound, receivedAt: heads.times.lowerBound)
      record.tenant = batch.intern(heads.tenant)
      var rest = place
      for (part, column) in columns.reversed() where !column.values.isEmpty {
        let (quotient, remainder) = rest.quotientAndRemainder(dividingBy: column.values.count)
        rest = quotient
        record.set(part, column.values[remainder], in: &batch)
      }
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

extension Record {
  /// Sets a part of the head to what its column shows.
  fileprivate mutating func set(
    _ part: RecordPart, _ value: ByteString, in batch: inout Batch
  ) {
    guard !value.isEmpty else { return }
    switch part {
    case .release: release = batch.intern(value)
    case .service: service = batch.intern(value)
    case .environment: environment = batch.intern(value)
    case .host: host = batch.intern(value)
    case .logger: logger = batch.intern(value)
    case .level: level = Level.allCases.first { $0.name == value } ?? .unknown
    }
  }
}
