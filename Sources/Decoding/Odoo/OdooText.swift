import Bytes
import Model

/// Facts about Odoo's logs that hold for its text as for its JSON.
enum OdooText {
  /// `?`, `None` and nothing: how Odoo writes that a line belongs to no database.
  static func isNoDatabase(_ name: Span<UInt8>) -> Bool {
    name.isEmpty || name.equals("?") || name.equals("None")
  }

  /// Whether the logger is one of Odoo's own or of its HTTP server.
  static func isOdooLogger(_ logger: Span<UInt8>) -> Bool {
    logger.equals("odoo") || logger.matches("odoo.", at: 0) || isAccessLogger(logger)
  }

  /// Whether the logger writes access lines: `werkzeug` up to 19, `odoo.http.server` from 20,
  /// gevent's `longpolling`.
  static func isAccessLogger(_ logger: Span<UInt8>) -> Bool {
    logger.equals("werkzeug") || logger.equals("odoo.http.server") || logger.equals("longpolling")
      || logger.equals("geventwebsocket.handler")
  }

  /// Adds to the record being built what its message says in known wordings: the access line, the
  /// cron job, the exception, the conflict. Returns where the message names the database, when
  /// the head has none.
  static func annotate(
    _ message: Span<UInt8>, logger: Span<UInt8>, needsDatabase: Bool, into batch: inout Batch
  ) -> Range<Int>? {
    if isAccessLogger(logger), let access = AccessLine(message) {
      access.addFields(of: message, into: &batch)
      return needsDatabase ? DatabaseMention.find(in: message) : nil
    }
    if ends(logger, with: ".ir_cron"), let cron = CronMessage(message) {
      cron.addFields(of: message, into: &batch)
    }
    if let conflict = conflict(message) {
      batch.addFieldOnce("retry", message.extracting(conflict), .text)
    }
    if let raised = RaisedException(in: message) {
      raised.addFields(of: message, into: &batch)
    }
    return needsDatabase ? DatabaseMention.find(in: message) : nil
  }

  /// The PostgreSQL condition a message of Odoo's retry loop begins with.
  private static func conflict(_ message: Span<UInt8>) -> Range<Int>? {
    guard let comma = message.firstIndex(of: UInt8(ascii: ","), upTo: 24) else { return nil }
    let code = message.extracting(0..<comma)
    guard
      code.equals("SERIALIZATION_FAILURE") || code.equals("DEADLOCK_DETECTED")
        || code.equals("LOCK_NOT_AVAILABLE")
    else { return nil }
    return 0..<comma
  }

  private static func ends(_ bytes: Span<UInt8>, with suffix: StaticString) -> Bool {
    bytes.matches(suffix, at: bytes.count - suffix.utf8CodeUnitCount)
  }
}

extension Span<UInt8> {
  /// The first position of `byte` among the first `limit` bytes.
  func firstIndex(of byte: UInt8, upTo limit: Int) -> Int? {
    let end = Swift.min(count, limit)
    for index in 0..<end where self[index] == byte { return index }
    return nil
  }

  /// Where `needle` begins first at or after `start`.
  func firstIndex(of needle: StaticString, from start: Int = 0) -> Int? {
    let length = needle.utf8CodeUnitCount
    guard length > 0, start >= 0, count - start >= length else { return nil }
    let first = needle.withUTF8Buffer { $0[0] }
    var index = start
    while index <= count - length {
      if self[index] == first, matches(needle, at: index) { return index }
      index += 1
    }
    return nil
  }

  /// The range without what `strip` names at its end.
  func trimmedEnd(_ range: Range<Int>, _ strip: (UInt8) -> Bool) -> Range<Int> {
    var high = range.upperBound
    while high > range.lowerBound, strip(self[high - 1]) { high -= 1 }
    return range.lowerBound..<high
  }
}

extension Batch {
  /// Adds a field whose value is copied, unless the record being built has one of that name: what
  /// a JSON row states itself stays.
  mutating func addFieldOnce(_ name: StaticString, _ value: Span<UInt8>, _ kind: FieldKind) {
    if !hasPendingField(name) { addField(name, intern(value), kind) }
  }

  /// Copies a text of our own into the arena.
  mutating func intern(text: StaticString) -> Slice {
    intern(text)
  }

  /// Whether the record being built has a field of that name.
  func hasPendingField(_ name: StaticString) -> Bool {
    fields.suffix(pendingFieldCount).contains { bytes($0.name).equals(name) }
  }
}
