import Bytes
import Judging
import Model
import Querying
import Storing

/// The deploy timeline, and what it can be asked.
enum ReleaseRoutes {
  static func routes(
    _ doors: Doors, _ queries: QueryScheduler, _ workers: Workers
  ) -> [Route] {
    [
      Route(["GET"], "/api/v1/deploys") { _ in
        var json = JSONWriter()
        let events = try doors.state.deploys()
        json.object { json in
          json.key("deploys")
          json.array { json in for event in events { DeployRequest.write(event, &json) } }
        }
        return .json(json.bytes)
      },
      Route(["POST"], "/api/v1/deploys") { question in
        try await fleetOnly(question) { try await workers.run { try add(question, doors) } }
      },
      Route(["POST"], "/api/v1/deploys/:id/finish") { question in
        try await fleetOnly(question) { try await workers.run { try finish(question, doors) } }
      },
      Route(["GET"], "/api/v1/exposure") { question in
        try await asked(question, queries) { _ in
          let list = ExposureList(
            timeline: doors.state.timeline, tenants: try tenants(doors), now: doors.now())
          return shown(question, text: list.text, list.write)
        }
      },
      Route(["GET"], "/api/v1/releases/compare") { question in
        try await asked(question, queries) { try compare(question, doors, $0) }
      },
      Route(["GET"], "/api/v1/anomalies") { question in
        try await asked(question, queries) { try anomalies(question, doors, $0) }
      },
    ]
  }

  /// The timeline belongs to the fleet's operators, so a request scoped to one tenant is refused.
  private static func fleetOnly(
    _ question: HTTPQuestion, _ work: () async throws -> HTTPAnswer
  ) async throws -> HTTPAnswer {
    do {
      guard case .fleet = try question.scope() else {
        return failure("this is for readers of the whole fleet: leave out X-Scope-OrgID", 403)
      }
      return try await work()
    } catch let fault as QueryFault {
      return failure(fault.message, PrometheusAnswer.status(of: fault)).inviting(fault)
    } catch let refusal as DeployRequest.Refusal {
      return failure(refusal.message, 400)
    }
  }

  /// The same for what is computed by queries, which waits for its turn as they do.
  private static func asked(
    _ question: HTTPQuestion, _ queries: QueryScheduler,
    _ work: @escaping @Sendable (QueryLease) throws -> HTTPAnswer
  ) async throws -> HTTPAnswer {
    try await fleetOnly(question) { try await queries.run(of: question, work) }
  }

  private static func failure(_ message: String, _ status: Int) -> HTTPAnswer {
    var json = JSONWriter()
    json.object { json in
      json.key("error")
      json.string(message)
    }
    return .json(json.bytes, status: status)
  }

  private static func add(_ question: HTTPQuestion, _ doors: Doors) throws -> HTTPAnswer {
    let event = try DeployRequest.parse(question.body.bytes, now: doors.now())
    return one(try doors.state.add(deploy: event), status: 201)
  }

  private static func finish(_ question: HTTPQuestion, _ doors: Doors) throws -> HTTPAnswer {
    let id = question.captures["id"].flatMap { Int64($0) }
    guard let id, var event = try doors.state.deploys().first(where: { $0.id == id }) else {
      return failure("no such deploy event", 404)
    }
    event.end = doors.now()
    try doors.state.update(deploy: event)
    return one(event, status: 200)
  }

  private static func one(_ event: DeployEvent, status: Int) -> HTTPAnswer {
    var json = JSONWriter()
    DeployRequest.write(event, &json)
    return .json(json.bytes, status: status)
  }

  private static func compare(
    _ question: HTTPQuestion, _ doors: Doors, _ lease: QueryLease
  ) throws -> HTTPAnswer {
    guard let release = question.parameter("release") else {
      throw QueryFault(.badData, "say which: ?release=")
    }
    let comparison = try ReleaseComparison(
      of: ByteString(release), baseline: question.parameter("baseline").map { ByteString($0) },
      processes: doors.processes(), timeline: doors.state.timeline, now: doors.now(),
      evaluator: Evaluator(source: doors.source, scope: .fleet) { lease.budget() })
    return shown(question, text: comparison.text, comparison.write)
  }

  private static func anomalies(
    _ question: HTTPQuestion, _ doors: Doors, _ lease: QueryLease
  ) throws -> HTTPAnswer {
    let text = question.parameter("since") ?? "24h"
    guard let since = TimeParameters.duration(text)?.multiplied(by: Instant.millisecond), since > 0
    else { throw QueryFault(.badData, "since: \"\(text)\" is not a duration such as 24h") }
    let now = doors.now()
    let ranking = try AnomalyRanking(
      processes: doors.processes(), timeline: doors.state.timeline, since: now - since, now: now,
      evaluator: Evaluator(source: doors.source, scope: .fleet) { lease.budget() })
    return shown(question, text: ranking.text()) { ranking.write(&$0) }
  }

  private static func shown(
    _ question: HTTPQuestion, text: String, _ write: (inout JSONWriter) -> Void
  ) -> HTTPAnswer {
    if question.parameter("format") == "text" { return .text(text) }
    var json = JSONWriter()
    write(&json)
    return .json(json.bytes)
  }

  private static func tenants(_ doors: Doors) throws -> [ByteString] {
    let now = doors.now()
    return try LogMetadata.labelValues(
      "tenant", of: [], from: doors.source, scope: .fleet,
      start: now - 86_400 * Instant.second, end: now
    ).filter { $0 != Tenant.platform }
  }
}
