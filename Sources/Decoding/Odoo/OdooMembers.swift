import Bytes
import Model

/// Completes a JSON row of an Odoo logger, so that it has the same field names as native text.
enum OdooMembers {
  /// Adds, where they are missing, the fields its message, its traceback and the names of other
  /// formatters give; what the row has itself stays.
  static func complete(_ record: inout Record, traceback: Slice, in batch: inout Batch) {
    let message = batch.string(record.message)
    let logger = batch.string(record.logger)
    let database = OdooText.annotate(
      message.bytes.span, logger: logger.bytes.span, needsDatabase: record.tenant.isEmpty,
      into: &batch)
    if let database { record.tenant = batch.intern(message.bytes.span.extracting(database)) }
    if !traceback.isEmpty, !batch.hasPendingField("exception") {
      let text = batch.string(traceback)
      RaisedException(in: text.bytes.span)?.addFields(of: text.bytes.span, into: &batch)
    }
    for index in (batch.fields.count - batch.pendingFieldCount)..<batch.fields.count {
      let field = batch.fields[index]
      for alias in aliases where batch.bytes(field.name).equals(alias.theirs) {
        if !batch.hasPendingField(alias.ours) {
          batch.addField(alias.ours, field.value, field.kind)
        }
      }
      addDerived(field, to: &batch)
    }
  }

  /// `event.duration` counts nanoseconds, `odoo.rpc` is model and method in one.
  private static func addDerived(_ field: Field, to batch: inout Batch) {
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
