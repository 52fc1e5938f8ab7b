import Bytes
import Model
import Querying

/// The Loki HTTP API: queries and metadata.
enum LokiRoutes {
  static let longestMilliseconds: Int64 = 60_000

  static func routes(_ doors: Doors, _ workers: Workers) -> [Route] {
    let both = ["GET", "POST"]
    return [
      Route(both, "/loki/api/v1/query") { question in
        try await answer(workers) { try instant(question, doors) }
      },
      Route(both, "/loki/api/v1/query_range") { question in
        try await answer(workers) { try range(question, doors) }
      },
      Route(both, "/loki/api/v1/labels") { question in
        try await answer(workers) {
          let span = try LokiParameters.span(question, now: doors.now())
          return LokiAnswer.strings(
            try LogMetadata.labelNames(
              of: try selectors(question, "query"), from: doors.source, scope: question.scope(),
              start: span.from, end: span.to))
        }
      },
      Route(both, "/loki/api/v1/label/:name/values") { question in
        try await answer(workers) {
          let span = try LokiParameters.span(question, now: doors.now())
          return LokiAnswer.strings(
            try LogMetadata.labelValues(
              ByteString(question.captures["name"] ?? ""), of: try selectors(question, "query"),
              from: doors.source, scope: question.scope(), start: span.from, end: span.to))
        }
      },
      Route(both, "/loki/api/v1/series") { question in
        try await answer(workers) {
          let span = try LokiParameters.span(question, now: doors.now())
          return LokiAnswer.series(
            try LogMetadata.series(
              of: try selectors(question, "match"), from: doors.source, scope: question.scope(),
              start: span.from, end: span.to))
        }
      },
      Route(["GET"], "/loki/api/v1/status/buildinfo") { _ in
        .json(BuildAnswer.loki)
      },
    ]
  }

  /// Runs `work` on a query thread; Loki answers errors as plain text.
  static func answer(
    _ workers: Workers, _ work: @escaping @Sendable () throws -> [UInt8]
  ) async throws -> HTTPAnswer {
    do {
      return .json(try await workers.run(work))
    } catch let fault as QueryFault {
      return .text(fault.message, status: LokiAnswer.status(of: fault))
    }
  }

  private static func instant(_ question: HTTPQuestion, _ doors: Doors) throws -> [UInt8] {
    let expression = try LogQL.parse(ByteString(question.parameter("query") ?? ""))
    let time = try TimeParameters.lokiTime(
      question.parameter("time"), name: "time", default: doors.now())
    guard LogQL.isMetric(expression) else {
      throw QueryFault(
        .badData,
        "log queries are not supported as an instant query type, "
          + "please change your query to a range query type")
    }
    // Rounded up: rows of the instant's own last millisecond belong to the window.
    let milliseconds = time / Instant.millisecond + (time % Instant.millisecond > 0 ? 1 : 0)
    let value = try LogQL.evaluate(
      expression, from: doors.source, scope: question.scope(),
      times: EvaluationTimes(at: milliseconds), isInstant: true,
      deadline: .after(nanoseconds: longestMilliseconds * Instant.millisecond))
    return LokiAnswer.success(value)
  }

  private static func range(_ question: HTTPQuestion, _ doors: Doors) throws -> [UInt8] {
    let expression = try LogQL.parse(ByteString(question.parameter("query") ?? ""))
    let (from, to) = try LokiParameters.span(question, now: doors.now())
    let deadline = Deadline.after(nanoseconds: longestMilliseconds * Instant.millisecond)
    guard LogQL.isMetric(expression) else {
      let limit = try TimeParameters.limit(
        question.parameter("limit"), default: 100, largest: Limits.rowsPerQuery)
      let direction = try LokiParameters.direction(question)
      let flags = question.headers("X-Loki-Response-Encoding-Flags") ?? ""
      let isCategorized = flags.contains(LokiAnswer.categorizing)
      let withFields = question.parameter("fields") == "true"
      let value = try LogQL.lines(
        expression, from: doors.source, scope: question.scope(), start: from, end: to,
        limit: limit, direction: direction, interval: try LokiParameters.interval(question),
        withFields: withFields || isCategorized, deadline: deadline)
      if isCategorized, case .streams(let streams) = value {
        return LokiAnswer.categorized(streams, direction)
      }
      return LokiAnswer.success(value, withFields: withFields)
    }
    let value = try LogQL.evaluate(
      expression, from: doors.source, scope: question.scope(),
      times: try EvaluationTimes(
        from: from / Instant.millisecond, through: to / Instant.millisecond,
        step: LokiParameters.step(question, from: from, to: to)),
      isInstant: false, deadline: deadline)
    return LokiAnswer.success(value)
  }

  private static func selectors(
    _ question: HTTPQuestion, _ name: String
  ) throws -> [[Matcher]] {
    try question.all(name).filter { !$0.isEmpty }.map {
      try LogQL.parseSelector(ByteString($0))
    }
  }
}
