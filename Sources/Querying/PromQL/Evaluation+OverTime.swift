import Bytes
import Model

extension PromQL.Evaluation {
  /// The functions of range vectors.
  func overTime(
    _ call: PromQL.Call, at instants: PromQL.Instants
  ) throws(QueryFault) -> Grid {
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
    if let grid = try reduced(name, windows, call) { return grid }
    if name == "absent_over_time" {
      let grid = try windows.mapping(budget: budget) { _ in 1 }
      return absent(grid, labels: PromQL.LabelFunctions.absent(call.arguments[0]))
    }
    guard let reduce = Self.reductions[name] else {
      throw QueryFault(.execution, "function \(name) is not supported yet")
    }
    let keepsName = name == "last_over_time" || name == "first_over_time"
    return try windows.mapping(dropsName: !keepsName, budget: budget) { reduce($0) }
  }

  /// The functions that are computed column by column, being the most used.
  private func reduced(
    _ name: String, _ windows: PromQL.Windows, _ call: PromQL.Call
  ) throws(QueryFault) -> Grid? {
    switch name {
    case "rate", "increase":
      informOfGauges(windows, call.arguments[0].place)
      return try windows.differences(
        ofCounters: true, perSecond: name == "rate", budget: budget)
    case "delta":
      return try windows.differences(ofCounters: false, perSecond: false, budget: budget)
    case "sum_over_time": return try windows.sums(areMeans: false, budget: budget)
    case "avg_over_time": return try windows.sums(areMeans: true, budget: budget)
    case "min_over_time": return try windows.folding(Minimum.self, budget: budget)
    case "max_over_time": return try windows.folding(Maximum.self, budget: budget)
    case "stddev_over_time": return try windows.folding(Deviation.self, budget: budget)
    case "stdvar_over_time": return try windows.folding(Variance.self, budget: budget)
    default: return nil
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
  ) throws(QueryFault) -> Grid {
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
  private func informOfGauges(_ windows: PromQL.Windows, _ place: PromQL.Place) {
    let suffixes: [ByteString] = ["_total", "_sum", "_count", "_bucket"]
    var told: ByteString?
    for series in windows.series {
      guard let name = series.labels[Labels.metricName], name != told,
        !suffixes.contains(where: name.hasSuffix)
      else { continue }
      told = name
      inform(
        "metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "
          + Quoting.quote(name) + position(place))
    }
  }
}
