import Bytes
import Model
import Querying

/// What Loki finds in records by itself: labels, fields, patterns.
enum LokiDetectedRoutes {
  /// Fields, or values of one, in an answer.
  static let fields = 1_000
  private static let lines = 1_000

  static func routes(_ doors: Doors, _ workers: Workers) -> [Route] {
    let both = ["GET", "POST"]
    return [
      Route(both, "/loki/api/v1/detected_labels") { question in
        try await LokiRoutes.answer(workers) {
          let reading = try LokiParameters.reading(question, doors)
          return LokiAnswer.detectedLabels(
            try reading.detectedLabels(of: try LokiParameters.selection(question)))
        }
      },
      Route(both, "/loki/api/v1/detected_fields") { question in
        try await LokiRoutes.answer(workers) {
          let limit = try limit(question)
          return LokiAnswer.detectedFields(
            try detected(question, doors, limit: limit), limit: limit)
        }
      },
      Route(both, "/loki/api/v1/detected_field/:name/values") { question in
        try await LokiRoutes.answer(workers) {
          let name = ByteString(question.captures["name"] ?? "")
          let limit = try limit(question)
          let field = try detected(question, doors, limit: .max).first { $0.name == name }
          return LokiAnswer.detectedValues(
            Array((field?.values ?? []).sorted().prefix(limit)), limit: limit)
        }
      },
      Route(both, "/loki/api/v1/patterns") { question in
        try await LokiRoutes.answer(workers) {
          let reading = try LokiParameters.reading(question, doors)
          let span = try LokiParameters.span(question, now: doors.now())
          let step = try LokiParameters.step(question, from: span.from, to: span.to)
          guard let length = step.multiplied(by: Instant.millisecond) else {
            throw QueryFault(.badData, "invalid parameter \"step\": too long")
          }
          return LokiAnswer.patterns(
            try reading.patterns(of: try LokiParameters.selection(question), step: length))
        }
      },
    ]
  }

  private static func limit(_ question: HTTPQuestion) throws(QueryFault) -> Int {
    // Older clients say `field_limit`.
    let name = question.parameter("limit") == nil ? "field_limit" : "limit"
    return try LokiParameters.count(question, name, default: fields, largest: fields)
  }

  private static func detected(
    _ question: HTTPQuestion, _ doors: Doors, limit: Int
  ) throws -> [DetectedField] {
    try LokiParameters.reading(question, doors).detectedFields(
      of: try LokiParameters.selection(question),
      lineLimit: try LokiParameters.count(
        question, "line_limit", default: lines, largest: Limits.rowsPerQuery),
      limit: limit)
  }
}
