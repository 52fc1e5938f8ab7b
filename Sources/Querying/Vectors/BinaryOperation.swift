package import Bytes
import Model

#if canImport(Glibc)
  import Glibc
#endif

/// The binary operators of both languages.
package enum BinaryOperation: String, Sendable, CaseIterable {
  case add = "+"
  case subtract = "-"
  case multiply = "*"
  case divide = "/"
  case modulo = "%"
  case power = "^"
  case atan2
  case equal = "=="
  case notEqual = "!="
  case greater = ">"
  case less = "<"
  case greaterOrEqual = ">="
  case lessOrEqual = "<="
  case and
  case or
  case unless

  /// How tightly it binds: `or` is 1, `^` is 6.
  package var precedence: Int {
    switch self {
    case .or: 1
    case .and, .unless: 2
    case .equal, .notEqual, .greater, .less, .greaterOrEqual, .lessOrEqual: 3
    case .add, .subtract: 4
    case .multiply, .divide, .modulo, .atan2: 5
    case .power: 6
    }
  }

  package var isComparison: Bool { precedence == 3 }
  package var isSet: Bool { precedence <= 2 }
  package var isRightAssociative: Bool { self == .power }

  /// What two numbers come to; for a comparison 1 or 0. Set operators give NaN.
  package func apply(_ left: Double, _ right: Double) -> Double {
    switch self {
    case .add: left + right
    case .subtract: left - right
    case .multiply: left * right
    case .divide: left / right
    case .modulo: fmod(left, right)
    case .power: pow(left, right)
    case .atan2: Glibc.atan2(left, right)
    case .equal: left == right ? 1 : 0
    case .notEqual: left != right ? 1 : 0
    case .greater: left > right ? 1 : 0
    case .less: left < right ? 1 : 0
    case .greaterOrEqual: left >= right ? 1 : 0
    case .lessOrEqual: left <= right ? 1 : 0
    case .and, .or, .unless: .nan
    }
  }
}

/// How the elements of two vectors find each other.
package struct VectorMatching: Sendable, Equatable {
  /// Which side may have many elements for one of the other.
  package enum Cardinality: String, Sendable {
    case oneToOne
    /// `group_left`: many on the left.
    case manyToOne
    /// `group_right`: many on the right.
    case oneToMany
    /// Set operators.
    case manyToMany
  }

  package var cardinality: Cardinality
  /// `on (labels)`; else `ignoring (labels)`.
  package var isOn: Bool
  package var labels: [ByteString]
  /// The labels of `group_left` or `group_right`, taken over from the one side.
  package var included: [ByteString]

  package init(
    cardinality: Cardinality = .oneToOne, isOn: Bool = false, labels: [ByteString] = [],
    included: [ByteString] = []
  ) {
    self.cardinality = cardinality
    self.isOn = isOn
    self.labels = labels
    self.included = included
  }

  /// What has to be equal for two elements to match.
  func signature(of labels: Labels) -> Labels {
    isOn ? labels.keeping(self.labels) : labels.dropping(self.labels + [Labels.metricName])
  }
}

extension Vectors {
  /// A vector and a number for each instant. A comparison keeps the vector's value where it
  /// holds; with `returnsBool` it gives 1 and 0. `isSwapped` means the number stands on the left.
  package static func combine(
    _ operation: BinaryOperation, _ grid: Grid, _ numbers: [Double], isSwapped: Bool,
    returnsBool: Bool = false, budget: Budget
  ) throws(QueryFault) -> Grid {
    let (cells, over) = grid.count.multipliedReportingOverflow(by: grid.series.count)
    try budget.charge(over ? .max : cells)
    guard numbers.count == grid.count else { return Grid(count: grid.count) }
    let keepsValue = operation.isComparison && !returnsBool
    return grid.mapping(dropsName: !keepsValue) { value, index in
      let result =
        isSwapped
        ? operation.apply(numbers[index], value) : operation.apply(value, numbers[index])
      if keepsValue { return result == 1 ? value : .absent }
      return result
    }
  }

  /// Two vectors, element by element. Throws when elements match that are not unique on the side
  /// that has to be, and what the budget throws.
  package static func combine(
    _ operation: BinaryOperation, _ left: Grid, _ right: Grid, matching: VectorMatching,
    returnsBool: Bool = false, budget: Budget
  ) throws(QueryFault) -> Grid {
    if operation.isSet {
      return try combineSets(operation, left, right, matching, budget)
    }
    var join = Join(
      operation: operation, matching: matching, returnsBool: returnsBool, left: left,
      right: right)
    return try join.run(budget)
  }

  /// `and`, `or`, `unless`: which elements stay depends on whether the other side has one of the
  /// same signature at that instant.
  private static func combineSets(
    _ operation: BinaryOperation, _ left: Grid, _ right: Grid, _ matching: VectorMatching,
    _ budget: Budget
  ) throws(QueryFault) -> Grid {
    let (kept, reference) = operation == .or ? (right, left) : (left, right)
    var presence: [Labels: [Bool]] = [:]
    for series in reference.series {
      try budget.charge(left.count)
      let key = matching.signature(of: series.labels)
      var present = presence.removeValue(forKey: key) ?? .init(repeating: false, count: left.count)
      for index in 0..<left.count where !series.values[index].isAbsent { present[index] = true }
      presence[key] = present
    }
    let wanted = operation == .and
    var out = Grid(count: left.count, series: operation == .or ? left.series : [])
    for series in kept.series {
      try budget.charge(left.count)
      guard let present = presence[matching.signature(of: series.labels)] else {
        if !wanted { out.series.append(series) }
        continue
      }
      var copy = series
      for index in 0..<left.count where present[index] != wanted { copy.values[index] = .absent }
      if !copy.isEmpty { out.series.append(copy) }
    }
    return operation == .or ? try out.merged() : out
  }
}
