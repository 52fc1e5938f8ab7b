import Bytes
import Querying

/// The Prometheus HTTP API: which series, labels and values there are.
enum PrometheusMetadataRoutes {
  static func routes(_ doors: Doors, _ queries: QueryScheduler) -> [Route] {
    [
      .prometheus(["GET", "POST"], "labels", doors, queries) { request in
        let limit = try request.limit()
        let (from, through) = try request.span()
        let selectors = try request.selectors()
        return try names(
          reading(request).labelNames(matching: selectors, from: from, through: through), limit,
          request)
      },
      .prometheus(["GET"], "label/:name/values", doors, queries) { request in
        let limit = try request.limit()
        let name = try labelName(request.question.captures["name"] ?? "")
        let (from, through) = try request.span()
        let selectors = try request.selectors()
        return try names(
          reading(request).labelValues(
            of: name, matching: selectors, from: from, through: through), limit, request)
      },
      .prometheus(["GET", "POST"], "series", doors, queries) { request in
        try series(request)
      },
      .prometheus(["GET"], "metadata", doors, queries) { request in
        // Nothing that is ingested states a type or a help text.
        _ = try request.number("limit")
        _ = try request.number("limit_per_metric")
        return PrometheusAnswer.envelope { $0.object { _ in } }
      },
    ]
  }

  private static func series(_ request: PrometheusRequest) throws -> [UInt8] {
    guard !request.question.all("match").isEmpty else {
      throw QueryFault(.badData, "no match[] parameter provided")
    }
    let limit = try request.limit()
    let (from, through) = try request.span()
    let selectors: [PromQL.Selector]
    do {
      selectors = try request.selectors()
    } catch {
      throw PrometheusRequest.fault("match[]", error.message)
    }
    let found = try reading(request).series(matching: selectors, from: from, through: through)
    let isCut = limit > 0 && found.count > limit
    return PrometheusAnswer.series(
      isCut ? Array(found.prefix(limit)) : found, warnings: try request.warnings(isCut: isCut))
  }

  private static func reading(_ request: PrometheusRequest) throws(QueryFault) -> MetadataReading {
    MetadataReading(
      source: request.source, scope: try request.scope(), budget: try request.budget())
  }

  private static func names(
    _ names: [ByteString], _ limit: Int, _ request: PrometheusRequest
  ) throws(QueryFault) -> [UInt8] {
    let isCut = limit > 0 && names.count > limit
    return PrometheusAnswer.names(
      isCut ? Array(names.prefix(limit)) : names, warnings: try request.warnings(isCut: isCut))
  }

  /// A label's name as a path has it: escaped when it begins with `U__`.
  private static func labelName(_ text: String) throws(QueryFault) -> ByteString {
    let name = EscapedName.decode(ByteString(text))
    guard !name.isEmpty, Quoting.isUTF8(name) else {
      throw QueryFault(.badData, "invalid label name: \(Quoting.quote(name))")
    }
    return name
  }
}
