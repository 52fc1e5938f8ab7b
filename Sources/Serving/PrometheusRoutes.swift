import Bytes
import Model
import Querying

/// The Prometheus HTTP API: queries, and queries as text and tree.
enum PrometheusRoutes {
  static func routes(_ doors: Doors, _ queries: QueryScheduler) -> [Route] {
    let both = ["GET", "POST"]
    return [
      query(both, "query", doors, queries, isInstant: true),
      query(both, "query_range", doors, queries, isInstant: false),
      .prometheus(both, "format_query", doors, queries) { request in
        PrometheusAnswer.formatted(try request.expression())
      },
      .prometheus(both, "parse_query", doors, queries) { request in
        PrometheusAnswer.parsed(try request.expression())
      },
      .prometheus(both, "query_exemplars", doors, queries) { try exemplars($0) },
    ]
  }

  private static func query(
    _ methods: [String], _ path: String, _ doors: Doors, _ queries: QueryScheduler, isInstant: Bool
  ) -> Route {
    .prometheus(methods, path, doors, queries) { request in
      try evaluate(request, isInstant: isInstant)
    }
  }

  /// Reads parameters in Prometheus' order, so that of several bad ones the same is named.
  private static func evaluate(
    _ request: PrometheusRequest, isInstant: Bool
  ) throws(QueryFault) -> [UInt8] {
    let limit = try request.limit()
    let times =
      isInstant
      ? EvaluationTimes(
        at: try TimeParameters.prometheusTime(
          request.parameter("time"), name: "time", default: request.now))
      : try request.times()
    let budget = try request.budget()
    let lookback = try request.lookback()
    var explanation = QueryExplanation(waited: request.lease.waited)
    let expression = try explanation.parsing { () throws(QueryFault) in
      try request.expression()
    }
    if !isInstant, expression.type != .scalar, expression.type != .vector {
      throw PrometheusRequest.fault(
        "query",
        "invalid expression type \"\(expression.type.documented)\" for range query, "
          + "must be Scalar or instant Vector")
    }
    let wanted = request.parameter("stats")
    let scope = try request.scope()
    let answer = try explanation.evaluating(budget) { () throws(QueryFault) in
      try PromQL.answer(
        expression, from: request.source, scope: scope, times: times, isInstant: isInstant,
        budget: budget, lookback: lookback, countsSamples: wanted != nil)
    }
    let (value, isCut) = answer.value.limited(to: limit)
    var statistics = answer.statistics
    statistics?.queued = request.lease.waited
    return try PrometheusAnswer.success(
      value, warnings: answer.warnings + request.warnings(isCut: isCut),
      infos: answer.infos, statistics: statistics, steps: wanted == "all" ? times : nil,
      explanation: request.question.asksToExplain ? explanation : nil)
  }

  /// No exemplars are kept, so a good question has an empty answer, and one that asks for no
  /// series none, as in Prometheus.
  private static func exemplars(_ request: PrometheusRequest) throws(QueryFault) -> [UInt8] {
    let start = try TimeParameters.prometheusTime(
      request.parameter("start"), name: "start", default: .min)
    let end = try TimeParameters.prometheusTime(
      request.parameter("end"), name: "end", default: .max)
    guard end >= start else {
      throw QueryFault(.badData, "end timestamp must not be before start timestamp")
    }
    let expression = try PromQL.parse(
      ByteString(request.parameter("query") ?? ""), regexBytes: request.lease.limits.regexBytes)
    return expression.selectsSeries ? PrometheusAnswer.names([]) : []
  }
}
