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
    struct Window {
      let times: [Int64]
      let values: [Double]
      /// Which of them lie inside; never empty.
      let members: Range<Int>
      let start: Int64
      let end: Int64
      let instant: Int64
      /// The index of the instant.
      let index: Int

      var count: Int { members.count }
      var first: Double { values[members.lowerBound] }
      var last: Double { values[members.upperBound - 1] }
      var firstTime: Int64 { times[members.lowerBound] }
      var lastTime: Int64 { times[members.upperBound - 1] }

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
      var (low, high) = (0, 0)
      for (index, end) in ends.enumerated() {
        while high < column.times.count, column.times[high] <= end { high += 1 }
        while low < high, column.times[low] <= end - range { low += 1 }
        try body(index, low..<high)
      }
    }

    /// A grid of what `reduce` makes of each window that has samples; nil leaves a value out.
    func mapping(
      dropsName: Bool = true, budget: Budget, _ reduce: (Window) throws(QueryFault) -> Double?
    ) throws(QueryFault) -> Grid {
      var grid = Grid(count: instants.count)
      for column in series {
        try budget.charge(instants.count)
        var values = [Double](repeating: .absent, count: instants.count)
        var isEmpty = true
        try visit(column) { (index, members) throws(QueryFault) in
          if members.isEmpty { return }
          let end = ends[index]
          let window = Window(
            times: column.times, values: column.values, members: members, start: end - range,
            end: end, instant: instants[index], index: index)
          // A long window at many instants costs time, if no memory.
          if members.count > 1_000 { try budget.check() }
          guard let value = try reduce(window) else { return }
          values[index] = value
          isEmpty = false
        }
        if isEmpty { continue }
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
      return matrix.sorted { $0.labels < $1.labels }
    }
  }
}
