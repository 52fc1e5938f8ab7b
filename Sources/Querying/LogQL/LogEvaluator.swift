import Bytes
import Model

/// Evaluates a metric query at all its instants at once.
struct LogEvaluator {
  /// What a part of a query comes to.
  enum Result {
    case grid(Grid)
    /// The same at every instant.
    case number(Double)
  }

  let source: any Source
  let scope: Scope
  let times: EvaluationTimes
  let mention: LabelMention
  let budget: Budget

  func evaluate(_ expression: LogExpression) throws -> Result {
    let before = budget.held
    let result = try result(of: expression)
    // What led to it is free again.
    budget.settle(at: before)
    if case .grid(let grid) = result { try budget.hold(grid.bytes) }
    return result
  }

  private func result(of expression: LogExpression) throws -> Result {
    switch expression {
    case .number(let value): return .number(value)
    case .vector(let value):
      let cells = [Double](repeating: value, count: times.count)
      return .grid(
        Grid(count: times.count, series: [Grid.Series(labels: .empty, values: cells)]))
    case .lines: throw QueryFault(.badData, "log lines are no numbers")
    case .range(let range):
      return .grid(
        try self.range(
          range, grouping: range.grouping, ParserHints(range, grouping: range.grouping)))
    case .aggregation(let aggregation): return .grid(try self.aggregation(aggregation))
    case .binary(let binary): return try self.binary(binary)
    case .sorted(let operand, let isDescending):
      return .grid(Self.sorted(try grid(operand), isDescending: isDescending))
    case .replaced(let replacement): return .grid(try self.replaced(replacement))
    }
  }

  private func grid(_ expression: LogExpression) throws -> Grid {
    guard case .grid(let grid) = try evaluate(expression) else {
      throw QueryFault(.badData, "expected a vector, got the number \(expression)")
    }
    return grid
  }

  private func range(
    _ range: LogRange, grouping: Grouping?, _ hints: ParserHints
  ) throws -> Grid {
    var range = range
    if hints.skipsParsers { range.selection.stages.removeAll(where: \.isParser) }
    let windows = StepWindows(times, length: range.window, offset: range.offset)
    var fold = try RangeFold(
      range, grouping: grouping, windows: windows, mention: mention,
      keepsErrors: hints.keepsErrors, scope: scope, timeline: source.timeline)
    let span = windows.span
    if span.from < span.to {
      try budget.reading {
        try source.visitRecords(in: scope, from: span.from, to: span.to) { records in
          if let columns = fold.columns, let heads = records.heads,
            try fold.take(heads, columns, budget)
          {
            return true
          }
          try fold.take(try records.batch(fold.needs, rows: nil), budget)
          return true
        }
      }
    }
    return try fold.grid(budget)
  }

  private func aggregation(_ aggregation: LogAggregation) throws -> Grid {
    let operand: Grid
    if let range = aggregation.summedRange {
      let hints = ParserHints(range, grouping: aggregation.grouping)
      // A sum of counts is a count by the sum's groups: series that it would add up are never made.
      if range.unwrap == nil {
        return try self.range(range, grouping: aggregation.grouping, hints)
      }
      let before = budget.held
      operand = try self.range(range, grouping: nil, hints)
      budget.settle(at: before)
      try budget.hold(operand.bytes)
    } else {
      operand = try grid(aggregation.operand)
    }
    let numbers = aggregation.parameter.map { [Double](repeating: $0, count: times.count) }
    return try Vectors.aggregate(
      aggregation.function.kind, operand, by: aggregation.grouping,
      parameter: numbers.map { .numbers($0) } ?? .none, budget: budget)
  }

  /// Divisors of which zeros are no numbers: unlike PromQL, LogQL has no infinity for them.
  private static func withoutZeros(_ divisor: Result) -> Result {
    switch divisor {
    case .number(let number): return .number(number == 0 ? .nan : number)
    case .grid(var grid):
      for series in grid.series.indices {
        for index in grid.series[series].values.indices where grid.series[series].values[index] == 0
        { grid.series[series].values[index] = .nan }
      }
      return .grid(grid)
    }
  }

