import Bytes
import Model

extension PromQL {
  /// A range vector at each of a number of instants: samples, and the window of each instant over
  /// them, which leaves out its own left end.
  struct Windows {
    /// A series of samples; stale markers are left out.
    struct Series {
      let labels: Labels
      let dropsName: Bool
      let times: [Int64]
      let values: [Double]
    }

    var series: [Series]
    /// Milliseconds.
    let range: Int64
    /// The right end of each window, ascending.
    let ends: [Int64]
    let instants: Instants

    /// The samples of one series at one instant.
    struct Window: ~Escapable {
      let times: Span<Int64>
      let values: Span<Double>
      /// Which of them lie inside; never empty.
      let members: Range<Int>
      let start: Int64
      let end: Int64
      let instant: Int64
      /// The index of the instant.
      let index: Int

      @_lifetime(copy times, copy values)
      fileprivate init(
        times: Span<Int64>, values: Span<Double>, members: Range<Int>, range: Int64, end: Int64,
        instant: Int64, index: Int
      ) {
        self.times = times
        self.values = values
        self.members = members
        start = end - range
        self.end = end
        self.instant = instant
        self.index = index
      }

      var count: Int { members.count }
      var first: Double { values[members.lowerBound] }
      var last: Double { values[members.upperBound - 1] }
      var firstTime: Int64 { times[members.lowerBound] }
      var lastTime: Int64 { times[members.upperBound - 1] }
      /// A copy of the values inside.
      var ownValues: [Double] { members.map { values[$0] } }

      /// All values reduced to one.
      func fold<A: Accumulator>(_: A.Type) -> Double {
        var accumulator = A()
        for index in members { accumulator.add(values[index]) }
        return accumulator.value
      }
    }

    /// Tells for each instant which samples of a series lie in its window.
    func visit(
      _ column: Series, _ body: (Int, Range<Int>) throws(QueryFault) -> Void
    ) throws(QueryFault) {
      for (index, members) in members(of: column.times).enumerated() { try body(index, members) }
    }

    /// For each instant which samples of these times lie in its window.
    private func members(of times: [Int64]) -> [Range<Int>] {
      var (low, high) = (0, 0)
      return ends.map { end in
        while high < times.count, times[high] <= end { high += 1 }
        while low < high, times[low] <= end - range { low += 1 }
        return low..<high
      }
    }

    /// A grid of what `reduce` makes of each window that has samples; nil leaves a value out.
    func mapping(
      dropsName: Bool = true, budget: Budget, _ reduce: (Window) throws(QueryFault) -> Double?
    ) throws(QueryFault) -> Grid {
      try columns(dropsName: dropsName, budget: budget) {
        (column, members, values) throws(QueryFault) in
        try map(column, members, into: &values, budget, reduce)
      }
    }

    private func map(
      _ column: Series, _ members: [Range<Int>], into values: inout [Double], _ budget: Budget,
      _ reduce: (Window) throws(QueryFault) -> Double?
    ) throws(QueryFault) {
      let (times, own) = (column.times.span, column.values.span)
      for index in members.indices where !members[index].isEmpty {
        // A long window at many instants costs time, if no memory.
        if members[index].count > 1_000 { try budget.check() }
        let window = Window(
          times: times, values: own, members: members[index], range: range, end: ends[index],
          instant: instants[index], index: index)
        if let value = try reduce(window) { values[index] = value }
      }
    }

    /// A grid of all values of each window reduced to one.
    func folding<A: Accumulator>(_: A.Type, budget: Budget) throws(QueryFault) -> Grid {
      try columns(dropsName: true, budget: budget) {
        (column, members, values) throws(QueryFault) in
        let own = column.values.span
        for index in members.indices where !members[index].isEmpty {
          if members[index].count > 1_000 { try budget.check() }
          var accumulator = A()
          for place in members[index] { accumulator.add(own[place]) }
          values[index] = accumulator.value
        }
      }
    }

    /// A grid of the sums of all windows, or their means.
    func sums(areMeans: Bool, budget: Budget) throws(QueryFault) -> Grid {
      try columns(dropsName: true, budget: budget) { (column, members, values) throws(QueryFault) in
        let running = RunningSums(column.values)
        try map(column, members, into: &values, budget) { window in
          guard let sum = running?.sum(of: window.members) else {
            return areMeans ? window.fold(Mean.self) : window.fold(CompensatedSum.self)
          }
          let count = Double(window.count)
          return areMeans ? sum.high / count + sum.low / count : sum.high + sum.low
        }
      }
    }

    /// A grid of a column for each series that `fill` gives values.
    func columns(
      dropsName: Bool, budget: Budget,
      _ fill: (Series, [Range<Int>], inout [Double]) throws(QueryFault) -> Void
    ) throws(QueryFault) -> Grid {
      var grid = Grid(count: instants.count)
      grid.series.reserveCapacity(series.count)
      // Series that are scraped together have the same times.
      var times: [Int64] = []
      var members = members(of: times)
      for column in series {
        try budget.charge(instants.count)
        if column.times != times {
          times = column.times
          members = self.members(of: times)
        }
        var values = [Double](repeating: .absent, count: instants.count)
        try fill(column, members, &values)
        if values.allSatisfy(\.isAbsent) { continue }
        grid.series.append(
          Grid.Series(
            labels: column.labels, values: values, dropsName: dropsName || column.dropsName))
      }
      return grid
    }

    /// The samples of the first window, as the answer of an instant query.
    func matrix() -> [MatrixSeries] {
      guard let end = ends.first else { return [] }
      var matrix: [MatrixSeries] = []
      for column in series {
        var points: [Point] = []
        for (time, value) in zip(column.times, column.values)
        where time > end - range && time <= end {
          points.append(Point(time: time, value: value))
        }
        if points.isEmpty { continue }
        let labels =
          column.dropsName ? column.labels.setting(Labels.metricName, nil) : column.labels
        matrix.append(MatrixSeries(labels: labels, points: points))
      }
      return matrix.ordered(by: \.labels)
    }
  }
}
