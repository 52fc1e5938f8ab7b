import Bytes
import Dividing
import Model

extension PromQL {
  /// The instants an expression is evaluated at; milliseconds.
  struct Instants: Sendable {
    let start: Int64
    let step: Int64
    let count: Int

    subscript(index: Int) -> Int64 { start + Int64(index) * step }
  }

  /// What an expression comes to, at all instants at once.
  enum Value {
    /// A number for each instant.
    case scalar([Double])
    case string(ByteString)
    case vector(Grid)
    case matrix(Windows)
  }

  /// One evaluation of one query; used on one thread.
  final class Evaluation {
    let reading: SeriesReading
    let budget: Budget
    let times: EvaluationTimes
    let isInstant: Bool
    /// How long a sample holds when no other follows; milliseconds.
    let lookback: Int64
    /// Nil when nobody asked for it.
    var statistics: QueryStatistics?
    /// Steps inside a subquery are not the query's own, so their samples are not counted.
    var subqueryDepth = 0
    private(set) var warnings: Set<String> = []
    private(set) var infos: Set<String> = []

    init(
      source: any Source, scope: Scope, times: EvaluationTimes, isInstant: Bool,
      lookback: Int64, namesRelease: Bool, countsSamples: Bool, budget: Budget
    ) {
      reading = SeriesReading(source: source, scope: scope, namesRelease: namesRelease)
      self.budget = budget
      self.times = times
      self.isInstant = isInstant
      self.lookback = lookback
      if countsSamples {
        statistics = QueryStatistics()
        statistics?.samplesByStep = .init(repeating: 0, count: times.count)
      }
    }

    func warn(_ message: String) { warnings.insert("PromQL warning: " + message) }

    func inform(_ message: String) { infos.insert("PromQL info: " + message) }

    func answer(_ expression: Expression) throws(QueryFault) -> QueryValue {
      let instants = Instants(start: times.start, step: times.step, count: times.count)
      switch try evaluate(expression, at: instants) {
      case .scalar(let values):
        if isInstant { return .scalar(Point(time: times.start, value: values[0])) }
        let points = values.enumerated().map { Point(time: instants[$0.offset], value: $0.element) }
        return .matrix([MatrixSeries(labels: .empty, points: points)])
      case .string(let text): return .string(text, time: times.start)
      case .vector(let grid): return try answer(try grid.named(), instants)
      case .matrix(let windows): return .matrix(try windows.matrix())
      }
    }

    private func answer(_ grid: Grid, _ instants: Instants) throws(QueryFault) -> QueryValue {
      try budget.admit(series: grid.series.count)
      if isInstant {
        return .vector(
          grid.series.compactMap { series in
            series.values[0].isAbsent
              ? nil
              : VectorElement(
                labels: series.labels, point: Point(time: times.start, value: series.values[0]))
          })
      }
      var matrix = grid.series.mapRuns(of: 256) { run in
        run.compactMap { series -> MatrixSeries? in
          var points: [Point] = []
          points.reserveCapacity(series.values.count)
          for (index, value) in series.values.enumerated() where !value.isAbsent {
            points.append(Point(time: instants[index], value: value))
          }
          return points.isEmpty ? nil : MatrixSeries(labels: series.labels, points: points)
        }
      }
      let start = Deadline.now
      matrix = matrix.ordered(by: \.labels)
      statistics?.sorting = Deadline.now &- start
      return .matrix(matrix)
    }

    func value(
      of expression: Expression, at instants: Instants
    ) throws(QueryFault) -> Value {
      try budget.charge(1)
      switch expression {
      case .number(let node):
        try budget.charge(instants.count)
        return .scalar(.init(repeating: node.value, count: instants.count))
      case .string(let node): return .string(node.value)
      case .paren(let node): return try evaluate(node.inner, at: instants)
      case .selector(let node): return .vector(try select(node, at: instants))
      case .range(let node): return .matrix(try windows(node, at: instants))
      case .subquery(let node): return .matrix(try windows(node, at: instants))
      case .unary(let node): return try evaluate(node, at: instants)
      case .binary(let node): return try evaluate(node, at: instants)
      case .aggregation(let node): return .vector(try evaluate(node, at: instants))
      case .call(let node): return try evaluate(node, at: instants)
      }
    }

