import Bytes

/// Why an order import fails.
enum ImportCause {
  case missingProduct, missingKey, forbiddenCommit
}

extension Fleet {
  private static let main = "odoo.addons.queue_job.controllers.main"
  private static let runner = "odoo.addons.queue_job.jobrunner.runner"

  /// One order import: the job runner asks a worker to run the job, whose access line is all that a
  /// good one leaves.
  mutating func importOrder(_ place: Int, at time: Int64) {
    let tenant = plan.tenants[place].name
    let uuid = states[place].dice.uuid()
    var asking = runnerWriter(place, at: time)
    asking.info(Self.runner, "asking Odoo to run job \(uuid) on db \(tenant)")
    enqueue(asking)

    let (fails, defect) = outcome(of: .orderImport, place, at: time)
    let effort = effort(place, median: fails ? 0.12 : 0.35, queries: fails ? 24 : 96, at: time)
    let took = effort.queryTime + effort.otherTime
    var writer = workerWriter(
      place, begin: time, at: time + span(took) + 8 * Instant.millisecond)
    var request = Request(
      client: "127.0.0.1", method: "GET",
      target: "/queue_job/runjob?db=\(tenant)&job_uuid=\(uuid)",
      size: "2", queries: effort.queries, queryTime: effort.queryTime,
      otherTime: effort.otherTime, cursor: "rw")
    if fails {
      request.status = failImport(cause(of: defect, place), place, &writer)
      request.size = "214"
    }
    writer.access(request)
    self.time("odoo.http.request.\(tenant).prod", took, at: writer.time)
    enqueue(writer)
    if fails { complain(asking.pid, uuid, status: request.status, place, at: writer.time) }
  }

  private mutating func cause(of defect: DefectKind?, _ place: Int) -> ImportCause {
    switch defect {
    case .importKeyError: .missingKey
    case .importCommitForbidden: .forbiddenCommit
    case .importValidation: .missingProduct
    default: states[place].dice.isBelow(0.75) ? .missingProduct : .missingKey
    }
  }

  /// Writes the failure twice, as the job's controller and then the HTTP layer do; returns the
  /// status of the answer.
  private mutating func failImport(
    _ cause: ImportCause, _ place: Int, _ writer: inout OdooWriter
  ) -> Int {
    var failure: String
    var user: String?
    switch cause {
    case .missingProduct:
      let text = "No product found for SKU WH-\(states[place].dice.whole(1_000, 9_999))"
      failure = Tracebacks.missingProduct(text)
      user = text
    case .missingKey:
      failure = Tracebacks.importKeyError(
        states[place].dice.choose(["partner_shipping_ref", "carrier_service_code", "street2"]))
    case .forbiddenCommit:
      failure = Tracebacks.forbiddenCommit
    }
    writer.record("ERROR", Self.main, Tracebacks.header + "\n" + failure + "\n")
    writer.wait(milliseconds: 4)
    if let user {
      writer.record("WARNING", "odoo.http", user)
    } else {
      writer.record(
        "ERROR", "odoo.http", "Exception during request handling.",
        traceback: Tracebacks.header + "\n" + Tracebacks.request + failure)
    }
    writer.wait(milliseconds: 11)
    return user == nil ? 500 : 400
  }

  /// The job runner's word on an answer that is an error, from the process that asked.
  private mutating func complain(
    _ pid: Int, _ uuid: String, status: Int, _ place: Int, at time: Int64
  ) {
    let tenant = plan.tenants[place].name
    let url = "http://localhost:8069/queue_job/runjob?db=\(tenant)&job_uuid=\(uuid)"
    let words =
      status == 400
      ? "400 Client Error: BAD REQUEST" : "500 Server Error: INTERNAL SERVER ERROR"
    var writer = OdooWriter(
      host: host(of: place), pid: pid, database: nil, time: time + Instant.millisecond)
    writer.record(
      "ERROR", Self.runner, "exception in GET \(url)",
      traceback: Tracebacks.header + "\n" + Tracebacks.runnerRequest
        + "requests.exceptions.HTTPError: \(words) for url: \(url)")
    enqueue(writer)
  }
}
