import Bytes
import Simulating

/// One record as a simple reader of Odoo's text sees it: a head line and what follows it.
struct EmittedRecord {
  let host: String
  /// Seconds since the fleet went live.
  let second: Double
  let time: Int64
  let level: Substring
  let database: Substring
  let logger: Substring
  /// All lines, with their trailing spaces; the first without date, time and process.
  let lines: [Substring]

  var text: String { lines.joined(separator: "\n") }
  var message: Substring {
    lines[0].dropFirst(level.count + database.count + logger.count + 4)
  }

  /// Whether a line begins a record: `YYYY-MM-DD HH:MM:SS,mmm `.
  static func isHead(_ line: ArraySlice<UInt8>) -> Bool {
    guard line.count > 24, let first = line.first, first >= 48, first <= 57 else { return false }
    return [(4, 45), (7, 45), (10, 32), (13, 58), (16, 58), (19, 44), (23, 32)].allSatisfy {
      line[line.startIndex + $0.0] == $0.1
    }
  }

  /// The records of an emission of log lines, none of other emissions.
  static func read(_ emission: Emission, liveStart: Int64) throws -> [EmittedRecord] {
    guard case .odooLines(let host, let bytes, _) = emission else { return [] }
    guard bytes.last == 10, String(validating: bytes, as: UTF8.self) != nil else {
      throw Flaw.notLines
    }
    var records: [[Substring]] = []
    for line in bytes.dropLast().split(separator: 10, omittingEmptySubsequences: false) {
      let text = Substring(decoding: line, as: UTF8.self)
      if isHead(line) {
        records.append([text])
      } else if records.isEmpty {
        throw Flaw.noHead
      } else {
        records[records.count - 1].append(text)
      }
    }
    return try records.map { try EmittedRecord(host.text, $0, liveStart) }
  }

  /// What is wrong with emitted text.
  enum Flaw: Error { case notLines, noHead, badHead }

  private init(_ host: String, _ lines: [Substring], _ liveStart: Int64) throws {
    let stamp = Array(lines[0].utf8.prefix(23))
    let parts = lines[0].dropFirst(24).split(
      separator: " ", maxSplits: 4, omittingEmptySubsequences: false)
    guard parts.count == 5, Int(parts[0]) != nil, parts[3].last == ":",
      let time = Instant.parse(stamp.span)
    else { throw Flaw.badHead }
    self.host = host
    self.time = time
    second = Double(time - liveStart) / 1e9
    level = parts[1]
    database = parts[2]
    logger = parts[3].dropLast()
    self.lines = [lines[0].dropFirst(25 + parts[0].utf8.count)] + lines.dropFirst()
  }
}

/// An operation of a business process as the logs tell it.
struct Observed {
  let tenant: String
  let process: BusinessProcess
  let second: Double
  let failed: Bool

  /// Reads an operation from a record; nil when it is about none. A failed picking counts by its
  /// traceback, its access line counts the attempt.
  static func read(_ record: EmittedRecord) -> [Observed] {
    func observe(_ process: BusinessProcess, _ failed: Bool) -> Observed {
      Observed(
        tenant: String(record.database), process: process, second: record.second,
        failed: failed)
    }
    let text = record.lines[0]
    switch record.logger {
    case "werkzeug", "odoo.http.server":
      if text.contains("/queue_job/runjob?") {
        return [observe(.orderImport, !text.contains("HTTP/1.1\" 200 "))]
      }
      return text.contains("/stock.picking/button_validate") ? [observe(.picking, false)] : []
    case "odoo.http":
      let failed = record.level == "ERROR" && record.text.contains("button_validate")
      return failed ? [observe(.picking, true)] : []
    case "odoo.addons.base.models.ir_cron":
      guard text.contains("'Update deliveries states'") else { return [] }
      if text.contains(" starting") { return [observe(.shipmentUpdates, false)] }
      return text.contains("server action") ? [observe(.shipmentUpdates, true)] : []
    default: return []
    }
  }
}

/// Attempts and failures of one tenant's process.
struct Tally {
  var attempts = 0
  var failures = 0

  var share: Double { attempts == 0 ? 0 : Double(failures) / Double(attempts) }

  mutating func add(_ observed: Observed) {
    if observed.failed { failures += 1 }
    // A failed import is one access line; the other failures have an attempt of their own.
    if !observed.failed || observed.process == .orderImport { attempts += 1 }
  }
}
