import Bytes
import Model

/// A range aggregation over one pass of the records. Lines are counted by the steps at which a
/// window begins and ceases to hold them, so that a line costs the same however many windows hold
/// it; unwrapped values are kept, put in order, and reduced window by window.
struct RangeFold {
  private let range: LogRange
  /// Whether lines with an error count.
  let keepsErrors: Bool
  let plan: LogPlan
  let unwrap: ValueReader?
  /// What it looks at of records.
  let needs: RecordNeeds
  /// Nil when it looks at more than columns.
  let columns: RangeColumns?
  let windows: StepWindows
  var table: StreamTable
  var row: LogRow
  var keys: SeriesKeys
  /// Per series, for each instant, how many more lines and bytes its window holds than the one
  /// before.
  var lines: [[Int64]] = []
  private var bytes: [[Int64]] = []
  var values: [[(time: Int64, value: Double)]] = []

  /// `grouping` replaces the range's own when an aggregation of counts is folded in.
  init(
    _ range: LogRange, grouping: Grouping?, windows: StepWindows, mention: LabelMention,
    keepsErrors: Bool, scope: Scope, timeline: Timeline
  ) throws(QueryFault) {
    self.range = range
    self.windows = windows
    self.keepsErrors = keepsErrors
    // The unwrapped label is the value, and so none of the series' labels.
    let joined = mention.joined.filter { $0 != range.unwrap?.label }
    plan = try LogPlan(range.selection, joining: joined)
    unwrap = try range.unwrap.map { unwrap throws(QueryFault) in try ValueReader(unwrap) }
    let span = windows.span
    table = StreamTable(
      plan.matchers, scope: scope, timeline: mention.namesRelease ? timeline : nil,
      from: span.from, through: span.to)
    row = LogRow(scope: scope)
    needs = RecordNeeds(
      range.selection, mention,
      showsLines: range.function == .bytes || range.function == .bytesRate)
    columns = RangeColumns(range, grouping, mention, timeline)
    keys = SeriesKeys(
      grouping: range.function == .absent ? Grouping() : grouping, joining: joined)
  }

  mutating func take(_ batch: Batch, _ budget: Budget) throws(QueryFault) {
    for record in batch.records {
      try budget.charge(1)
      guard let instants = windows.indices(of: record.time) else { continue }
      let phase = table.phase(of: record, in: batch)
      guard table.phases[phase].isSelected else { continue }
      row.start(record, stream: table.phases[phase].labels)
      let isTaken = plan.passes(&row, in: batch)
      if row.work >= 1_024 { try budget.charge(row.takeWork()) }
      guard isTaken else { continue }
      var value = 0.0
      if let unwrap {
        guard let found = unwrap.value(of: &row, in: batch) else { continue }
        value = found
      }
      if let error = row.error, !keepsErrors { throw failure(error, batch) }
      let series = keys.index(of: row, phase: phase, in: batch)
      if series == lines.count { try addSeries(budget) }
      if unwrap != nil {
        try budget.hold(ReadMeter.sampleBytes)
        values[series].append((record.time, value))
        continue
      }
      lines[series][instants.lowerBound] += 1
      lines[series][instants.upperBound + 1] -= 1
      if countsBytes {
        let size = Int64(row.withLine(batch) { $0.count })
        bytes[series][instants.lowerBound] += size
        bytes[series][instants.upperBound + 1] -= size
      }
    }
  }

  /// Whether it is of no account in which order values come: when one window holds them all, and
  /// what they come to has no roundings that depend on it.
  var isOrderFree: Bool {
    guard windows.count == 1 else { return false }
    switch range.function {
    case .quantile, .minimum, .maximum, .count, .absent: return true
    default: return false
    }
  }

  private var countsBytes: Bool { range.function == .bytes || range.function == .bytesRate }