  private func binary(_ binary: LogBinary) throws -> Result {
    let left = try evaluate(binary.left)
    let operation = binary.operation
    var right = try evaluate(binary.right)
    if operation == .divide { right = Self.withoutZeros(right) }
    switch (left, right) {
    case (.number(let left), .number(let right)):
      return .number(operation.apply(left, right))
    case (.grid(let grid), .number(let number)), (.number(let number), .grid(let grid)):
      guard !operation.isSet else {
        throw QueryFault(
          .badData, "set operator \(operation.rawValue) not allowed with a number")
      }
      var isSwapped = false
      if case .number = left { isSwapped = true }
      return .grid(
        try Vectors.combine(
          operation, grid, [Double](repeating: number, count: times.count), isSwapped: isSwapped,
          returnsBool: binary.returnsBool, budget: budget))
    case (.grid(let left), .grid(let right)):
      let cardinality: VectorMatching.Cardinality = operation.isSet ? .manyToMany : .oneToOne
      return .grid(
        try Vectors.combine(
          operation, left, right,
          matching: binary.matching ?? VectorMatching(cardinality: cardinality),
          returnsBool: binary.returnsBool, budget: budget))
    }
  }

  /// By value at the first instant, NaN last; only instant queries have an order.
  private static func sorted(_ grid: Grid, isDescending: Bool) -> Grid {
    guard grid.count == 1 else { return grid }
    var sorted = grid
    sorted.series = grid.series.enumerated().sorted { left, right in
      let (first, second) = (left.element.values[0], right.element.values[0])
      if first.isNaN != second.isNaN { return second.isNaN }
      if first == second || first.isNaN { return left.offset < right.offset }
      return isDescending ? first > second : first < second
    }.map(\.element)
    return sorted
  }

  private func replaced(_ replacement: LabelReplacement) throws -> Grid {
    var grid = try grid(replacement.operand)
    let regex = try Regex.matcher(replacement.pattern)
    let names = regex.groupNames
    for index in grid.series.indices {
      let source = grid.series[index].labels[replacement.source] ?? .empty
      guard let groups = regex.find(source.bytes.span) else { continue }
      let value = GroupText.expand(replacement.replacement, groups, names, in: source)
      grid.series[index].labels.set(replacement.target, value)
    }
    return try grid.merged()
  }

  /// The answer of an instant query. Sorted and chosen elements keep their order, others stand in
  /// that of their labels.
  func instant(_ result: Result, of expression: LogExpression) -> QueryValue {
    switch result {
    case .number(let value): return .scalar(Point(time: times.start, value: value))
    case .grid(let grid):
      var elements: [VectorElement] = []
      for series in grid.series where !series.values[0].isAbsent {
        elements.append(
          VectorElement(
            labels: series.labels, point: Point(time: times.start, value: series.values[0])))
      }
      if !keepsOrder(expression) { elements.sort { $0.labels < $1.labels } }
      return .vector(elements)
    }
  }

  private func keepsOrder(_ expression: LogExpression) -> Bool {
    switch expression {
    case .sorted: true
    case .aggregation(let aggregation): aggregation.function.takesParameter
    default: false
    }
  }

  /// The answer of a range query, series in the order of their labels. A number is a series
  /// without labels, as Loki has it.
  func matrix(_ result: Result) throws -> QueryValue {
    let grid: Grid
    switch result {
    case .number(let value):
      let cells = [Double](repeating: value, count: times.count)
      grid = Grid(count: times.count, series: [Grid.Series(labels: .empty, values: cells)])
    case .grid(let own): grid = own
    }
    var matrix: [MatrixSeries] = []
    for series in grid.series {
      var points: [Point] = []
      for index in 0..<times.count where !series.values[index].isAbsent {
        points.append(Point(time: times.instant(index), value: series.values[index]))
      }
      if !points.isEmpty { matrix.append(MatrixSeries(labels: series.labels, points: points)) }
    }
    return .matrix(matrix.ordered(by: \.labels))
  }
}