    /// The value of an expression that the type check found to be a vector.
    func vector(_ expression: Expression, at instants: Instants) throws(QueryFault) -> Grid {
      guard case .vector(let grid) = try evaluate(expression, at: instants) else {
        throw QueryFault(.internal, "expected an instant vector")
      }
      return grid
    }

    func scalar(_ expression: Expression, at instants: Instants) throws(QueryFault) -> [Double] {
      guard case .scalar(let values) = try evaluate(expression, at: instants) else {
        throw QueryFault(.internal, "expected a scalar")
      }
      return values
    }

    func matrix(_ expression: Expression, at instants: Instants) throws(QueryFault) -> Windows {
      guard case .matrix(let windows) = try evaluate(expression, at: instants) else {
        throw QueryFault(.internal, "expected a range vector")
      }
      return windows
    }

    private func evaluate(_ node: Unary, at instants: Instants) throws(QueryFault) -> Value {
      let value = try evaluate(node.operand, at: instants)
      guard node.isMinus else { return value }
      switch value {
      case .scalar(let values): return .scalar(values.map { -$0 })
      case .vector(let grid): return .vector(grid.mapping(dropsName: true) { -$0 })
      case .string, .matrix: throw QueryFault(.internal, "expected a scalar or instant vector")
      }
    }

    private func evaluate(_ node: Binary, at instants: Instants) throws(QueryFault) -> Value {
      let left = try evaluate(node.left, at: instants)
      let right = try evaluate(node.right, at: instants)
      let operation = node.operation
      switch (left, right) {
      case (.scalar(let left), .scalar(let right)):
        return .scalar(zip(left, right).map { operation.apply($0, $1) })
      case (.vector(let grid), .scalar(let numbers)):
        return .vector(
          try Vectors.combine(
            operation, grid, numbers, isSwapped: false, returnsBool: node.returnsBool,
            budget: budget))
      case (.scalar(let numbers), .vector(let grid)):
        return .vector(
          try Vectors.combine(
            operation, grid, numbers, isSwapped: true, returnsBool: node.returnsBool,
            budget: budget))
      case (.vector(let left), .vector(let right)):
        return .vector(
          try Vectors.combine(
            operation, left, right, matching: node.matching, returnsBool: node.returnsBool,
            budget: budget))
      default: throw QueryFault(.internal, "expected scalars or instant vectors")
      }
    }

    private func evaluate(_ node: Aggregation, at instants: Instants) throws(QueryFault) -> Grid {
      if let grid = try fold(node, at: instants) { return grid }
      var parameter = Vectors.AggregationParameter.none
      if let expression = node.parameter {
        switch try evaluate(expression, at: instants) {
        case .scalar(let numbers):
          parameter = .numbers(numbers)
          if node.kind == .quantile {
            for number in numbers { checkQuantile(number, expression.place) }
          }
        case .string(let name): parameter = .label(name)
        case .vector, .matrix: break
        }
      }
      let grid = try vector(node.operand, at: instants)
      return try Vectors.aggregate(
        node.kind, grid, by: node.grouping, parameter: parameter, budget: budget)
    }

    /// Warns of a quantile that is none.
    func checkQuantile(_ number: Double, _ place: Place) {
      if number >= 0, number <= 1 { return }
      warn(
        "quantile value should be between 0 and 1, got \(Numbers.text(number))\(position(place))")
    }

    /// ` (1:7)`; the text of the query is not at hand, so lines are not told apart.
    func position(_ place: Place) -> String { " (1:\(place.range.lowerBound + 1))" }
  }
}
