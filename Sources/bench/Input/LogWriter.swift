import Bytes
import Glibc

/// Writes the log of an Odoo fleet as JSON lines, about 390 bytes a row: requests, cron jobs, queue
/// jobs, carrier messages, warnings and database errors in the shares of a busy day. Tenants
/// differ in size by a power law; a third of them run the newer release.
struct LogWriter {
  /// 2025-11-20T00:00:00Z: past on any clock, and within the ten years that rows are kept.
  private static let start: Int64 = 1_763_596_800_000_000_000
  /// Of all tenants together.
  private static let rowsPerSecond = 500.0

  private static let customers = [
    "baltic", "canal", "depot", "freight", "harbour", "levant", "pier", "quay",
  ]
  private static let paths = [
    "/web/dataset/call_kw/stock.picking/action_assign",
    "/web/dataset/call_kw/purchase.order/button_confirm", "/shopfloor/cluster_picking/scan_line",
    "/web/dataset/call_button/sale.order", "/api/v2/parcels", "/api/v2/stock/import",
    "/web/webclient/qweb", "/websocket/peek_notifications", "/web/dataset/web_read_group",
    "/mail/thread/messages", "/web/action/run",
  ]
  private static let jobs = [
    "Inventory: replenish", "Mail: Fetchmail Service", "Carrier: fetch labels",
    "Sale: expire quotations", "Account: post entries", "Stock: merge moves",
  ]
  private static let models = [
    "stock.move", "purchase.order", "stock.lot", "account.payment", "edi.document",
    "choose.delivery.carrier", "product.product",
  ]
  private static let carriers = ["dsv", "tnt", "bpost", "seur", "hermes", "colis"]
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  private let shape: LogShape
  private let tenants: [String]
  /// Weights added up, for choosing by a fraction of the last.
  private let weights: [Double]
  private var dice: Dice
  private var written = 0
  private var seconds = 0.0
  private var time: Int64 = 0

  init(_ shape: LogShape) {
    self.shape = shape
    var dice = Dice(seed: shape.seed)
    tenants = (0..<shape.tenants).map { number in
      dice.choose(Self.customers) + "-" + Instant.padded(number, 3)
    }
    var sum = 0.0
    weights = (0..<shape.tenants).map { number in
      sum += pow(Double(number + 1), -0.9)
      return sum
    }
    self.dice = dice
  }

  /// Appends the next row; false when all are written.
  mutating func next(_ line: inout [UInt8]) -> Bool {
    guard written < shape.rows else { return false }
    written += 1
    seconds += dice.exponential(mean: 1 / Self.rowsPerSecond)
    time = Self.start + Int64(seconds * 1_000) * Instant.millisecond
    switch dice.fraction() {
    case ..<0.62: request(&line)
    case ..<0.76: cron(&line)
    case ..<0.90: queueJob(&line)
    case ..<0.96: carrier(&line)
    case ..<0.99: warning(&line)
    default: databaseError(&line)
    }
    line.put("}\n")
    return true
  }

