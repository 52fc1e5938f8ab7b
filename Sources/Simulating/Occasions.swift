import Bytes

/// The rarer things that a tenant's processes write about.
private enum Occasion: CaseIterable {
  case mailCron, mailSent, mailsFetched, login, session, deletion, carrierCall, ediSync
  case refusal, missingField, missingRecord, accessDenied, contention, lockedRecord
  case mailFailed, missingFile, recycling, timeout, scheduler

  /// How often in a thousand.
  var weight: Int {
    switch self {
    case .mailCron: 200
    case .mailSent: 130
    case .mailsFetched: 60
    case .login: 100
    case .session: 60
    case .deletion: 80
    case .carrierCall: 120
    case .ediSync: 60
    case .refusal: 40
    case .missingField: 15
    case .missingRecord: 15
    case .accessDenied: 15
    case .contention: 40
    case .lockedRecord: 20
    case .mailFailed: 4
    case .missingFile: 6
    case .recycling: 10
    case .timeout: 1
    case .scheduler: 24
    }
  }

  static func choose(_ number: Int) -> Occasion {
    var left = number
    for occasion in allCases {
      left -= occasion.weight
      if left < 0 { return occasion }
    }
    return .mailSent
  }
}

extension Fleet {
  private static let mail = "odoo.addons.mail.models.mail_mail"

  /// One of the rarer things, or a carrier's trouble while it is out.
  mutating func playOccasion(_ place: Int, at time: Int64) {
    let tenant = plan.tenants[place]
    let number = states[place].dice.whole(0, 999)
    if incidents.isOut(carrier: tenant.carrier, at: time), number < 300 {
      blameCarrier(place, at: time)
      return
    }
    switch Occasion.choose(number) {
    case .mailCron: runMailCron(place, at: time)
    case .recycling: recycleWorker(place, at: time)
    case .timeout: killWorker(place, at: time)
    case .ediSync, .scheduler, .mailSent, .mailsFetched, .mailFailed:
      writeFromCron(Occasion.choose(number), place, at: time)
    default: writeFromWorker(Occasion.choose(number), place, at: time)
    }
  }

  private mutating func runMailCron(_ place: Int, at time: Int64) {
    guard !areCronsStopped(place, at: time) else { return }
    let worker = states[place].dice.whole(0, 1)
    let job = "Job 'Mail: Email Queue Manager' (3)"
    var writer = cronWriter(place, worker: worker, at: time)
    writer.info(Self.cronLogger, "\(job) starting")
    enqueue(writer)
    let took = states[place].dice.between(0.05, 2.5)
    writer = writer.later(span(took))
    finishCron(job, done: states[place].dice.whole(1, 25), took: took, &writer)
    enqueue(writer)
  }

  private mutating func writeFromCron(_ occasion: Occasion, _ place: Int, at time: Int64) {
    guard !areCronsStopped(place, at: time) else { return }
    let number = states[place].dice.whole(1_000, 9_999)
    var writer = cronWriter(place, worker: number, at: time)
    switch occasion {
    case .ediSync:
      let direction = number % 2 == 0 ? "input" : "output"
      writer.info(
        "odoo.addons.edi_core_oca.models.edi_backend",
        "EDI Exchange \(direction) sync: found \(number % 19) pending records to process.")
    case .scheduler:
      writer.info(
        "odoo.addons.stock.models.stock_rule",
        number % 2 == 0
          ? "A batch of 1000 moves are assigned and committed"
          : "_run_scheduler_tasks is finished and committed")
    case .mailsFetched:
      writer.info(
        "odoo.addons.mail.models.fetchmail",
        "Fetched \(number % 14) email(s) on imap server Orders inbox; "
          + "\(number % 14) succeeded, 0 failed.")
    case .mailFailed:
      writer.record(
        "ERROR", Self.mail,
        "Exception while processing mail with ID \(number) and Msg-Id "
          + "'<1730534410.\(number)@\(plan.tenants[place].name)>'.",
        traceback: Tracebacks.header + "\n" + Tracebacks.mailFailure)
    default:
      writer.info(
        Self.mail,
        "Mail with ID \(number) and Message-Id "
          + "'<1730534400.\(number)@\(plan.tenants[place].name)-openerp-\(number)-stock.picking>' "
          + "successfully sent")
    }
    enqueue(writer)
  }

