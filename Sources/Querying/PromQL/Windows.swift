import Bytes
import Dividing
import Model

extension PromQL {
  /// A range vector at each of a number of instants: samples, and the window of each instant over
  /// them, which leaves out its own left end.
  struct Windows: Sendable {
    /// A series of samples; stale markers are left out.
    struct Series: Sendable {
      let labels: Labels
      let dropsName: Bool
      let times: [Int64]
      let values: [Double]

      init(labels: Labels, dropsName: Bool, times: [Int64], values: [Double]) {
        self.labels = labels
        self.dropsName = dropsName
        self.times = times
        self.values = values
      }

      /// Nil when there are only stale markers.
      init?(_ series: SeriesReading.Series) {
        (times, values) = series.withoutMarkers
        if times.isEmpty { return nil }
        labels = series.labels
        dropsName = false
      }
    }

    /// Series that are read when something is made of them, so that their samples are not all
    /// held at a time.
    struct Unread: Sendable {
      let reading: SeriesReading
      let selector: Selector
      /// Milliseconds.
      let from: Int64
      let through: Int64
      let budget: Budget
    }

    /// Where the series are.
    enum Origin: Sendable {
      case held([Series])
      case unread(Unread)
    }

    /// Series that are worked on at a time, by one thread.
    private static let runLength = 256

    let origin: Origin
    /// Milliseconds.
    let range: Int64
    /// The right end of each window, ascending.
    let ends: [Int64]
    let instants: Instants

    /// What `body` makes of all series; it gets some at a time, and is called on several threads.
    func mapSeries<Result: Sendable>(
      _ body: @escaping @Sendable ([Series]) throws(QueryFault) -> [Result]
    ) throws(QueryFault) -> [Result] {
      switch origin {
      case .held(let series):
        return try series.mapRuns(of: Self.runLength) { run throws(QueryFault) in
          try body(Array(run))
        }
      case .unread(let unread):
        return try unread.reading.mapSeries(
          matching: unread.selector.matchers, metric: unread.selector.metric, from: unread.from,
          through: unread.through, releases: .regular, budget: unread.budget
        ) { found throws(QueryFault) in
          try found.mapRuns(of: Self.runLength) { run throws(QueryFault) in
            try body(run.compactMap(Series.init))
          }
        }
      }
    }

    /// The same with its series read.
    func read() throws(QueryFault) -> Windows {
      Windows(origin: .held(try mapSeries { $0 }), range: range, ends: ends, instants: instants)
    }

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

    /// For each instant which samples of these times lie in its window.
    func members(of times: [Int64]) -> [Range<Int>] {
      var (low, high) = (0, 0)
      return ends.map { end in
        while high < times.count, times[high] <= end { high += 1 }
        while low < high, times[low] <= end - range { low += 1 }
        return low..<high
      }
    }

    /// What `reduce` makes of each window that has samples; nil leaves a value out.
    func mapping(
      dropsName: Bool = true, budget: Budget,
      _ reduce: @escaping @Sendable (Window) throws(QueryFault) -> Double?
    ) -> Columns {
      Columns(of: self, dropsName: dropsName, budget: budget, shared: members) {
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

    /// All values of each window reduced to one.
    func folding<A: Accumulator>(_: A.Type, budget: Budget) -> Columns {
      Columns(of: self, dropsName: true, budget: budget, shared: members) {
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

    /// The least or the greatest value of each window, the first of equal ones; NaN when there is
    /// nothing else.
    func extremes(areGreatest: Bool, budget: Budget) -> Columns {
      Columns(of: self, dropsName: true, budget: budget, shared: members) {
        (column, members, values) in
        // Negated, so that one order serves both.
        let own = areGreatest ? column.values : column.values.map { -$0 }
        var best = RunningBest()
        for index in members.indices where !members[index].isEmpty {
          let found = best.value(of: members[index], own.span)
          values[index] = areGreatest ? found : -found
        }
      }
    }

    /// The sums of all windows, or their means.
    func sums(areMeans: Bool, budget: Budget) -> Columns {
      Columns(of: self, dropsName: true, budget: budget, shared: members) {
        (column, members, values) throws(QueryFault) in
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

    /// The samples of the first window, as the answer of an instant query.
    func matrix() throws(QueryFault) -> [MatrixSeries] {
      guard let end = ends.first else { return [] }
      let matrix = try mapSeries { [range] run throws(QueryFault) in
        run.compactMap { column -> MatrixSeries? in
          var points: [Point] = []
          for (time, value) in zip(column.times, column.values)
          where time > end - range && time <= end {
            points.append(Point(time: time, value: value))
          }
          if points.isEmpty { return nil }
          let labels =
            column.dropsName ? column.labels.setting(Labels.metricName, nil) : column.labels
          return MatrixSeries(labels: labels, points: points)
        }
      }
      return matrix.ordered(by: \.labels)
    }
  }
}
