import Bytes
import Model

extension Vectors {
  /// `topk`, `bottomk`, `limitk`, `limit_ratio`: series of the grid, with values only at the
  /// instants where they were chosen. With one instant the chosen stand in order of choice.
  static func choose(
    _ kind: AggregationKind, _ grid: Grid, _ grouping: Grouping, _ parameter: [Double],
    _ budget: Budget
  ) throws(QueryFault) -> Grid {
    var kept: [Int: [Double]] = [:]
    var order: [Int] = []
    let groups = groups(grid, grouping)
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