  mutating func addSeries(_ budget: Budget) throws(QueryFault) {
    try budget.admit(series: lines.count + 1)
    let isCounted = unwrap == nil
    try budget.charge(isCounted ? windows.count : 1)
    try budget.hold((isCounted ? windows.count * (countsBytes ? 16 : 8) : 0) + Grid.seriesBytes)
    lines.append(isCounted ? [Int64](repeating: 0, count: windows.count + 1) : [])
    bytes.append(countsBytes ? [Int64](repeating: 0, count: windows.count + 1) : [])
    values.append([])
  }

  func failure(_ error: ByteString, _ batch: Batch) -> QueryFault {
    let labels = LabelsText.text(row.labels(joining: plan.joined, in: batch))
    return QueryFault(
      .execution,
      "pipeline error: '\(error)' for series: '\(labels)'. Take such lines out with a label filter "
        + "(| __error__!=\"\(error)\"), or all lines with errors (| __error__=\"\"); the filter "
        + "may also stand behind unwrap")
  }

  /// The vector at each instant.
  mutating func grid(_ budget: Budget) throws(QueryFault) -> Grid {
    if range.function == .absent { return try absence(budget) }
    var grid = Grid(count: windows.count)
    for index in keys.labels.indices {
      try budget.charge(windows.count)
      let cells = unwrap == nil ? counts(index) : try reduced(index, budget)
      grid.series.append(Grid.Series(labels: keys.labels[index], values: cells))
    }
    return grid
  }

  private func counts(_ series: Int) -> [Double] {
    var cells = [Double](repeating: .absent, count: windows.count)
    let seconds = Double(windows.length) / Double(Instant.second)
    var held: Int64 = 0
    var size: Int64 = 0
    for index in 0..<windows.count {
      held += lines[series][index]
      if countsBytes { size += bytes[series][index] }
      guard held > 0 else { continue }
      let total = Double(countsBytes ? size : held)
      cells[index] =
        range.function == .rate || range.function == .bytesRate ? total / seconds : total
    }
    return cells
  }

  private mutating func reduced(_ series: Int, _ budget: Budget) throws(QueryFault) -> [Double] {
    var samples = values[series]
    values[series] = []
    if !isOrderFree { samples.sort { $0.time < $1.time } }
    let times = samples.map(\.time)
    let numbers = samples.map(\.value)
    if isOrderFree {
      // Only values of the window were taken.
      try budget.charge(samples.count)
      let value = WindowReduction.reduce(
        range.function, times[...], numbers[...], length: windows.length,
        parameter: range.parameter ?? 0)
      return [samples.isEmpty ? .absent : value]
    }
    var cells = [Double](repeating: .absent, count: windows.count)
    var low = 0
    var high = 0
    for index in 0..<windows.count {
      guard let upper = windows.upper(index) else { continue }
      while high < times.count, times[high] <= upper { high += 1 }
      if let lower = upper.adding(-windows.length) {
        while low < high, times[low] <= lower { low += 1 }
      }
      guard low < high else { continue }
      try budget.charge(high - low)
      cells[index] = WindowReduction.reduce(
        range.function, times[low..<high], numbers[low..<high], length: windows.length,
        parameter: range.parameter ?? 0)
    }
    return cells
  }

  /// 1 where no window holds a line, with the labels that the selector fixes.
  private mutating func absence(_ budget: Budget) throws(QueryFault) -> Grid {
    try budget.charge(windows.count)
    var cells = [Double](repeating: 1, count: windows.count)
    for index in keys.labels.indices {
      let present = unwrap == nil ? counts(index) : try reduced(index, budget)
      for place in cells.indices where !present[place].isAbsent { cells[place] = .absent }
    }
    var fixed: [Label] = []
    var twice: Set<ByteString> = []
    for matcher in range.selection.matchers {
      if fixed.contains(where: { $0.name == matcher.name }) { twice.insert(matcher.name) }
      if matcher.operation == .equal { fixed.append(Label(matcher.name, matcher.value)) }
    }
    let labels = Labels(fixed.filter { !twice.contains($0.name) })
    let series = Grid.Series(labels: labels, values: cells)
    return Grid(count: windows.count, series: series.isEmpty ? [] : [series])
  }
}