  private mutating func writeFromWorker(_ occasion: Occasion, _ place: Int, at time: Int64) {
    var writer = workerWriter(place, at: time)
    let number = states[place].dice.whole(100, 9_999)
    switch occasion {
    case .login: logIn(place, number, &writer)
    case .session: writer.info("odoo.http", "Session expired")
    case .deletion:
      writer.info(
        "odoo.models.unlink",
        "User #\(2 + number % 30) deleted stock.move.line records with IDs: [\(number)]")
    case .carrierCall:
      writer.info(
        "odoo.addons.webservice.components.request_adapter",
        "post call to https://api.carrier.example/v2/shipments")
    case .missingField: writer.record("WARNING", "odoo.http", UserErrors.missingField)
    case .missingRecord:
      writer.record(
        "WARNING", "odoo.http",
        "Record does not exist or has been deleted.\n"
          + "(Record: stock.quant.package(\(number),), User: \(2 + number % 30))")
    case .accessDenied: denyAccess(number, &writer)
    case .contention: contend(place, &writer)
    case .lockedRecord:
      writer.info(
        "odoo.addons.connector.components.locker",
        "A concurrent job is already working on the same record "
          + "(prestashop.sale.order with one id in [\(number)]). Job delayed later.")
    case .missingFile: missFile(place, &writer)
    default: writer.record("WARNING", "odoo.http", refusal(place))
    }
    enqueue(writer)
  }

  private mutating func logIn(_ place: Int, _ number: Int, _ writer: inout OdooWriter) {
    // Odoo 19 and later no longer name the database.
    let database =
      writer.host.dialect == .odoo18 ? "db:\(plan.tenants[place].name) " : ""
    writer.info(
      "odoo.addons.base.models.res_users",
      "Login successful for \(database)login:picker\(number % 30)@example.com "
        + "from \(client(place))")
  }

  private func denyAccess(_ number: Int, _ writer: inout OdooWriter) {
    writer.info(
      "odoo.addons.base.models.ir_model",
      "Access Denied by ACLs for operation: read, uid: \(2 + number % 30), "
        + "model: delivery.carrier")
    writer.wait(milliseconds: 9)
    writer.record("WARNING", "odoo.http", UserErrors.accessDenied)
  }

  /// A transaction that has to be tried again. Odoo 20 words this elsewhere, so its hosts say the
  /// session expired instead.
  mutating func contend(_ place: Int, _ writer: inout OdooWriter) {
    guard writer.host.dialect != .odoo20 else {
      writer.info("odoo.http", "Session expired")
      return
    }
    let reason = states[place].dice.choose(["SERIALIZATION_FAILURE", "DEADLOCK_DETECTED"])
    let delay = states[place].dice.whole(1_000, 19_000)
    writer.info(
      "odoo.service.model",
      "\(reason), 4 tries left, try again in \(delay / 10_000)."
        + "\(Instant.padded(delay % 10_000, 4)) sec...")
  }

  private mutating func missFile(_ place: Int, _ writer: inout OdooWriter) {
    let digest = states[place].dice.digest(16) + states[place].dice.digest(16) + "9d6c2fab"
    let path =
      "/var/lib/odoo/filestore/\(plan.tenants[place].name)/\(digest.prefix(2))/\(digest)"
    writer.record(
      "INFO", "odoo.addons.base.models.ir_attachment", "_read_file reading \(path)",
      traceback: Tracebacks.header + "\n" + Tracebacks.missingFile(path))
  }

  /// What a carrier's outage leaves: its module's warning, then the one to the user.
  private mutating func blameCarrier(_ place: Int, at time: Int64) {
    var writer = workerWriter(place, at: time)
    let number = states[place].dice.whole(1_000, 9_999)
    if Incidents.carriers[plan.tenants[place].carrier] == "postlogistics" {
      writer.record(
        "WARNING", "odoo.addons.delivery_postlogistics.postlogistics.web_service",
        "Shipping label could not be generated.\n"
          + "Request: {\"language\": \"EN\", \"item\": {\"itemID\": \"WH-OUT-0\(number)\"}}\n"
          + "Response: {\"errors\": [{\"code\": \"E9009\", \"message\": \"unavailable\"}]}")
      writer.wait(milliseconds: 100)
      writer.record("WARNING", "odoo.http", "PostLogistics error:\n\nE9009: unavailable")
    } else {
      writer.record(
        "ERROR", "odoo.addons.delivery_sendcloud_oca.models.stock_picking",
        "Sendcloud deleting picking \(number) error: Parcel not found")
    }
    enqueue(writer)
  }
}

/// Longer words to users.
enum UserErrors {
  static let missingField = """
    The operation cannot be completed:
    - Create/update: a mandatory field is not set.
    - Delete: another model requires the record being deleted. If possible, archive it instead.

    Model: Product Moves (Stock Move Line) (stock.move.line)
    Field: Product (product_id)

    """

  static let accessDenied = """
    You are not allowed to access 'Shipping Methods' (delivery.carrier) records.

    This operation is allowed for the following groups:
    \t- Inventory/User

    Contact your administrator to request access if necessary.
    """
}
