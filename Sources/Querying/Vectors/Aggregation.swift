package import Bytes
import Dividing
package import Model

/// The aggregations over the elements of a vector.
package enum AggregationKind: String, Sendable, CaseIterable {
  case sum, avg, min, max, count, stddev, stdvar, group, topk, bottomk, quantile
  case countValues = "count_values"
  case limitk
  case limitRatio = "limit_ratio"

  /// Whether a parameter stands before the vector.
  package var takesParameter: Bool {
    switch self {
    case .topk, .bottomk, .quantile, .countValues, .limitk, .limitRatio: true
    default: false
    }
  }
}

/// `by (...)` or `without (...)`; by nothing when neither is said.
package struct Grouping: Sendable, Equatable {
  package let isWithout: Bool
  package let labels: [ByteString]

  package init(isWithout: Bool = false, labels: [ByteString] = []) {
    self.isWithout = isWithout
    self.labels = labels
  }

  /// The labels of the group that a series belongs to.
  package func key(of labels: Labels) -> Labels {
    if isWithout { return labels.dropping(self.labels + [Labels.metricName]) }
    if self.labels.isEmpty { return .empty }
    return labels.keeping(self.labels)
  }
}

/// Operations on vectors, at all instants of a grid at once.
package enum Vectors {}

extension Vectors {
  /// The parameter of an aggregation: a number for each instant, or a label's name.
  package enum AggregationParameter: Sendable {
    case none
    case numbers([Double])
    case label(ByteString)
  }

  /// Reduces each group to one series, or for `topk` and its like to some of its own. Throws on a
  /// parameter that is no count or no label name, and what the budget throws.
  package static func aggregate(
    _ kind: AggregationKind, _ grid: Grid, by grouping: Grouping,
    parameter: AggregationParameter = .none, budget: Budget
  ) throws(QueryFault) -> Grid {
    try budget.charge(grid.series.count)
    switch kind {
    case .sum: return try fold(CompensatedSum.self, grid, grouping, budget)
    case .avg: return try fold(Mean.self, grid, grouping, budget)
    case .min: return try fold(Minimum.self, grid, grouping, budget)
    case .max: return try fold(Maximum.self, grid, grouping, budget)
    case .count: return try fold(Count.self, grid, grouping, budget)
    case .stddev: return try fold(Deviation.self, grid, grouping, budget)
    case .stdvar: return try fold(Variance.self, grid, grouping, budget)
    case .group: return try fold(Presence.self, grid, grouping, budget)
    case .quantile:
      let numbers = try numbers(parameter, of: grid)
      return try gather(grid, grouping, budget) { Quantile.of($0, numbers[$1]) }
    case .countValues:
      guard case .label(let name) = parameter, !name.isEmpty, Quoting.isUTF8(name) else {
        throw invalidLabel(parameter)
      }
      return try countValues(grid, grouping, label: name, budget)
    case .topk, .bottomk, .limitk, .limitRatio:
      return try choose(kind, grid, grouping, try numbers(parameter, of: grid), budget)
    }
  }

  private static func numbers(
    _ parameter: AggregationParameter, of grid: Grid
  ) throws(QueryFault) -> [Double] {
    guard case .numbers(let numbers) = parameter, numbers.count == grid.count else {
      throw QueryFault(.execution, "aggregation needs a number as its parameter")
    }
    return numbers
  }

  private static func invalidLabel(_ parameter: AggregationParameter) -> QueryFault {
    guard case .label(let name) = parameter else {
      return QueryFault(.execution, "count_values needs a label's name")
    }
    return QueryFault(.execution, "invalid label name \(Quoting.quote(name))")
  }

  /// The series of each group, groups in the order they are met.
  struct Group {
    let labels: Labels
    var members: [Int]
    var dropsName: Bool
  }

