import Bytes
import Model

#if canImport(Glibc)
  import Glibc
#endif

extension PromQL.Evaluation {
  func evaluate(
    _ call: PromQL.Call, at instants: PromQL.Instants
  ) throws(QueryFault) -> PromQL.Value {
    let takes = call.function.takes
    if call.function.returns == .scalar { return .scalar(try number(call, at: instants)) }
    if takes.contains(.matrix) { return .vector(try overTime(call, at: instants)) }
    if let change = PromQL.Mathematics.function(call.function.name), takes == [.vector] {
      return .vector(
        try vector(call.arguments[0], at: instants).mapping(dropsName: true, change))
    }
    if let part = PromQL.CivilTime.function(call.function.name) {
      let grid =
        call.arguments.isEmpty
        ? seconds(instants) : try vector(call.arguments[0], at: instants)
      return .vector(grid.mapping(dropsName: true, part))
    }
    return .vector(try special(call, at: instants))
  }

  /// The instants themselves, as `vector(time())`.
  private func seconds(_ instants: PromQL.Instants) -> Grid {
    let values = (0..<instants.count).map { Double(instants[$0]) / 1_000 }
    return Grid(count: instants.count, series: [Grid.Series(labels: .empty, values: values)])
  }

  private func number(
    _ call: PromQL.Call, at instants: PromQL.Instants
  ) throws(QueryFault) -> [Double] {
    try budget.charge(instants.count)
    func constant(_ value: Double) -> [Double] { .init(repeating: value, count: instants.count) }
    let start = Double(times.start) / 1_000
    let end = Double(times.end) / 1_000
    switch call.function.name {
    case "time": return (0..<instants.count).map { Double(instants[$0]) / 1_000 }
    case "pi": return constant(.pi)
    case "start": return constant(start)
    case "end": return constant(end)
    case "range": return constant(Double(times.end - times.start) / 1_000)
    case "step": return constant(isInstant ? 0 : Double(times.step) / 1_000)
    case "min_of", "max_of":
      let left = try scalar(call.arguments[0], at: instants)
      let right = try scalar(call.arguments[1], at: instants)
      let isLeast = call.function.name == "min_of"
      return zip(left, right).map {
        $0.isNaN || $1.isNaN ? .nan : isLeast ? Swift.min($0, $1) : Swift.max($0, $1)
      }
    default:
      let grid = try vector(call.arguments[0], at: instants)
      return (0..<instants.count).map { index in
        let present = grid.series.lazy.filter { !$0.values[index].isAbsent }.prefix(2)
        return present.count == 1 ? present.first?.values[index] ?? .nan : .nan
      }
    }
  }

  private func special(
    _ call: PromQL.Call, at instants: PromQL.Instants
  ) throws(QueryFault) -> Grid {
    let name = call.function.name
    switch name {
    case "vector":
      let values = try scalar(call.arguments[0], at: instants)
      return Grid(count: instants.count, series: [Grid.Series(labels: .empty, values: values)])
    case "timestamp": return try timestamp(call.arguments[0], at: instants)
    case "absent":
      let grid = try vector(call.arguments[0], at: instants)
      return absent(grid, labels: PromQL.LabelFunctions.absent(call.arguments[0]))
    case "clamp", "clamp_min", "clamp_max": return try clamp(call, at: instants)
    case "round": return try round(call, at: instants)
    case "sort", "sort_desc", "sort_by_label", "sort_by_label_desc":
      return try sort(call, at: instants)
    case "label_replace": return try replaceLabel(call, at: instants)
    case "label_join": return try joinLabels(call, at: instants)
    case "histogram_quantile": return try histogramQuantile(call, at: instants)
    case "histogram_fraction": return try histogramFraction(call, at: instants)
    case "histogram_avg", "histogram_count", "histogram_sum", "histogram_stddev",
      "histogram_stdvar":
      // These read native histograms alone, and pass over floats.
      _ = try vector(call.arguments[0], at: instants)
      return Grid(count: instants.count)
    default: throw QueryFault(.execution, "function \(name) is not supported yet")
    }
  }

