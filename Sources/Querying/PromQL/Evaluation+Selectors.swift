import Model

extension PromQL.Evaluation {
  /// The step of a subquery that states none; milliseconds.
  static let subqueryStep: Int64 = 60_000

  /// The instants shifted by `offset` and `@`; `@` makes them all the same.
  private func shifted(_ instants: PromQL.Instants, _ shift: PromQL.Shift) -> [Int64] {
    let anchor: Int64? =
      switch shift.anchor {
      case .none: nil
      case .time(let instant): instant
      case .start: times.start
      case .end: times.end
      }
    return (0..<instants.count).map { (anchor ?? instants[$0]) - shift.offset }
  }

  private func read(
    _ selector: PromQL.Selector, after start: Int64, through end: Int64,
    releases: ReleaseSeries.Instants
  ) throws(QueryFault) -> [SeriesReading.Series] {
    let begin = Deadline.now
    defer { statistics?.preparing += Deadline.now - begin }
    let found = try reading.series(
      matching: selector.matchers, metric: selector.metric, from: start + 1, through: end,
      releases: releases, budget: budget)
    try budget.hold(
      found.reduce(0) { $0 + $1.times.count * ReadMeter.sampleBytes + Grid.seriesBytes })
    return found
  }

  /// Counts one sample at each instant the grid has a value of.
  private func count(_ grid: Grid) {
    guard statistics != nil, subqueryDepth == 0 else { return }
    for series in grid.series {
      for (step, value) in series.values.enumerated() where !value.isAbsent {
        statistics?.samplesByStep[step] += 1
      }
    }
  }

  /// The windows with their samples counted, if anybody asks for that; the time to read them is
  /// told apart then as well.
  private func counted(_ windows: PromQL.Windows) throws(QueryFault) -> PromQL.Windows {
    guard statistics != nil else { return windows }
    let begin = Deadline.now
    let windows = try windows.read()
    statistics?.preparing += Deadline.now - begin
    guard subqueryDepth == 0, case .held(let series) = windows.origin else { return windows }
    for column in series {
      for (step, members) in windows.members(of: column.times).enumerated() {
        statistics?.samplesByStep[step] += members.count
      }
    }
    return windows
  }

  func select(
    _ selector: PromQL.Selector, at instants: PromQL.Instants
  ) throws(QueryFault) -> Grid {
    try select(selector, at: instants) { _, value in value }
  }

  /// At each instant what `pick` makes of the time and value of the newest sample of the look-back;
  /// nothing when that is a stale marker.
  func select(
    _ selector: PromQL.Selector, at instants: PromQL.Instants,
    _ pick: (Int64, Double) -> Double
  ) throws(QueryFault) -> Grid {
    try budget.charge(instants.count)
    let ends = shifted(instants, selector.shift)
    var grid = Grid(count: instants.count)
    guard let first = ends.first, let last = ends.last else { return grid }
    for series in try read(
      selector, after: first - lookback, through: last, releases: .each(ends))
    {
      try budget.charge(instants.count)
      try budget.hold(instants.count * 8)
      var values = [Double](repeating: .absent, count: instants.count)
      var next = 0
      var isEmpty = true
      for (index, end) in ends.enumerated() {
        while next < series.times.count, series.times[next] <= end { next += 1 }
        guard next > 0, series.times[next - 1] > end - lookback,
          !series.values[next - 1].isAbsent
        else { continue }
        values[index] = pick(series.times[next - 1], series.values[next - 1])
        isEmpty = false
      }
      if !isEmpty { grid.series.append(Grid.Series(labels: series.labels, values: values)) }
    }
    count(grid)
    return grid
  }

  func windows(
    _ node: PromQL.RangeSelector, at instants: PromQL.Instants
  ) throws(QueryFault) -> PromQL.Windows {
    try budget.charge(instants.count)
    let ends = shifted(instants, node.selector.shift)
    guard let first = ends.first, let last = ends.last else {
      return PromQL.Windows(origin: .held([]), range: node.range, ends: ends, instants: instants)
    }
    let unread = PromQL.Windows.Unread(
      reading: reading, selector: node.selector, from: first - node.range + 1, through: last,
      budget: budget)
    return try counted(
      PromQL.Windows(origin: .unread(unread), range: node.range, ends: ends, instants: instants))
  }

  /// A subquery's inner expression is evaluated once at all its steps, which lie at multiples of
  /// the step whatever the instants are.
  func windows(
    _ node: PromQL.Subquery, at instants: PromQL.Instants
  ) throws(QueryFault) -> PromQL.Windows {
    try budget.charge(instants.count)
    let ends = shifted(instants, node.shift)
    var series: [PromQL.Windows.Series] = []
    func made() throws(QueryFault) -> PromQL.Windows {
      try counted(
        PromQL.Windows(
          origin: .held(series), range: node.range, ends: ends, instants: instants))
    }
    guard let first = ends.first, let last = ends.last else { return try made() }
    let step = node.step ?? Self.subqueryStep
    let edge = first - node.range
    var start = edge / step * step
    if start <= edge { start += step }
    guard start <= last else { return try made() }
    let count = (last - start) / step + 1
    guard count <= Int64(budget.limits.samples) else {
      throw QueryFault(
        .execution,
        "subquery has too many steps: \(count), the limit is \(budget.limits.samples) "
          + "(query_samples); make its step longer or its range shorter")
    }
    let inner = PromQL.Instants(start: start, step: step, count: Int(count))
    subqueryDepth += 1
    let grid = try vector(node.inner, at: inner)
    subqueryDepth -= 1
    for column in grid.series {
      try budget.charge(column.values.count)
      var times: [Int64] = []
      var values: [Double] = []
      for (index, value) in column.values.enumerated() where !value.isAbsent {
        times.append(inner[index])
        values.append(value)
      }
      if times.isEmpty { continue }
      series.append(
        PromQL.Windows.Series(
          labels: column.labels, dropsName: column.dropsName, times: times, values: values))
    }
    return try made()
  }
}
