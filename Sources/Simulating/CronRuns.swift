import Bytes

extension Fleet {
  static let cronLogger = "odoo.addons.base.models.ir_cron"
  /// A tenant has one such cron per carrier account, each every 20 s at full rate.
  private static let cronsPerTenant = 5

  /// One run of a cron that asks a carrier where the tenant's shipments are.
  mutating func updateShipments(_ place: Int, at time: Int64) {
    states[place].cronRuns += 1
    let run = states[place].cronRuns
    if areCronsStopped(place, at: time) {
      // The guard speaks once per poll of a cron worker; two workers poll.
      if run % 3 == 0 { skipDatabase(place, poll: run / 3, at: time) }
      return
    }
    let number = 76 + run % Self.cronsPerTenant
    let job = "Job 'Update deliveries states' (\(number))"
    var writer = cronWriter(place, worker: run, at: time)
    writer.info(Self.cronLogger, "\(job) starting")
    enqueue(writer)

    let (fails, defect) = outcome(of: .shipmentUpdates, place, at: time)
    let effort = effort(place, median: fails ? 0.05 : 1.1, queries: 10, at: time)
    let took = effort.queryTime + effort.otherTime
    writer = writer.later(span(took))
    if fails {
      failCron(job, action: 800 + number, took: took, defect: defect, &writer)
    } else {
      let done = Int(states[place].dice.lognormal(median: 24, sigma: 0.6).rounded())
      finishCron(job, done: max(1, min(done, 2_000)), took: took, &writer)
    }
    enqueue(writer)
  }

  /// Whether the release has stopped all crons of the tenant.
  func areCronsStopped(_ place: Int, at time: Int64) -> Bool {
    plan.acting(on: .shipmentUpdates, ofTenant: place, at: time)?.kind == .shipmentCronsStopped
  }

  /// A writer for one of the two workers that run crons on the tenant's host.
  func cronWriter(_ place: Int, worker: Int, at time: Int64) -> OdooWriter {
    OdooWriter(
      host: host(of: place), pid: pool(of: place, at: time).cron(worker),
      database: plan.tenants[place].name, time: time)
  }

  private mutating func skipDatabase(_ place: Int, poll: Int, at time: Int64) {
    var writer = cronWriter(place, worker: poll, at: time)
    writer.record(
      "WARNING", Self.cronLogger,
      "Skipping database \(plan.tenants[place].name) because of modules to "
        + "install/upgrade/remove.")
    enqueue(writer)
  }

  private func failCron(
    _ job: String, action: Int, took: Double, defect: DefectKind?, _ writer: inout OdooWriter
  ) {
    let failure =
      defect == .shipmentCronFails
      ? Tracebacks.cronFailure(
        error: "AttributeError", text: "'stock.picking' object has no attribute 'tracking_state'")
      : Tracebacks.cronFailure(
        error: "requests.exceptions.ConnectTimeout", text: "the carrier did not answer")
    writer.record(
      "ERROR", Self.cronLogger, "\(job) server action #\(action) failed",
      traceback: Tracebacks.header + "\n" + failure)
    guard writer.host.dialect != .odoo18 else { return }
    writer.wait(milliseconds: 2)
    writer.info(
      Self.cronLogger,
      "\(job) failed (#loop 1; done 0; remaining 0; duration \(decimals(took, 2))s)")
  }

  /// The end of a good run, as Odoo 18 and as later versions word it.
  func finishCron(_ job: String, done: Int, took: Double, _ writer: inout OdooWriter) {
    guard writer.host.dialect == .odoo18 else {
      writer.info(
        Self.cronLogger,
        "\(job) fully done (#loop 1; done \(done); remaining 0; duration \(decimals(took, 2))s)")
      return
    }
    writer.info(Self.cronLogger, "\(job) done in \(decimals(took, 3))s")
    writer.wait(milliseconds: 1)
    writer.info(Self.cronLogger, "\(job) processed \(done) records, 0 records remaining")
    writer.wait(milliseconds: 1)
    writer.info(Self.cronLogger, "\(job) completed")
  }

  /// Seconds with `places` digits behind the point.
  func decimals(_ seconds: Double, _ places: Int) -> String {
    let scale = places == 2 ? 100.0 : 1_000.0
    let parts = Int((seconds * scale).rounded())
    return "\(parts / Int(scale)).\(Instant.padded(parts % Int(scale), places))"
  }
}
