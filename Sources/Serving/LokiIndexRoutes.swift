import Bytes
import Model
import Querying

/// Loki's index calls: how much there is of a selection.
enum LokiIndexRoutes {
  private static let volumes = 100

  static func routes(_ doors: Doors, _ workers: Workers) -> [Route] {
    let both = ["GET", "POST"]
    return [
      Route(both, "/loki/api/v1/index/stats") { question in
        try await LokiRoutes.answer(workers) {
          let reading = try LokiParameters.reading(question, doors)
          return LokiAnswer.statistics(
            try reading.statistics(of: try LokiParameters.selection(question)))
        }
      },
      Route(both, "/loki/api/v1/index/volume") { question in
        try await LokiRoutes.answer(workers) { try volume(question, doors, isRange: false) }
      },
      Route(both, "/loki/api/v1/index/volume_range") { question in
        try await LokiRoutes.answer(workers) { try volume(question, doors, isRange: true) }
      },
    ]
  }

  private static func volume(
    _ question: HTTPQuestion, _ doors: Doors, isRange: Bool
  ) throws -> [UInt8] {
    let reading = try LokiParameters.reading(question, doors)
    let targets = (question.parameter("targetLabels") ?? "").split(separator: ",")
      .map { ByteString(String($0)) }
    let aggregate = question.parameter("aggregateBy") ?? "series"
    guard ["series", "labels"].contains(aggregate) else {
      throw QueryFault(.badData, "invalid aggregation option: use series or labels")
    }
    let grouping = VolumeGrouping(
      targets: targets, isByName: aggregate == "labels",
      limit: try LokiParameters.count(
        question, "limit", default: volumes, largest: Limits.seriesPerQuery))
    var step: Int64?
    if isRange {
      let span = try LokiParameters.span(question, now: doors.now())
      step = try LokiParameters.step(question, from: span.from, to: span.to)
        .multiplied(by: Instant.millisecond)
    }
    return LokiAnswer.success(
      try reading.volume(
        of: try LokiParameters.selection(question), by: grouping, step: step))
  }
}
