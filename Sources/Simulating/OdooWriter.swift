import Bytes

/// Writes records as one process of a host does: Odoo's line format of the host's version, with
/// its trailing spaces.
struct OdooWriter {
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  let host: HostPlan
  /// The process that writes.
  let pid: Int
  /// The database in the head of each record; nil where none is known.
  let database: ByteString?
  /// The stamp of the next record (nanoseconds since 1970).
  var time: Int64
  private(set) var bytes: [UInt8] = []

  init(host: HostPlan, pid: Int, database: ByteString?, time: Int64) {
    self.host = host
    self.pid = pid
    self.database = database
    self.time = time
  }

  /// The same process after some nanoseconds, with nothing written yet.
  func later(_ nanoseconds: Int64) -> OdooWriter {
    OdooWriter(host: host, pid: pid, database: database, time: time + nanoseconds)
  }

  /// Moves the stamp of the next record.
  mutating func wait(milliseconds: Int64) { time += milliseconds * Instant.millisecond }

  /// One record that is no access line. The empty performance field of Odoo before 20 leaves a
  /// space behind the message, which a traceback follows on its own lines.
  mutating func record(
    _ level: String, _ logger: String, _ message: String, traceback: String? = nil
  ) {
    head(level, logger)
    bytes.append(contentsOf: message.utf8)
    if host.dialect != .odoo20 { bytes.append(32) }
    bytes.append(10)
    guard let traceback else { return }
    bytes.append(contentsOf: traceback.utf8)
    bytes.append(10)
  }

  /// A record of one line at level INFO.
  mutating func info(_ logger: String, _ message: String) { record("INFO", logger, message) }

  /// One access line.
  mutating func access(_ request: Request) {
    let isNew = host.dialect == .odoo20
    head("INFO", isNew ? "odoo.http.server" : "werkzeug")
    bytes.append(contentsOf: request.client.utf8)
    bytes.append(contentsOf: isNew ? " \(request.session) - [".utf8 : " - - [".utf8)
    appendAccessDate()
    bytes.append(contentsOf: "] \"\(request.method) \(request.target) HTTP/1.1\" ".utf8)
    let counters =
      "\(request.queries) \(seconds(request.queryTime)) \(seconds(request.otherTime))"
    if isNew {
      bytes.append(contentsOf: "\(request.status) \(request.size) \(counters)".utf8)
    } else {
      bytes.append(contentsOf: "\(request.status) - \(counters)".utf8)
    }
    if host.statesCursor, database != nil || isNew {
      bytes.append(contentsOf: " \(request.cursor)".utf8)
    }
    bytes.append(10)
  }

  private mutating func head(_ level: String, _ logger: String) {
    let clock = appendDate()
    bytes.append(32)
    appendClock(clock)
    bytes.append(44)
    appendDigits(Int(time / Instant.millisecond % 1_000), 3)
    bytes.append(contentsOf: " \(pid) \(level) ".utf8)
    if let database {
      bytes.append(contentsOf: database.bytes)
    } else if host.dialect != .odoo20 || logger != "odoo.http.server" {
      bytes.append(63)
    }
    bytes.append(contentsOf: " \(logger): ".utf8)
  }

  /// Writes the date and returns the second of the day.
  private mutating func appendDate() -> Int {
    let second = Int(time / Instant.second)
    let date = Instant.date(days: second / 86_400)
    appendDigits(date.year, 4)
    bytes.append(45)
    appendDigits(date.month, 2)
    bytes.append(45)
    appendDigits(date.day, 2)
    return second % 86_400
  }

  private mutating func appendAccessDate() {
    let second = Int(time / Instant.second)
    let date = Instant.date(days: second / 86_400)
    appendDigits(date.day, 2)
    bytes.append(47)
    bytes.append(contentsOf: Self.months[date.month - 1].utf8)
    bytes.append(47)
    appendDigits(date.year, 4)
    bytes.append(32)
    appendClock(second % 86_400)
  }

  private mutating func appendClock(_ second: Int) {
    appendDigits(second / 3_600, 2)
    bytes.append(58)
    appendDigits(second / 60 % 60, 2)
    bytes.append(58)
    appendDigits(second % 60, 2)
  }

  private mutating func appendDigits(_ value: Int, _ width: Int) {
    var divisor = 1
    for _ in 1..<width { divisor *= 10 }
    while divisor > 0 {
      bytes.append(UInt8(48 + value / divisor % 10))
      divisor /= 10
    }
  }

  /// Before Odoo 20 seconds have three digits; Odoo 20 rounds and prints the shortest form.
  private func seconds(_ value: Double) -> String {
    let thousandths = Int((value * 1_000).rounded())
    let text = "\(thousandths / 1_000).\(Instant.padded(thousandths % 1_000, 3))"
    guard host.dialect == .odoo20 else { return text }
    var short = text[...]
    while short.hasSuffix("0"), !short.hasSuffix(".0") { short = short.dropLast() }
    return String(short)
  }
}

/// A request as an access line tells it.
struct Request {
  var client: String
  /// The shortened session of Odoo 20, `-` for none.
  var session = "-"
  var method = "POST"
  var target: String
  var status = 200
  /// Bytes of the answer, or `stream`; only Odoo 20 tells.
  var size = "0"
  var queries: Int
  /// Seconds in the database.
  var queryTime: Double
  /// Seconds elsewhere.
  var otherTime: Double
  var cursor = "-"

  var duration: Double { queryTime + otherTime }
}
