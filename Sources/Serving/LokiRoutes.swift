import Bytes
import Model
import Querying

/// The Loki HTTP API: queries and metadata.
enum LokiRoutes {
  static func routes(_ doors: Doors, _ queries: QueryScheduler) -> [Route] {
    [
      .loki("query", doors, queries) { try instant($0) },
      .loki("query_range", doors, queries) { try range($0) },
      .loki("labels", doors, queries) { request in
        let span = try request.span()
        return LokiAnswer.strings(
          try LogMetadata.labelNames(
            of: try selectors(request, "query"), from: request.source, scope: request.scope(),
            start: span.from, end: span.to, budget: request.lease.budget()),
          warnings: try request.warnings())
      },
      .loki("label/:name/values", doors, queries) { request in
        let span = try request.span()
        return LokiAnswer.strings(
          try LogMetadata.labelValues(
            ByteString(request.question.captures["name"] ?? ""),
            of: try selectors(request, "query"), from: request.source, scope: request.scope(),
            start: span.from, end: span.to, budget: request.lease.budget()),
          warnings: try request.warnings())
      },
      .loki("series", doors, queries) { request in
        let span = try request.span()
        return LokiAnswer.series(
          try LogMetadata.series(
            of: try selectors(request, "match"), from: request.source, scope: request.scope(),
            start: span.from, end: span.to, budget: request.lease.budget()),
          warnings: try request.warnings())
      },
      Route(["GET"], "/loki/api/v1/status/buildinfo") { _ in
        .json(BuildAnswer.loki)
      },
    ]
  }

  private static func instant(_ request: LokiRequest) throws -> [UInt8] {
    let question = request.question
    var explanation = QueryExplanation(waited: request.lease.waited)
    let expression = try explanation.parsing { () throws(QueryFault) in
      try request.expression()
    }
    let time = try TimeParameters.lokiTime(
      question.parameter("time"), name: "time", default: request.doors.now())
    guard LogQL.isMetric(expression) else {
      throw QueryFault(
        .badData,
        "log queries are not supported as an instant query type, "
          + "please change your query to a range query type")
    }
    // Rounded up: rows of the instant's own last millisecond belong to the window.
    let milliseconds = time / Instant.millisecond + (time % Instant.millisecond > 0 ? 1 : 0)
    let budget = request.lease.budget()
    let value = try explanation.evaluating(budget) {
      try LogQL.evaluate(
        expression, from: request.source, scope: request.scope(),
        times: EvaluationTimes(at: milliseconds), isInstant: true, budget: budget)
    }
    return LokiAnswer.success(
      value, warnings: try request.warnings(),
      explanation: question.asksToExplain ? explanation : nil)
  }

  private static func range(_ request: LokiRequest) throws -> [UInt8] {
    let question = request.question
    var explanation = QueryExplanation(waited: request.lease.waited)
    let expression = try explanation.parsing { () throws(QueryFault) in
      try request.expression()
    }
    let (from, to) = try request.span()
    let budget = request.lease.budget()
    guard LogQL.isMetric(expression) else {
      return try lines(expression, request, budget, &explanation)
    }
    let times = try EvaluationTimes(
      from: from / Instant.millisecond, through: to / Instant.millisecond,
      step: LokiParameters.step(question, from: from, to: to))
    let value = try explanation.evaluating(budget) {
      try LogQL.evaluate(
        expression, from: request.source, scope: request.scope(), times: times,
        isInstant: false, budget: budget)
    }
    return LokiAnswer.success(
      value, warnings: try request.warnings(),
      explanation: question.asksToExplain ? explanation : nil)
  }

  private static func lines(
    _ expression: LogExpression, _ request: LokiRequest, _ budget: Budget,
    _ explanation: inout QueryExplanation
  ) throws -> [UInt8] {
    let question = request.question
    let (from, to) = try request.span()
    let limit = try TimeParameters.limit(
      question.parameter("limit"), default: 100, largest: Limits.rowsPerQuery)
    let direction = try LokiParameters.direction(question)
    let flags = question.headers("X-Loki-Response-Encoding-Flags") ?? ""
    let isCategorized = flags.contains(LokiAnswer.categorizing)
    let withFields = question.parameter("fields") == "true"
    let interval = try LokiParameters.interval(question)
    let value = try explanation.evaluating(budget) {
      try LogQL.lines(
        expression, from: request.source, scope: request.scope(), start: from, end: to,
        limit: limit, direction: direction, interval: interval,
        withFields: withFields || isCategorized, budget: budget)
    }
    let warnings = try request.warnings()
    let shown = question.asksToExplain ? explanation : nil
    if isCategorized, case .streams(let streams) = value {
      return LokiAnswer.categorized(streams, direction, warnings: warnings, explanation: shown)
    }
    return LokiAnswer.success(
      value, withFields: withFields, warnings: warnings, explanation: shown)
  }

  private static func selectors(
    _ request: LokiRequest, _ name: String
  ) throws -> [[Matcher]] {
    try request.question.all(name).filter { !$0.isEmpty }.map {
      try LogQL.parseSelector(ByteString($0), regexBytes: request.lease.limits.regexBytes)
    }
  }
}
