import Bytes
import Model
import Querying

/// Where rows come in over HTTP.
enum IngestRoutes {
  private static let defaultNames = ["tenant", "service", "environment", "host", "release"]

  static func routes(_ doors: Doors) -> [Route] {
    doors.ingestPaths.map { path, format in
      Route(["POST"], path, bodyLimit: Limits.bodyBytes) { question in
        let request: IngestRequest
        do throws(QueryFault) {
          request = try Self.request(question, format)
        } catch {
          if format == LokiPushAnswer.format { return LokiPushAnswer.failure(error.message) }
          return .json(Self.failure(error.message), status: 400)
        }
        return Self.answer(await doors.ingest(request), format)
      }
    }
  }

  private static func request(
    _ question: HTTPQuestion, _ format: String
  ) throws(QueryFault) -> IngestRequest {
    var defaults: [String: ByteString] = [:]
    for name in defaultNames {
      if let value = question.parameter(name) { defaults[name] = ByteString(value) }
    }
    if let tenant = defaults["tenant"], !Tenant.isValid(tenant.bytes.span) {
      throw QueryFault(.badData, "?tenant= is not a tenant: 1 to 63 of A-Z a-z 0-9 . _ -")
    }
    let key = question.headers("Idempotency-Key").map(ByteString.init)
    if let key, key.count > Limits.idempotencyKeyBytes {
      throw QueryFault(
        .badData, "Idempotency-Key is longer than \(Limits.idempotencyKeyBytes) bytes")
    }
    return IngestRequest(
      format: format, body: question.body,
      contentEncoding: question.headers("Content-Encoding") ?? "", scope: try question.scope(),
      idempotencyKey: key, defaults: defaults)
  }

  private static func answer(_ outcome: IngestOutcome, _ format: String) -> HTTPAnswer {
    if format == LokiPushAnswer.format { return LokiPushAnswer.answer(outcome) }
    switch outcome.status {
    case .unavailable(let reason, let seconds):
      var answer = HTTPAnswer.json(failure(reason), status: 503)
      answer.headers = [("Retry-After", String(seconds))]
      return answer
    case .refused(let fault):
      let status =
        switch fault.reason {
        case .bodyTooLarge: 413
        case .unsupported: 415
        default: 400
        }
      return .json(failure("\(fault.reason.rawValue): \(fault.detail)"), status: status)
    case .duplicate:
      return .json(report(outcome, isDuplicate: true))
    case .stored:
      let allRefused = outcome.storedRows == 0 && outcome.faults.total > 0
      // Remote write's clients expect no body (Prometheus remote write 1.0).
      if format == "remote_write", !allRefused {
        return HTTPAnswer(status: 204, contentType: "text/plain", body: [])
      }
      return .json(report(outcome, isDuplicate: false), status: allRefused ? 400 : 200)
    }
  }

  private static func report(_ outcome: IngestOutcome, isDuplicate: Bool) -> [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.key("stored")
      json.integer(outcome.storedRows)
      json.key("duplicate")
      json.boolean(isDuplicate)
      json.key("rejected")
      json.integer(outcome.faults.total)
      json.key("faults")
      json.array { json in
        let entries = outcome.faults.entries.sorted { $0.key.rawValue < $1.key.rawValue }
        for (reason, entry) in entries {
          json.object { json in
            json.key("reason")
            json.string(reason.rawValue)
            json.key("count")
            json.integer(entry.count)
            json.key("detail")
            json.string(entry.first.detail)
            json.key("sample")
            json.string(entry.first.sample)
          }
        }
      }
    }
    return json.bytes
  }

  private static func failure(_ message: String) -> [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.key("error")
      json.string(message)
    }
    return json.bytes
  }
}
