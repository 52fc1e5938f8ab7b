import Bytes
import Model

extension PromQL.Evaluation {
  /// The functions of range vectors.
  func overTime(
    _ call: PromQL.Call, at instants: PromQL.Instants
  ) throws(QueryFault) -> Grid {
    if call.function.name == "absent_over_time" {
      let columns = try matrix(call.arguments[0], at: instants).mapping(budget: budget) { _ in 1 }
      return absent(try columns.grid(), labels: PromQL.LabelFunctions.absent(call.arguments[0]))
    }
    let columns = try columns(call, at: instants)
    let grid = try columns.grid()
    inform(of: columns.gauges, call)
    return grid
  }

  /// An aggregation of a function of range vectors, computed together; nil when it is none.
  func fold(
    _ node: PromQL.Aggregation, at instants: PromQL.Instants
  ) throws(QueryFault) -> Grid? {
    guard let kind = Self.folds[node.kind], case .call(let call) = node.operand.unwrapped,
      call.function.takes.contains(.matrix), call.function.returns == .vector,
      call.function.name != "absent_over_time"
    else { return nil }
    let columns = try columns(call, at: instants)
    let grid = try kind(columns, node.grouping, budget)
    inform(of: columns.gauges, call)
    return grid
  }

  private typealias Fold =
    @Sendable (PromQL.Columns, Grouping, Budget) throws(QueryFault) -> Grid

  private static let folds: [AggregationKind: Fold] = [
    .sum: fold(CompensatedSum.self),
    .avg: fold(Mean.self),
    .min: fold(Minimum.self),
    .max: fold(Maximum.self),
    .count: fold(Count.self),
    .group: fold(Presence.self),
  ]

  private static func fold<A: MergeableAccumulator>(_: A.Type) -> Fold {
    { columns, grouping, budget throws(QueryFault) in
      try columns.folded(A.self, by: grouping, budget: budget)
    }
  }

  private func columns(
    _ call: PromQL.Call, at instants: PromQL.Instants
  ) throws(QueryFault) -> PromQL.Columns {
    let name = call.function.name
    switch name {
    case "quantile_over_time":
      let quantiles = try scalar(call.arguments[0], at: instants)
      for quantile in quantiles { checkQuantile(quantile, call.arguments[0].place) }
      return try matrix(call.arguments[1], at: instants).mapping(budget: budget) { window in
        Quantile.of(window.ownValues, quantiles[window.index])
      }
    case "predict_linear":
      let ahead = try scalar(call.arguments[1], at: instants)
      return try matrix(call.arguments[0], at: instants).mapping(budget: budget) { window in
        window.regression(at: window.instant).map { line in
          line.slope * ahead[window.index] + line.intercept
        }
      }
    case "double_exponential_smoothing": return try smooth(call, at: instants)
    default: break
    }
    let windows = try matrix(call.arguments[0], at: instants)
    if let columns = reduced(name, windows) { return columns }
    guard let reduce = Self.reductions[name] else {
      throw QueryFault(.execution, "function \(name) is not supported yet")
    }
    let keepsName = name == "last_over_time" || name == "first_over_time"
    return windows.mapping(dropsName: !keepsName, budget: budget) { reduce($0) }
  }

  /// The functions that are computed column by column, being the most used.
  private func reduced(_ name: String, _ windows: PromQL.Windows) -> PromQL.Columns? {
    switch name {
    case "rate", "increase":
      windows.differences(ofCounters: true, perSecond: name == "rate", budget: budget)
    case "delta": windows.differences(ofCounters: false, perSecond: false, budget: budget)
    case "sum_over_time": windows.sums(areMeans: false, budget: budget)
    case "avg_over_time": windows.sums(areMeans: true, budget: budget)
    case "min_over_time": windows.extremes(areGreatest: false, budget: budget)
    case "max_over_time": windows.extremes(areGreatest: true, budget: budget)
    case "stddev_over_time": windows.folding(Deviation.self, budget: budget)
    case "stdvar_over_time": windows.folding(Variance.self, budget: budget)
    default: nil
    }
  }

  /// What one window comes to, for the other functions that need nothing else.
  private static let reductions: [String: @Sendable (PromQL.Windows.Window) -> Double?] = [
    "irate": { $0.instantaneous(isRate: true) },
    "idelta": { $0.instantaneous(isRate: false) },
    "deriv": { $0.regression(at: $0.firstTime)?.slope },
    "changes": { $0.changes },
    "resets": { $0.resets },
    "count_over_time": { Double($0.count) },
    "present_over_time": { _ in 1 },
    "last_over_time": { $0.last },
    "first_over_time": { $0.first },
    "mad_over_time": { $0.medianDeviation },
    "ts_of_first_over_time": { Double($0.firstTime) / 1_000 },
    "ts_of_last_over_time": { Double($0.lastTime) / 1_000 },
    "ts_of_max_over_time": { $0.timeOfBest { $0 >= $1 } },
    "ts_of_min_over_time": { $0.timeOfBest { $0 <= $1 } },
  ]

  private func smooth(
    _ call: PromQL.Call, at instants: PromQL.Instants
  ) throws(QueryFault) -> PromQL.Columns {
    let levels = try scalar(call.arguments[1], at: instants)
    let trends = try scalar(call.arguments[2], at: instants)
    return try matrix(call.arguments[0], at: instants).mapping(budget: budget) {
      (window) throws(QueryFault) in
      let (level, trend) = (levels[window.index], trends[window.index])
      guard level > 0, level < 1 else {
        throw QueryFault(
          .execution,
          "invalid smoothing factor. Expected: 0 < sf < 1, got: \(Numbers.text(level))")
      }
      guard trend > 0, trend < 1 else {
        throw QueryFault(
          .execution, "invalid trend factor. Expected: 0 < tf < 1, got: \(Numbers.text(trend))")
      }
      return window.smoothed(level: level, trend: trend)
    }
  }

  /// Tells of metrics whose name is not a counter's.
  private func inform(of gauges: PromQL.GaugeNames?, _ call: PromQL.Call) {
    for name in gauges?.names ?? [] {
      inform(
        "metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "
          + Quoting.quote(name) + position(call.arguments[0].place))
    }
  }
}
