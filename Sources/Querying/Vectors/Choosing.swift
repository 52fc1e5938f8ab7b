import Bytes
import Model

extension Vectors {
  /// `topk`, `bottomk`, `limitk`, `limit_ratio`: series of the grid, with values only at the
  /// instants where they were chosen. With one instant the chosen stand in order of choice.
  static func choose(
    _ kind: AggregationKind, _ grid: Grid, _ grouping: Grouping, _ parameter: [Double],
    _ budget: Budget
  ) throws(QueryFault) -> Grid {
    let groups = groups(grid, grouping)
    if kind == .topk || kind == .bottomk, grid.count > 1,
      let most = parameter.max(), most <= Double(RankedCells.most)
    {
      for number in parameter { try checkCount(number) }
      return try rank(grid, groups, parameter, isTop: kind == .topk, budget)
    }
    var kept: [Int: [Double]] = [:]
    var order: [Int] = []
    for index in 0..<grid.count {
      let number = parameter[index]
      if kind != .limitRatio { try checkCount(number) }
      if kind == .limitRatio, number.isNaN {
        throw QueryFault(.execution, "Ratio value is NaN")
      }
      for group in groups {
        try budget.charge(group.members.count)
        let chosen = choose(kind, grid, group.members, at: index, number)
        for member in chosen {
          if kept[member] == nil {
            try budget.charge(grid.count)
            order.append(member)
          }
          kept[member, default: .init(repeating: .absent, count: grid.count)][index] =
            grid.series[member].values[index]
        }
      }
    }
    if grid.count > 1 { order.sort() }
    var out = Grid(count: grid.count)
    for member in order {
      guard let values = kept[member] else { continue }
      let series = grid.series[member]
      out.series.append(
        Grid.Series(labels: series.labels, values: values, dropsName: series.dropsName))
    }
    return out
  }

  /// The few best of each group at many instants: one pass over each series, which is compared with
  /// the worst of those kept.
  private static func rank(
    _ grid: Grid, _ groups: [Group], _ parameter: [Double], isTop: Bool, _ budget: Budget
  ) throws(QueryFault) -> Grid {
    let limits = parameter.map { Int(max(0, $0.rounded(.down))) }
    var kept: [Int: [Double]] = [:]
    for group in groups {
      var cells = limits.map { RankedCells(limit: $0, isTop: isTop) }
      for member in group.members {
        try budget.charge(grid.count)
        let values = grid.series[member].values
        for index in values.indices where !values[index].isAbsent {
          cells[index].add(values[index], of: member)
        }
      }
      for (index, cell) in cells.enumerated() {
        for (value, member) in cell.kept {
          if kept[member] == nil { try budget.charge(grid.count) }
          kept[member, default: .init(repeating: .absent, count: grid.count)][index] = value
        }
      }
    }
    var out = Grid(count: grid.count)
    for (member, values) in kept.sorted(by: { $0.key < $1.key }) {
      let series = grid.series[member]
      out.series.append(
        Grid.Series(labels: series.labels, values: values, dropsName: series.dropsName))
    }
    return out
  }

  private static func checkCount(_ number: Double) throws(QueryFault) {
    if number.isNaN { throw QueryFault(.execution, "Parameter value is NaN") }
    guard Int64(clamping: number) != nil else {
      throw QueryFault(
        .execution,
        "Scalar value \(Numbers.text(number)) \(number < 0 ? "underflows" : "overflows") int64")
    }
  }

  /// The members chosen at one instant, best first.
  private static func choose(
    _ kind: AggregationKind, _ grid: Grid, _ members: [Int], at index: Int, _ number: Double
  ) -> [Int] {
    let present = members.filter { !grid.series[$0].values[index].isAbsent }
    if kind == .limitRatio { return present.filter { sample(grid.series[$0].labels, number) } }
    guard number >= 1 else { return [] }
    let count = number >= Double(present.count) ? present.count : Int(number)
    if kind == .limitk { return Array(present.prefix(count)) }
    let isTop = kind == .topk
    // Ties go to the series met first; NaN comes after every number.
    let ranked = present.enumerated().sorted { left, right in
      let first = grid.series[left.element].values[index]
      let second = grid.series[right.element].values[index]
      if first.isNaN != second.isNaN { return second.isNaN }
      if first != second, !first.isNaN { return isTop ? first > second : first < second }
      return left.offset < right.offset
    }
    return ranked.prefix(count).map(\.element)
  }

  /// Whether a series is among the `ratio` of all series; a negative ratio chooses the others.
  private static func sample(_ labels: Labels, _ ratio: Double) -> Bool {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for pair in labels.pairs {
      for byte in pair.name.bytes + [0xFF] + pair.value.bytes + [0xFF] {
        hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
      }
    }
    hash ^= hash >> 32
    let place = Double(hash) / Double(UInt64.max)
    return ratio >= 0 ? place < ratio : place >= 1 + ratio
  }
}

/// The best values met so far, best first. Ties go to the one met first; NaN comes after every
/// number.
private struct RankedCells {
  /// More are better sorted.
  static let most = 64

  private let limit: Int
  private let isTop: Bool
  private(set) var kept: [(value: Double, member: Int)] = []

  init(limit: Int, isTop: Bool) {
    self.limit = limit
    self.isTop = isTop
  }

  mutating func add(_ value: Double, of member: Int) {
    if kept.count >= limit {
      guard let worst = kept.last, isBetter(value, worst.value) else { return }
      kept.removeLast()
    }
    var place = kept.count
    while place > 0, isBetter(value, kept[place - 1].value) { place -= 1 }
    kept.insert((value, member), at: place)
  }

  private func isBetter(_ value: Double, _ other: Double) -> Bool {
    if value.isNaN || other.isNaN { return other.isNaN && !value.isNaN }
    return isTop ? value > other : value < other
  }
}
