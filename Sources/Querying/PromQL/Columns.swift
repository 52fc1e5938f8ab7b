import Model

extension PromQL {
  /// What a function makes of windows: a column for each series. They are computed when they are
  /// asked for, some series at a time on several threads.
  struct Columns: Sendable {
    /// Computes the columns of some series and lends them one after the other.
    private typealias Work =
      @Sendable (
        [Windows.Series], (Windows.Series, [Double]) throws(QueryFault) -> Void
      ) throws(QueryFault) -> Void

    /// Notes metrics whose name is none of a counter's; nil where that does not matter.
    let gauges: GaugeNames?
    private let windows: Windows
    private let dropsName: Bool
    private let work: Work

    /// `fill` gives each series its values, told what `shared` makes of its times: series that are
    /// scraped together have the same ones.
    init<Shared>(
      of windows: Windows, dropsName: Bool, gauges: GaugeNames? = nil, budget: Budget,
      shared: @escaping @Sendable ([Int64]) -> Shared,
      _ fill:
        @escaping @Sendable (Windows.Series, Shared, inout [Double]) throws(QueryFault) -> Void
    ) {
      self.windows = windows
      self.dropsName = dropsName
      self.gauges = gauges
      let empty = [Double](repeating: .absent, count: windows.instants.count)
      work = { run, lend throws(QueryFault) in
        var known: (times: [Int64], shared: Shared)?
        // Used again for the next series unless it was kept.
        var values = empty
        for series in run {
          try budget.charge(empty.count)
          gauges?.note(series.labels)
          let now: Shared
          if let known, known.times == series.times {
            now = known.shared
          } else {
            now = shared(series.times)
            known = (series.times, now)
          }
          for index in values.indices { values[index] = .absent }
          try fill(series, now, &values)
          if !values.allSatisfy(\.isAbsent) { try lend(series, values) }
        }
      }
    }

    /// All of them that have values.
    func grid() throws(QueryFault) -> Grid {
      let columns = try windows.mapSeries { run throws(QueryFault) in
        var columns: [Grid.Series] = []
        columns.reserveCapacity(run.count)
        try work(run) { series, values in
          columns.append(
            Grid.Series(
              labels: series.labels, values: values, dropsName: dropsName || series.dropsName))
        }
        return columns
      }
      return Grid(count: windows.instants.count, series: columns)
    }

    /// Those of each group reduced to one, without all of them being held.
    func folded<A: MergeableAccumulator>(
      _: A.Type, by grouping: Grouping, budget: Budget
    ) throws(QueryFault) -> Grid {
      let count = windows.instants.count
      let parts = try windows.mapSeries { run throws(QueryFault) in
        var groups = FoldedGroups<A>(count: count)
        try work(run) { series, values in
          groups.add(
            values, to: grouping.key(of: series.labels),
            dropsName: dropsName || series.dropsName)
        }
        try budget.charge(groups.cells)
        return groups.all
      }
      var merged = FoldedGroups<A>(count: count)
      for part in parts { merged.merge(part) }
      return merged.grid
    }
  }
}

/// Groups of columns, each reduced to one as far as they have been met.
private struct FoldedGroups<A: MergeableAccumulator>: Sendable {
  /// What the columns of one group have come to.
  struct Group: Sendable {
    let labels: Labels
    var dropsName: Bool
    var sums: [A]
    /// Whether an instant has any value.
    var isPresent: [Bool]

    mutating func add(_ values: [Double]) {
      for index in sums.indices where !values[index].isAbsent {
        sums[index].add(values[index])
        isPresent[index] = true
      }
    }

    mutating func merge(_ other: Group) {
      for index in sums.indices where other.isPresent[index] {
        if isPresent[index] {
          sums[index].merge(other.sums[index])
        } else {
          sums[index] = other.sums[index]
          isPresent[index] = true
        }
      }
    }
  }

  private let count: Int
  /// In the order they were met.
  private(set) var all: [Group] = []
  private var places: [Labels: Int] = [:]

  init(count: Int) {
    self.count = count
  }

  /// What it holds.
  var cells: Int { all.count * count }

  mutating func add(_ values: [Double], to labels: Labels, dropsName: Bool) {
    if let place = places[labels] {
      all[place].add(values)
      if dropsName { all[place].dropsName = true }
      return
    }
    var group = Group(
      labels: labels, dropsName: dropsName, sums: .init(repeating: A(), count: count),
      isPresent: .init(repeating: false, count: count))
    group.add(values)
    places[labels] = all.count
    all.append(group)
  }

  mutating func merge(_ group: Group) {
    guard let place = places[group.labels] else {
      places[group.labels] = all.count
      all.append(group)
      return
    }
    all[place].merge(group)
    if group.dropsName { all[place].dropsName = true }
  }

  var grid: Grid {
    let series = all.map { group in
      Grid.Series(
        labels: group.labels,
        values: group.sums.indices.map {
          group.isPresent[$0] ? group.sums[$0].value : .absent
        }, dropsName: group.dropsName)
    }
    return Grid(count: count, series: series)
  }
}
