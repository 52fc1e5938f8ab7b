import Bytes
import Model
import Querying

/// What Loki finds in records by itself: labels, fields, patterns.
enum LokiDetectedRoutes {
  /// Fields, or values of one, in an answer.
  static let fields = 1_000
  private static let lines = 1_000

  static func routes(_ doors: Doors, _ queries: QueryScheduler) -> [Route] {
    [
      .loki("detected_labels", doors, queries) { request in
        LokiAnswer.detectedLabels(
          try request.reading().detectedLabels(of: try request.selection()))
      },
      .loki("detected_fields", doors, queries) { request in
        let limit = try limit(request.question)
        return LokiAnswer.detectedFields(try detected(request, limit: limit), limit: limit)
      },
      .loki("detected_field/:name/values", doors, queries) { request in
        let name = ByteString(request.question.captures["name"] ?? "")
        let limit = try limit(request.question)
        let field = try detected(request, limit: .max).first { $0.name == name }
        return LokiAnswer.detectedValues(
          Array((field?.values ?? []).sorted().prefix(limit)), limit: limit)
      },
      .loki("patterns", doors, queries) { request in
        let span = try request.span()
        let step = try LokiParameters.step(request.question, from: span.from, to: span.to)
        guard let length = step.multiplied(by: Instant.millisecond) else {
          throw QueryFault(.badData, "invalid parameter \"step\": too long")
        }
        return LokiAnswer.patterns(
          try request.reading().patterns(of: try request.selection(), step: length))
      },
    ]
  }

  private static func limit(_ question: HTTPQuestion) throws(QueryFault) -> Int {
    // Older clients say `field_limit`.
    let name = question.parameter("limit") == nil ? "field_limit" : "limit"
    return try LokiParameters.count(question, name, default: fields, largest: fields)
  }

  private static func detected(
    _ request: LokiRequest, limit: Int
  ) throws -> [DetectedField] {
    try request.reading().detectedFields(
      of: try request.selection(),
      lineLimit: try LokiParameters.count(
        request.question, "line_limit", default: lines, largest: Limits.rowsPerQuery),
      limit: limit)
  }
}
