import Bytes
import Model
import Querying
import Storing

/// Deletion for good, of records by a log query and of samples by selectors. It is done when the
/// answer comes, and a receipt is kept of each.
enum DeletionRoutes {
  private static let mostListed = 1_000

  static func routes(_ doors: Doors, _ workers: Workers) -> [Route] {
    [
      Route(["POST"], "/api/v1/deletions") { question in
        try await answer(workers) { () throws -> HTTPAnswer in
          let deletion = try perform(question, doors)
          var json = JSONWriter()
          write(deletion, &json)
          return .json(json.bytes)
        }
      },
      Route(["GET"], "/api/v1/deletions") { question in
        try await answer(workers) {
          var json = JSONWriter()
          let deletions = try listed(question, doors)
          json.object { json in
            json.key("deletions")
            json.array { json in for one in deletions { write(one, &json) } }
          }
          return .json(json.bytes)
        }
      },
      Route(["POST", "PUT"], "/loki/api/v1/delete") { question in
        try await answer(workers) {
          _ = try perform(question, doors)
          return HTTPAnswer(status: 204, contentType: "text/plain; charset=utf-8", body: [])
        }
      },
      Route(["GET"], "/loki/api/v1/delete") { question in
        try await answer(workers) {
          var json = JSONWriter()
          let deletions = try listed(question, doors).filter { !$0.records.isEmpty }
          json.array { json in for one in deletions { writeLoki(one, &json) } }
          return .json(json.bytes)
        }
      },
      Route(["DELETE"], "/loki/api/v1/delete") { _ in
        .text("a deletion is done when it is answered, so none can be cancelled", status: 400)
      },
      Route(["POST", "PUT"], "/api/v1/admin/tsdb/delete_series") { question in
        try await answer(workers) {
          _ = try perform(question, doors)
          return HTTPAnswer(status: 204, contentType: "text/plain; charset=utf-8", body: [])
        }
      },
    ]
  }

  private static func answer(
    _ workers: Workers, _ work: @escaping @Sendable () throws -> HTTPAnswer
  ) async throws -> HTTPAnswer {
    do {
      return try await workers.run(work)
    } catch let fault as QueryFault {
      return .text(fault.message, status: LokiAnswer.status(of: fault))
    } catch let fault as StoreFault {
      return .text("not everything was deleted: \(fault)", status: 503)
    }
  }

  /// Does what `query`, `match[]`, `start` and `end` ask for, and keeps the receipt.
  private static func perform(
    _ question: HTTPQuestion, _ doors: Doors
  ) throws -> StoredDeletion {
    let scope = try question.scope()
    let query = question.parameter("query")
    let selectors = question.all("match")
    guard query != nil || !selectors.isEmpty else {
      throw QueryFault(
        .badData, "say what: query={...} deletes log lines, match[]=metric{...} deletes samples")
    }
    let now = doors.now()
    let expression = try query.map { try LogQL.parse(ByteString($0)) }
    let chosen = try selectors.map { try PromQL.selector(ByteString($0)) }
    let tenant = try tenant(scope, expression, chosen)
    let start = try TimeParameters.lokiTime(
      question.parameter("start"), name: "start", default: .min)
    let end = try TimeParameters.lokiTime(question.parameter("end"), name: "end", default: now)
    guard start <= end else { throw QueryFault(.badData, "end must not be before start") }
    let timeline = doors.source.timeline
    let request = DeletionRequest(
      tenant: tenant, times: start...end,
      records: try expression.map { try LogQL.test($0, scope: scope, timeline: timeline) },
      series: chosen.isEmpty
        ? nil : try SeriesReading.test(chosen, scope: scope, tenant: tenant))
    return try keep(
      StoredDeletion(
        tenant: tenant, records: query ?? "", series: selectors.joined(separator: "\n"),
        times: start...end, created: now), request, doors)
  }

  private static func keep(
    _ deletion: StoredDeletion, _ request: DeletionRequest, _ doors: Doors
  ) throws -> StoredDeletion {
    var stored = try doors.state.add(deletion: deletion)
    do {
      stored.receipt = try doors.delete(request)
      stored.finished = doors.now()
    } catch {
      stored.failure = "\(error)"
      try doors.state.update(deletion: stored)
      throw error
    }
    try doors.state.update(deletion: stored)
    return stored
  }

  /// Whose rows: the header says it, or each selector.
  private static func tenant(
    _ scope: Scope, _ expression: LogExpression?, _ selectors: [PromQL.Selector]
  ) throws -> ByteString {
    if case .tenant(let tenant) = scope { return tenant }
    let named =
      (expression.map { [LogQL.tenant(of: $0)] } ?? [])
      + selectors.map { Matcher.tenant(in: $0.matchers) }
    guard let first = named.first, let tenant = first, named.allSatisfy({ $0 == tenant }) else {
      throw QueryFault(
        .badData,
        "say whose rows: send X-Scope-OrgID, or name the same tenant=\"...\" in every selector")
    }
    return tenant
  }

  private static func listed(
    _ question: HTTPQuestion, _ doors: Doors
  ) throws -> [StoredDeletion] {
    let scope = try question.scope()
    return try doors.state.deletions(limit: mostListed).filter { scope.sees($0.tenant) }
  }

  private static func write(_ deletion: StoredDeletion, _ json: inout JSONWriter) {
    json.object { json in
      json.key("id")
      json.integer(Int(deletion.id))
      json.key("tenant")
      json.string(deletion.tenant)
      if !deletion.records.isEmpty {
        json.key("query")
        json.string(deletion.records)
      }
      if !deletion.series.isEmpty {
        json.key("match")
        json.array { json in
          for selector in deletion.series.split(separator: "\n") { json.string(String(selector)) }
        }
      }
      if deletion.times.lowerBound > .min {
        json.key("start")
        json.string(Instant.text(deletion.times.lowerBound))
      }
      json.key("end")
      json.string(Instant.text(deletion.times.upperBound))
      json.key("created")
      json.string(Instant.text(deletion.created))
      json.key("status")
      json.string(deletion.status)
      if let finished = deletion.finished {
        json.key("finished")
        json.string(Instant.text(finished))
      }
      if !deletion.failure.isEmpty {
        json.key("error")
        json.string(deletion.failure)
      }
      for (name, count) in deletion.receipt.counts {
        json.key(name)
        json.integer(count)
      }
    }
  }

  /// As Loki lists them; times are whole seconds.
  private static func writeLoki(_ deletion: StoredDeletion, _ json: inout JSONWriter) {
    json.object { json in
      json.key("request_id")
      json.string("\(deletion.id)")
      json.key("start_time")
      json.integer(Int(max(0, deletion.times.lowerBound / Instant.second)))
      json.key("end_time")
      json.integer(Int(max(0, deletion.times.upperBound / Instant.second)))
      json.key("query")
      json.string(deletion.records)
      json.key("status")
      json.string(deletion.status == "done" ? "processed" : "received")
      json.key("created_at")
      json.integer(Int(deletion.created / Instant.second))
    }
  }
}

extension StoredDeletion {
  /// `running` also after a crash in its midst: nobody knows then that it ended.
  fileprivate var status: String {
    finished != nil ? "done" : failure.isEmpty ? "running" : "failed"
  }
}

extension DeletionReceipt {
  fileprivate var counts: [(name: String, count: Int)] {
    [
      ("deletedRecords", records), ("deletedSamples", samples), ("droppedBlocks", droppedBlocks),
      ("rewrittenBlocks", rewrittenBlocks), ("replacedFiles", files),
    ]
  }
}
