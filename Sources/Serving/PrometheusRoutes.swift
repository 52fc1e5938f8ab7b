import Bytes
import Model
import Querying

/// The Prometheus HTTP API: queries and metadata.
enum PrometheusRoutes {
  /// A query may take this long; as Prometheus' default.
  private static let longestSeconds: Int64 = 120

  static func routes(_ doors: Doors, _ workers: Workers) -> [Route] {
    let both = ["GET", "POST"]
    return [
      Route(both, "/api/v1/query") { question in
        try await answer(question, workers) { try instant(question, doors) }
      },
      Route(both, "/api/v1/query_range") { question in
        try await answer(question, workers) { try range(question, doors) }
      },
      Route(both, "/api/v1/labels") { question in
        try await answer(question, workers) {
          let asked = try selection(question, doors)
          return PrometheusAnswer.names(
            try asked.reading.labelNames(
              matching: asked.selectors, from: asked.from, through: asked.through))
        }
      },
      Route(["GET"], "/api/v1/label/:name/values") { question in
        try await answer(question, workers) {
          let asked = try selection(question, doors)
          return PrometheusAnswer.names(
            try asked.reading.labelValues(
              of: ByteString(question.captures["name"] ?? ""), matching: asked.selectors,
              from: asked.from, through: asked.through))
        }
      },
      Route(both, "/api/v1/series") { question in
        try await answer(question, workers) {
          let asked = try selection(question, doors)
          guard !asked.selectors.isEmpty else {
            throw QueryFault(.badData, "no match[] parameter provided")
          }
          return PrometheusAnswer.series(
            try asked.reading.series(
              matching: asked.selectors, from: asked.from, through: asked.through))
        }
      },
      Route(["GET"], "/api/v1/metadata") { _ in
        .json(Array(#"{"status":"success","data":{}}"#.utf8))
      },
      Route(["GET"], "/api/v1/status/buildinfo") { _ in
        // `features` is left out: Grafana takes an answer that has them for Mimir's.
        .json(BuildAnswer.prometheus)
      },
      Route(["GET"], "/api/v1/rules") { _ in .json(doors.rules()) },
      Route(["GET"], "/api/v1/alerts") { _ in .json(doors.alerts()) },
    ]
  }

  /// Runs `work` on a query thread; a fault becomes the API's own form of an error.
  private static func answer(
    _ question: HTTPQuestion, _ workers: Workers,
    _ work: @escaping @Sendable () throws -> [UInt8]
  ) async throws -> HTTPAnswer {
    do {
      return .json(try await workers.run(work))
    } catch let fault as QueryFault {
      return .json(PrometheusAnswer.failure(fault), status: PrometheusAnswer.status(of: fault))
    }
  }

  private static func instant(_ question: HTTPQuestion, _ doors: Doors) throws -> [UInt8] {
    let expression = try expression(question)
    let time = try TimeParameters.prometheusTime(
      question.parameter("time"), name: "time", default: doors.now() / Instant.millisecond)
    let source = NotingSource(doors.source)
    let answer = try PromQL.answer(
      expression, from: source, scope: question.scope(), times: EvaluationTimes(at: time),
      isInstant: true, deadline: deadline(question))
    return PrometheusAnswer.success(
      answer.value, warnings: answer.warnings + source.warnings(in: try question.scope()),
      infos: answer.infos)
  }

  private static func range(_ question: HTTPQuestion, _ doors: Doors) throws -> [UInt8] {
    let expression = try expression(question)
    guard let start = question.parameter("start"), let end = question.parameter("end") else {
      throw QueryFault(
        .badData, "invalid parameter \"start\": cannot parse \"\" to a valid timestamp")
    }
    let times = try EvaluationTimes(
      from: TimeParameters.prometheusTime(start, name: "start", default: 0),
      through: TimeParameters.prometheusTime(end, name: "end", default: 0),
      step: TimeParameters.step(question.parameter("step"), default: nil))
    let source = NotingSource(doors.source)
    let answer = try PromQL.answer(
      expression, from: source, scope: question.scope(), times: times, isInstant: false,
      deadline: deadline(question))
    return PrometheusAnswer.success(
      answer.value, warnings: answer.warnings + source.warnings(in: try question.scope()),
      infos: answer.infos)
  }

  private static func expression(
    _ question: HTTPQuestion
  ) throws(QueryFault) -> PromQL.Expression {
    do {
      return try PromQL.parse(ByteString(question.parameter("query") ?? ""))
    } catch {
      throw QueryFault(
        error.kind, "invalid parameter \"query\": " + error.message, at: error.position)
    }
  }

  private static func deadline(_ question: HTTPQuestion) -> Deadline {
    let stated = question.parameter("timeout").flatMap(TimeParameters.duration) ?? .max
    let milliseconds = max(1, min(stated, longestSeconds * 1_000))
    return .after(nanoseconds: milliseconds * Instant.millisecond)
  }

  /// What a metadata call asks of.
  private struct Selection {
    let reading: MetadataReading
    let selectors: [PromQL.Selector]
    let from: Int64
    let through: Int64
  }

  /// `match[]`, `start` and `end` of the metadata calls; the last day when no time is given.
  private static func selection(
    _ question: HTTPQuestion, _ doors: Doors
  ) throws -> Selection {
    let now = doors.now() / Instant.millisecond
    return Selection(
      reading: MetadataReading(
        source: doors.source, scope: try question.scope(), deadline: deadline(question)),
      selectors: try question.all("match").map { try PromQL.selector(ByteString($0)) },
      from: try TimeParameters.prometheusTime(
        question.parameter("start"), name: "start", default: now - 86_400_000),
      through: try TimeParameters.prometheusTime(
        question.parameter("end"), name: "end", default: now))
  }
}