  /// Of a selector the times of its samples, of anything else the instants.
  private func timestamp(
    _ argument: PromQL.Expression, at instants: PromQL.Instants
  ) throws(QueryFault) -> Grid {
    if case .selector(let selector) = argument.unwrapped {
      let grid = try select(selector, at: instants) { time, _ in Double(time) / 1_000 }
      return grid.mapping(dropsName: true) { $0 }
    }
    return try vector(argument, at: instants).mapping(dropsName: true) { _, index in
      Double(instants[index]) / 1_000
    }
  }

  /// 1 at each instant where the grid has nothing.
  func absent(_ grid: Grid, labels: Labels) -> Grid {
    var values = [Double](repeating: 1, count: grid.count)
    for series in grid.series {
      for index in values.indices where !series.values[index].isAbsent { values[index] = .absent }
    }
    let series = Grid.Series(labels: labels, values: values)
    return Grid(count: grid.count, series: series.isEmpty ? [] : [series])
  }

  private func clamp(
    _ call: PromQL.Call, at instants: PromQL.Instants
  ) throws(QueryFault) -> Grid {
    let name = call.function.name
    let grid = try vector(call.arguments[0], at: instants)
    let first = try scalar(call.arguments[1], at: instants)
    let second = name == "clamp" ? try scalar(call.arguments[2], at: instants) : first
    return grid.mapping(dropsName: true) { value, index in
      let low = name == "clamp_max" ? -Double.infinity : first[index]
      let high = name == "clamp_min" ? Double.infinity : second[index]
      if high < low { return .absent }
      return PromQL.Mathematics.greater(low, PromQL.Mathematics.lesser(high, value))
    }
  }

  /// Halves go up; the second argument is what to round to a multiple of.
  private func round(
    _ call: PromQL.Call, at instants: PromQL.Instants
  ) throws(QueryFault) -> Grid {
    let grid = try vector(call.arguments[0], at: instants)
    let units = call.arguments.count > 1 ? try scalar(call.arguments[1], at: instants) : nil
    return grid.mapping(dropsName: true) { value, index in
      // The inverse is exact for the usual units, as 10 for 0.1.
      let inverse = 1 / (units?[index] ?? 1)
      return (value * inverse + 0.5).rounded(.down) / inverse
    }
  }

  private func sort(
    _ call: PromQL.Call, at instants: PromQL.Instants
  ) throws(QueryFault) -> Grid {
    var grid = try vector(call.arguments[0], at: instants)
    let name = call.function.name
    if !isInstant {
      warn(
        "sort is ineffective for range queries since results are always ordered by labels"
          + position(call.place))
    }
    guard grid.count == 1 else { return grid }
    let descends = name.hasSuffix("_desc")
    if name.hasPrefix("sort_by_label") {
      let keys = try call.arguments.dropFirst().map { (argument) throws(QueryFault) in
        try string(argument, at: instants)
      }
      grid.series.sort {
        PromQL.LabelFunctions.precedes($0.labels, $1.labels, by: keys, descends: descends)
      }
      return grid
    }
    let ranked = grid.series.enumerated().sorted { left, right in
      let (first, second) = (left.element.values[0], right.element.values[0])
      if first.isNaN != second.isNaN { return second.isNaN }
      if first != second, !first.isNaN { return descends ? first > second : first < second }
      return left.offset < right.offset
    }
    grid.series = ranked.map(\.element)
    return grid
  }

  func string(
    _ expression: PromQL.Expression, at instants: PromQL.Instants
  ) throws(QueryFault) -> ByteString {
    guard case .string(let text) = try evaluate(expression, at: instants) else {
      throw QueryFault(.internal, "expected a string")
    }
    return text
  }
}
