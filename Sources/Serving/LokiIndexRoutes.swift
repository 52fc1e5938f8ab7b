import Bytes
import Model
import Querying

/// Loki's index calls: how much there is of a selection.
enum LokiIndexRoutes {
  private static let volumes = 100

  static func routes(_ doors: Doors, _ queries: QueryScheduler) -> [Route] {
    [
      .loki("index/stats", doors, queries) { request in
        LokiAnswer.statistics(try request.reading().statistics(of: try request.selection()))
      },
      .loki("index/volume", doors, queries) { try volume($0, isRange: false) },
      .loki("index/volume_range", doors, queries) { try volume($0, isRange: true) },
    ]
  }

  private static func volume(
    _ request: LokiRequest, isRange: Bool
  ) throws -> [UInt8] {
    let question = request.question
    let reading = try request.reading()
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
      let span = try request.span()
      step = try LokiParameters.step(question, from: span.from, to: span.to)
        .multiplied(by: Instant.millisecond)
    }
    return LokiAnswer.success(
      try reading.volume(of: try request.selection(), by: grouping, step: step),
      warnings: try request.warnings())
  }
}