  /// Everything up to the message, and after it what tells where the row is from.
  private mutating func row(
    _ line: inout [UInt8], _ level: String, _ logger: String, message: (inout [UInt8]) -> Void
  ) {
    let point = dice.fraction() * (weights.last ?? 1)
    let tenant = min(weights.partitioningIndex { $0 > point }, tenants.count - 1)
    line.put(#"{"time":""#)
    stamp(&line)
    line.put(#"","level":""# + level + #"","logger":""# + logger + #"","message":""#)
    message(&line)
    line.put(#"","tenant":""# + tenants[tenant] + #"","release":"17.0."#)
    line.put(tenant % 3 == 0 ? "42.0" : "41.2")
    line.put(#"","service":"odoo","host":"odoo-"#)
    if shape.hostsPerTenant == 1 {
      line.put(tenant % 12, width: 2)
    } else {
      line.put(tenant, width: 3)
      line.put("-")
      line.put(dice.whole(0..<shape.hostsPerTenant), width: 2)
    }
    line.put(#"","pid":"#)
    line.put(100 + (tenant * 7 + dice.whole(0..<6)) % 900)
  }

  private mutating func request(_ line: inout [UInt8]) {
    let path = dice.choose(Self.paths)
    let status = dice.fraction() < 0.985 ? 200 : [303, 400, 404, 500, 502][dice.whole(0..<5)]
    let tenths = Int(dice.lognormal(3.6, 1) * 10)
    let queries = Int(dice.lognormal(2.5, 0.9))
    let queryTenths = Int(Double(tenths) * (0.2 + 0.5 * dice.fraction()))
    let address = (dice.whole(0..<8), dice.whole(0..<256), dice.whole(0..<256))
    let time = time
    row(&line, status >= 500 ? "ERROR" : "INFO", "werkzeug") { line in
      line.put("10.\(address.0).\(address.1).\(address.2) - - [")
      Self.commonLogStamp(time, &line)
      line.put(#"] \"POST "# + path + #" HTTP/1.1\" "#)
      line.put(status)
      line.put(" - ")
      line.put(queries)
      line.put(" ")
      line.put((queryTenths + 5) / 10, decimals: 3)
      line.put(" ")
      line.put((tenths - queryTenths + 5) / 10, decimals: 3)
    }
    line.put(#","method":"POST","path":""# + path + #"","status":"#)
    line.put(status)
    line.put(#","duration_ms":"#)
    line.put(tenths, decimals: 1)
    line.put(#","query_count":"#)
    line.put(queries)
    line.put(#","query_time_ms":"#)
    line.put(queryTenths, decimals: 1)
    requestID(&line)
    line.put(#","user_id":"#)
    line.put(dice.whole(2..<400))
  }

  private mutating func cron(_ line: inout [UInt8]) {
    let job = dice.choose(Self.jobs)
    let number = dice.whole(1..<9_000)
    let isDone = dice.fraction() < 0.5
    let thousandths = Int(dice.lognormal(-1, 1) * 1_000)
    row(&line, "INFO", "odoo.addons.base.models.ir_cron") { line in
      guard isDone else {
        line.put("Starting job `" + job + "`.")
        return
      }
      line.put("Job '" + job + "' (")
      line.put(number)
      line.put(") done in ")
      line.put(thousandths, decimals: 3)
      line.put("s")
    }
  }

  private mutating func queueJob(_ line: inout [UInt8]) {
    let model = dice.choose(Self.models)
    let number = dice.whole(1..<3_000_000)
    let milliseconds = dice.whole(5..<5_000)
    var text: [UInt8] = []
    for (place, digits) in [8, 4, 4, 12].enumerated() {
      if place > 0 { text.put("-") }
      text.put(hex: digits, &dice)
    }
    row(&line, "INFO", "odoo.addons.queue_job.controllers.main") { line in
      line.put("job ")
      line += text
      line.put(" " + model + "(")
      line.put(number)
      line.put(",).export() went to state done in ")
      line.put(milliseconds)
      line.put(" ms, channel root." + model.prefix { $0 != "." })
    }
  }

  private mutating func carrier(_ line: inout [UInt8]) {
    let carrier = dice.choose(Self.carriers)
    let transfer = dice.whole(1..<99_999)
    let milliseconds = dice.whole(40..<4_000)
    var reference: [UInt8] = []
    reference.put(hex: 12, &dice, isUpper: true)
    row(&line, "INFO", "odoo.addons.delivery_" + carrier) { line in
      line.put("label fetched for transfer WH/OUT/")
      line.put(transfer, width: 5)
      line.put(" carrier=" + carrier + " ref=")
      line += reference
      line.put(" took=")
      line.put(milliseconds)
      line.put("ms")
    }
    line.put(#","carrier":""# + carrier + "\"")
  }

  private mutating func warning(_ line: inout [UInt8]) {
    let transfer = dice.whole(1..<99_999)
    let user = dice.whole(2..<400)
    row(&line, "WARNING", "odoo.http") { line in
      line.put("Not enough stock is reserved: transfer WH/OUT/")
      line.put(transfer, width: 5)
      line.put(" cannot be validated by user ")
      line.put(user)
    }
    requestID(&line)
  }

  private mutating func databaseError(_ line: inout [UInt8]) {
    let table = dice.choose(Self.models).replacing(".", with: "_")
    let user = dice.whole(2..<400)
    let number = dice.whole(1..<9_999_999)
    let time = Instant.text(time)
    row(&line, "ERROR", "odoo.sql_db") { line in
      line.put(#"bad query: UPDATE \""# + table + #"\" SET \"write_date\"='"# + time)
      line.put(#"', \"write_uid\"="#)
      line.put(user)
      line.put(" WHERE id IN (")
      line.put(number)
      line.put(#")\nERROR: could not serialize access due to concurrent update\n"#)
    }
    line.put(#","sqlstate":"40001""#)
  }

  private mutating func requestID(_ line: inout [UInt8]) {
    line.put(#","request_id":""#)
    line.put(hex: 32, &dice)
    line.put("\"")
  }

  private func stamp(_ line: inout [UInt8]) {
    let text = Instant.text(time)
    // Whole seconds have no fraction in `Instant`'s text; every row's stamp has three digits.
    line.put(text.utf8.count == 20 ? text.dropLast() + ".000Z" : text)
  }

  /// `20/Nov/2025 00:00:00`, as werkzeug has it.
  private static func commonLogStamp(_ time: Int64, _ line: inout [UInt8]) {
    let seconds = Int(time / Instant.second)
    let date = Instant.date(days: seconds / 86_400)
    line.put(date.day, width: 2)
    line.put("/" + months[date.month - 1] + "/")
    line.put(date.year)
    line.put(" ")
    line.put(seconds / 3_600 % 24, width: 2)
    line.put(":")
    line.put(seconds / 60 % 60, width: 2)
    line.put(":")
    line.put(seconds % 60, width: 2)
  }
}

extension [Double] {
  /// The first place whose element is so, in an array where all after it are so too.
  func partitioningIndex(where isSo: (Double) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if isSo(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