  static func groups(_ grid: Grid, _ grouping: Grouping) -> [Group] {
    var places: [Labels: Int] = [:]
    var groups: [Group] = []
    let keys = grid.series.mapRuns(of: 1_024) { run in run.map { grouping.key(of: $0.labels) } }
    for (index, (series, key)) in zip(grid.series, keys).enumerated() {
      if let place = places[key] {
        groups[place].members.append(index)
        if series.dropsName { groups[place].dropsName = true }
      } else {
        places[key] = groups.count
        groups.append(Group(labels: key, members: [index], dropsName: series.dropsName))
      }
    }
    return groups
  }

  private static func fold<A: Accumulator>(
    _: A.Type, _ grid: Grid, _ grouping: Grouping, _ budget: Budget
  ) throws(QueryFault) -> Grid {
    let groups = groups(grid, grouping)
    try budget.charge(groups.count * grid.count)
    // Each instant by one thread, so that its values are added in one order.
    let parts = max(1, min(8, grid.count, grid.series.count * grid.count / 100_000))
    let size = (grid.count + parts - 1) / parts
    let folded = Parts.map(parts) { part in
      let instants = min(part * size, grid.count)..<min((part + 1) * size, grid.count)
      return groups.map { fold(A.self, grid, $0.members, at: instants) }
    }
    var out = Grid(count: grid.count)
    out.series.reserveCapacity(groups.count)
    for (place, group) in groups.enumerated() {
      let values = folded.count == 1 ? folded[0][place] : folded.flatMap { $0[place] }
      out.series.append(
        Grid.Series(labels: group.labels, values: values, dropsName: group.dropsName))
    }
    return out
  }

  /// The values of some series at some instants, reduced to one for each instant.
  private static func fold<A: Accumulator>(
    _: A.Type, _ grid: Grid, _ members: [Int], at instants: Range<Int>
  ) -> [Double] {
    var sums = [A](repeating: A(), count: instants.count)
    var values = [Double](repeating: .absent, count: instants.count)
    for member in members {
      let cells = grid.series[member].values
      for index in values.indices {
        let cell = cells[instants.lowerBound + index]
        if cell.isAbsent { continue }
        sums[index].add(cell)
        values[index] = 0
      }
    }
    for index in values.indices where !values[index].isAbsent { values[index] = sums[index].value }
    return values
  }

  /// Reduces the values of a group at an instant together.
  private static func gather(
    _ grid: Grid, _ grouping: Grouping, _ budget: Budget,
    _ reduce: ([Double], Int) -> Double
  ) throws(QueryFault) -> Grid {
    var out = Grid(count: grid.count)
    var present: [Double] = []
    for group in groups(grid, grouping) {
      try budget.charge(grid.count)
      var values = [Double](repeating: .absent, count: grid.count)
      for index in 0..<grid.count {
        present.removeAll(keepingCapacity: true)
        for member in group.members where !grid.series[member].values[index].isAbsent {
          present.append(grid.series[member].values[index])
        }
        if !present.isEmpty { values[index] = reduce(present, index) }
      }
      out.series.append(
        Grid.Series(labels: group.labels, values: values, dropsName: group.dropsName))
    }
    return out
  }

  private static func countValues(
    _ grid: Grid, _ grouping: Grouping, label: ByteString, _ budget: Budget
  ) throws(QueryFault) -> Grid {
    let grouping =
      grouping.isWithout
      ? grouping : Grouping(isWithout: false, labels: grouping.labels + [label])
    var places: [Labels: Int] = [:]
    var out = Grid(count: grid.count)
    for series in grid.series {
      for index in 0..<grid.count where !series.values[index].isAbsent {
        let text = ByteString(Numbers.text(series.values[index]))
        let key = grouping.key(of: series.labels.setting(label, text))
        if places[key] == nil {
          try budget.charge(grid.count)
          places[key] = out.series.count
          out.series.append(
            Grid.Series(labels: key, values: .init(repeating: .absent, count: grid.count)))
        }
        guard let place = places[key] else { continue }
        let before = out.series[place].values[index]
        out.series[place].values[index] = before.isAbsent ? 1 : before + 1
        if series.dropsName { out.series[place].dropsName = true }
      }
    }
    return out
  }
}
