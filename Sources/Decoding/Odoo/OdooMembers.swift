import Bytes
import Model

/// Completes a JSON row of an Odoo logger, so that it has the same field names as native text.
struct OdooMembers {
  let logger: OdooLogger
  /// The text of a member `exc_info`.
  let traceback: Slice
  /// What the names of the row's fields say.
  let hints: MemberHints
  /// Whether the message may have more than one line.
  let mayBreakLines: Bool

  /// Adds, where they are missing, the fields its message, its traceback and the names of other
  /// formatters give; what the row has itself stays.
  func complete(_ record: inout Record, in batch: inout Batch) {
    annotate(&record, in: &batch)
    if !traceback.isEmpty, !batch.hasPendingField("exception") {
      let text = batch.string(traceback)
      RaisedException(in: text.bytes.span)?.addFields(of: text.bytes.span, into: &batch)
    }
    if hints.contains(.alias) { addAliases(in: &batch) }
  }

  /// What must be looked for in a message.
  private enum Wordings { case access, cron, others, none }

  /// What the message may say, by a first look at it; nothing for most.
  private func wordings(in record: Record, of batch: borrowing Batch) -> Wordings {
    if logger == .access, !hints.isSuperset(of: .request) { return .access }
    if record.tenant.isEmpty || mayConflict(batch.bytes(record.message)) { return .others }
    if mayBreakLines, batch.bytes(record.message).firstIndex(of: 10) != nil { return .others }
    return logger == .cron ? .cron : .none
  }

  /// Whether the message may begin with the name of a PostgreSQL condition.
  private func mayConflict(_ message: Span<UInt8>) -> Bool {
    // They are capitals throughout; most words are not.
    guard message.count > 1, message[1] &- UInt8(ascii: "A") < 26 else { return false }
    switch message[0] {
    case UInt8(ascii: "S"), UInt8(ascii: "D"), UInt8(ascii: "L"): return true
    default: return false
    }
  }

  private func annotate(_ record: inout Record, in batch: inout Batch) {
    let wordings = wordings(in: record, of: batch)
    if wordings == .none { return }
    if wordings == .cron {
      CronMessage(batch.bytes(record.message))?.addFields(of: record.message, into: &batch)
      return
    }
    let message = batch.string(record.message)
    // Without its logger's name, an access line that is read already is not read again.
    let isRead = logger == .access && wordings == .others
    let name = isRead ? .empty : batch.string(record.logger)
    let database = OdooText.annotate(
      message.bytes.span, logger: name.bytes.span, needsDatabase: record.tenant.isEmpty,
      into: &batch)
    if let database { record.tenant = batch.intern(message.bytes.span.extracting(database)) }
  }

  private func addAliases(in batch: inout Batch) {
    for index in (batch.fields.count - batch.pendingFieldCount)..<batch.fields.count {
      let field = batch.fields[index]
      for alias in Self.aliases where batch.bytes(field.name).equals(alias.theirs) {
        if !batch.hasPendingField(alias.ours) {
          batch.addField(alias.ours, field.value, field.kind)
        }
      }
      addDerived(field, to: &batch)
    }
  }

  /// `event.duration` counts nanoseconds, `odoo.rpc` is model and method in one.
  private func addDerived(_ field: Field, to batch: inout Batch) {
    if batch.bytes(field.name).equals("event.duration"), !batch.hasPendingField("duration"),
      let nanoseconds = Numbers.integer(batch.bytes(field.value)),
      let seconds = DecimalSum.text(billionths: nanoseconds)
    {
      batch.addField("duration", batch.intern(seconds), .decimal)
    }
    if batch.bytes(field.name).equals("odoo.rpc"), !batch.hasPendingField("model") {
      let call = batch.string(field.value)
      guard let point = call.bytes.lastIndex(of: 46), point > 0, point + 1 < call.count else {
        return
      }
      batch.addField("model", batch.intern(Array(call.bytes[..<point])), .text)
      batch.addField("rpc_method", batch.intern(Array(call.bytes[(point + 1)...])), .text)
    }
  }

  /// Whether a field of that name has a name of ours too.
  static func isAlias(_ name: Span<UInt8>) -> Bool {
    for alias in aliases where name.equals(alias.theirs) { return true }
    return name.equals("event.duration") || name.equals("odoo.rpc")
  }

  /// Names of Odoo 20's JSON formatter and of the ECS style, and ours for the same.
  private static let aliases: [(theirs: StaticString, ours: StaticString)] = [
    ("process", "pid"), ("process.pid", "pid"), ("remote_addr", "client"),
    ("client.ip", "client"), ("user.id", "uid"), ("http.request.method", "method"),
    ("url.path", "path"), ("http.response.status_code", "status"),
    ("http.response.body.bytes", "size"), ("odoo.session", "session"),
    ("odoo.sql.count", "query_count"), ("odoo.sql.duration", "query_time"),
    ("odoo.cursor_mode", "cursor_mode"),
  ]
}

/// The loggers of Odoo by what their messages say.
enum OdooLogger {
  case access, cron, other

  /// The logger of that name; nil when it is none of Odoo's.
  init?(_ name: Span<UInt8>) {
    guard name.count > 0 else { return nil }
    // Most names are told by their first letter; the exact test follows.
    switch name[0] {
    case UInt8(ascii: "o"), UInt8(ascii: "w"), UInt8(ascii: "l"), UInt8(ascii: "g"): break
    default: return nil
    }
    if name.count > 7, name[name.count - 1] == UInt8(ascii: "n"),
      name.matches("odoo.", at: 0), name.matches(".ir_cron", at: name.count - 8)
    {
      self = .cron
    } else if OdooText.isAccessLogger(name) {
      self = .access
    } else if OdooText.isOdooLogger(name) {
      self = .other
    } else {
      return nil
    }
  }
}
