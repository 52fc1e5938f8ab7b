import Bytes
import Model

/// One arithmetic or comparison between two vectors: elements of equal signature are paired.
struct Join {
  private let operation: BinaryOperation
  private let matching: VectorMatching
  private let returnsBool: Bool
  private let many: Grid
  private let one: Grid
  private let oneIsLeft: Bool
  /// The series of the one side by signature.
  private var ones: [Labels: [Int]] = [:]
  /// One-to-one: at which instants a signature has its result already.
  private var taken: [Labels: [Bool]] = [:]
  private var places: [Labels: Int] = [:]
  private var out: Grid

  init(
    operation: BinaryOperation, matching: VectorMatching, returnsBool: Bool, left: Grid,
    right: Grid
  ) {
    self.operation = operation
    self.matching = matching
    self.returnsBool = returnsBool
    oneIsLeft = matching.cardinality == .oneToMany
    one = oneIsLeft ? left : right
    many = oneIsLeft ? right : left
    out = Grid(count: left.count)
  }

  mutating func run(_ budget: Budget) throws(QueryFault) -> Grid {
    for (index, series) in one.series.enumerated() {
      try budget.charge(1)
      ones[matching.signature(of: series.labels), default: []].append(index)
    }
    if ones.values.contains(where: { $0.count > 1 }) {
      let hasMany = try hasMany(budget)
      for (key, members) in ones where members.count > 1 {
        try checkUnique(key, members, hasMany, budget)
      }
    }
    for series in many.series {
      try budget.charge(1)
      let key = matching.signature(of: series.labels)
      guard let partners = ones[key] else { continue }
      for partner in partners {
        try budget.charge(out.count)
        try pair(series, one.series[partner], key)
      }
    }
    out.series.removeAll(where: \.isEmpty)
    return out
  }

  /// At which instants the many side has an element. Where it has none, nothing is paired, and
  /// duplicates on the one side do no harm.
  private func hasMany(_ budget: Budget) throws(QueryFault) -> [Bool] {
    var hasMany = [Bool](repeating: false, count: out.count)
    for series in many.series {
      try budget.charge(out.count)
      for index in 0..<out.count where !series.values[index].isAbsent { hasMany[index] = true }
    }
    return hasMany
  }

  private func checkUnique(
    _ key: Labels, _ members: [Int], _ hasMany: [Bool], _ budget: Budget
  ) throws(QueryFault) {
    var holder = [Int](repeating: -1, count: out.count)
    for member in members {
      try budget.charge(out.count)
      for index in 0..<out.count
      where hasMany[index] && !one.series[member].values[index].isAbsent {
        if holder[index] >= 0 {
          let side = oneIsLeft ? "left" : "right"
          throw QueryFault(
            .execution,
            "found duplicate series for the match group \(LabelsText.text(key)) on the \(side) "
              + "hand-side of the operation: "
              + "[\(LabelsText.text(one.series[member].labels)), "
              + "\(LabelsText.text(one.series[holder[index]].labels))]"
              + ";many-to-many matching not allowed: matching labels must be unique on one side")
        }
        holder[index] = member
      }
    }
  }

  private mutating func pair(
    _ many: Grid.Series, _ one: Grid.Series, _ key: Labels
  ) throws(QueryFault) {
    let keepsValue = operation.isComparison && !returnsBool
    let isOneToOne = matching.cardinality == .oneToOne
    var seen: [Bool] = []
    if isOneToOne {
      seen = taken.removeValue(forKey: key) ?? .init(repeating: false, count: out.count)
    }
    var values = [Double](repeating: .absent, count: out.count)
    var isEmpty = true
    for index in 0..<out.count {
      let (high, low) = (many.values[index], one.values[index])
      guard !high.isAbsent, !low.isAbsent else { continue }
      let left = oneIsLeft ? low : high
      let result = operation.apply(left, oneIsLeft ? high : low)
      if keepsValue, result != 1 { continue }
      if isOneToOne {
        guard !seen[index] else {
          throw QueryFault(
            .execution,
            "multiple matches for labels: many-to-one matching must be explicit "
              + "(group_left/group_right)")
        }
        seen[index] = true
      }
      values[index] = keepsValue ? left : result
      isEmpty = false
    }
    if isOneToOne { taken[key] = seen }
    if isEmpty { return }
    try place(
      Grid.Series(
        labels: labels(many.labels, one.labels), values: values,
        dropsName: returnsBool || many.dropsName))
  }

  /// Adds a result column to the one of the same labels.
  private mutating func place(_ series: Grid.Series) throws(QueryFault) {
    guard let place = places[series.labels] else {
      places[series.labels] = out.series.count
      out.series.append(series)
      return
    }
    if series.dropsName { out.series[place].dropsName = true }
    for index in 0..<out.count where !series.values[index].isAbsent {
      guard out.series[place].values[index].isAbsent else {
        throw QueryFault(
          .execution,
          "multiple matches for labels: grouping labels must ensure unique matches")
      }
      out.series[place].values[index] = series.values[index]
    }
  }

  private func labels(_ many: Labels, _ one: Labels) -> Labels {
    var labels = many
    if !operation.isComparison { labels.set(Labels.metricName, nil) }
    if matching.cardinality == .oneToOne {
      labels =
        matching.isOn ? labels.keeping(matching.labels) : labels.dropping(matching.labels)
    }
    for name in matching.included { labels.set(name, one[name]) }
    return labels
  }
}
