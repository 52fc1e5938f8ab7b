import Bytes
import Model

/// Gathers the first lines of a log query in its direction. A batch is looked through without
/// copying; only the rows that may stay are copied out of it.
struct LineCollector {
  /// A row that may be among the answer's.
  private struct Kept {
    let time: Int64
    /// Its place in the order of reading, which tells rows of one time apart.
    let sequence: Int
    let labels: Labels
    let line: LogStream.Line

    /// What it takes in memory, roughly.
    var bytes: Int {
      line.fields.reduce(Grid.seriesBytes + line.text.count) {
        $0 + 64 + $1.name.count + $1.value.count
      }
    }
  }

  let plan: LogPlan
  let limit: Int
  let direction: LogQL.Direction
  private let start: Int64
  private let end: Int64
  var table: StreamTable
  private var row: LogRow
  private var kept: [Kept] = []
  private var read = 0

  /// The columns that tell which records are lines of the answer, or might be.
  let columns: ColumnNeeds
  /// Whether they tell all of it.
  let isToldByColumns: Bool

  init(
    _ selection: LogSelection, _ mention: LabelMention, limit: Int, direction: LogQL.Direction,
    start: Int64, end: Int64,
    scope: Scope, timeline: Timeline
  ) throws(QueryFault) {
    plan = try LogPlan(selection, joining: mention.joined)
    self.limit = limit
    self.direction = direction
    self.start = start
    self.end = end
    let all = ColumnNeeds(selection, mention)
    isToldByColumns = all != nil
    columns = all ?? ColumnNeeds(of: selection.matchers)
    table = StreamTable(
      plan.matchers, scope: scope, timeline: mention.namesRelease ? timeline : nil, from: start,
      through: end)
    row = LogRow(scope: scope)
  }

  mutating func take(_ batch: Batch, _ budget: Budget) throws(QueryFault) {
    var candidates: [(time: Int64, index: Int)] = []
    for (index, record) in batch.records.enumerated() {
      try budget.charge(1)
      guard mayBeKept(record.time) else { continue }
      if passes(record, batch) { candidates.append((record.time, index)) }
      try chargeWork(budget)
    }
    candidates.sort { left, right in
      left.time == right.time
        ? (direction == .forward) == (left.index < right.index)
        : isBehind(right.time, left.time)
    }
    for candidate in candidates.prefix(limit) {
      let record = batch.records[candidate.index]
      let isKept = passes(record, batch)
      try chargeWork(budget)
      guard isKept else { continue }
      kept.append(keep(record, batch, sequence: read + candidate.index))
      try budget.hold(kept[kept.count - 1].bytes)
    }
    read += batch.records.count
    if candidates.isEmpty { return }
    let isForward = direction == .forward
    kept.sort { left, right in
      left.time == right.time
        ? isForward == (left.sequence < right.sequence)
        : isForward == (left.time < right.time)
    }
    guard kept.count > limit else { return }
    budget.settle(at: kept[limit...].reduce(budget.held) { $0 - $1.bytes })
    kept.removeLast(kept.count - limit)
  }

  /// Each KiB that templates read or write costs as much as a row.
  private mutating func chargeWork(_ budget: Budget) throws(QueryFault) {
    guard row.work >= 1_024 else { return }
    try budget.charge(row.takeWork())
  }

  /// Whether there are as many lines as are asked for, so that others must come before them.
  var isFull: Bool { kept.count >= limit }

  /// Whether a line of that time may still be among the first.
  func mayBeKept(_ time: Int64) -> Bool {
    guard time >= start, time < end else { return false }
    guard isFull, let worst = kept.last?.time else { return true }
    return !isBehind(time, worst)
  }

  /// Whether no line of those times can be among the first.
  func isBehind(_ times: ClosedRange<Int64>) -> Bool {
    guard isFull, let worst = kept.last?.time else { return false }
    return isBehind(direction == .forward ? times.lowerBound : times.upperBound, worst)
  }

  private func isBehind(_ time: Int64, _ other: Int64) -> Bool {
    direction == .forward ? time > other : time < other
  }

  /// Whether the selector takes the record's stream.
  mutating func selects(_ record: Record, _ batch: Batch) -> Bool {
    let place = table.phase(of: record, in: batch)
    return table.phases[place].isSelected
  }

  mutating func passes(_ record: Record, _ batch: Batch) -> Bool {
    let place = table.phase(of: record, in: batch)
    let phase = table.phases[place]
    guard phase.isSelected else { return false }
    row.start(record, stream: phase.labels)
    return plan.passes(&row, in: batch)
  }

  /// Copies out the row that has just passed.
  private func keep(_ record: Record, _ batch: Batch, sequence: Int) -> Kept {
    var fields: [Label] = []
    for index in record.fields {
      let field = batch.fields[index]
      fields.append(Label(batch.string(field.name), batch.string(field.value)))
    }
    let text = row.withLine(batch) { ByteString($0) }
    return Kept(
      time: record.time, sequence: sequence,
      labels: row.labels(joining: plan.joined, in: batch),
      line: LogStream.Line(time: record.time, text: text, fields: fields))
  }

  /// The lines by stream, streams in order of their labels.
  var streams: [LogStream] {
    var places: [Labels: Int] = [:]
    var streams: [LogStream] = []
    for row in kept {
      if let place = places[row.labels] {
        streams[place].lines.append(row.line)
      } else {
        places[row.labels] = streams.count
        streams.append(LogStream(labels: row.labels, lines: [row.line]))
      }
    }
    return streams.sorted { $0.labels < $1.labels }
  }
}
