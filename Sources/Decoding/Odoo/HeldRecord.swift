import Bytes
import Model

/// A record whose next line may still come. Its bytes lie in one buffer, the message last.
struct HeldRecord {
  private(set) var bytes: [UInt8] = []
  let receivedAt: Int64
  /// When its last line came, nanoseconds since 1970.
  var touchedAt: Int64
  /// In which order records were opened, so that what is emitted is in the order it came.
  var sequence = 0

  /// Nil stands for the time of receipt.
  var time: Int64?
  var level = Level.unknown
  var host = 0..<0
  var service = 0..<0
  var database = 0..<0
  var logger = 0..<0
  /// Odoo's wordings are looked for in the message, and the service is `odoo` unless stated.
  var isOdoo = true
  var fault: FaultReason?
  private(set) var isTruncated = false
  private var fields: [(name: Range<Int>, value: Range<Int>, kind: FieldKind)] = []
  private var messageStart = 0
  private var lines = 0

  init(receivedAt: Int64) {
    self.receivedAt = receivedAt
    touchedAt = receivedAt
  }

  /// Copies bytes in front of the message and says where they lie.
  mutating func keep(_ part: Span<UInt8>) -> Range<Int> {
    let start = bytes.count
    part.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
    messageStart = bytes.count
    return start..<bytes.count
  }

  mutating func addField(_ name: StaticString, _ value: Span<UInt8>, _ kind: FieldKind) {
    if value.isEmpty { return }
    let start = bytes.count
    name.withUTF8Buffer { bytes.append(contentsOf: $0) }
    fields.append((start..<bytes.count, keep(value), kind))
  }

  /// Adds a field named by bytes.
  mutating func addField(_ name: [UInt8], _ value: [UInt8], _ kind: FieldKind) {
    fields.append((keep(name.span), keep(value.span), kind))
  }

  /// Appends a line to the message, as far as the record's limit lets it. The blank that Odoo's
  /// empty performance column leaves behind the first line is no part of the message.
  mutating func append(line: Span<UInt8>) {
    if lines > 0 {
      if lines == 1, isOdoo, bytes.count > messageStart, bytes.last == 32 { bytes.removeLast() }
      if bytes.count - messageStart < Limits.joinedRecordBytes { bytes.append(10) }
    }
    lines += 1
    let room = Swift.max(0, Limits.joinedRecordBytes - (bytes.count - messageStart))
    if line.count > room { isTruncated = true }
    line.extracting(0..<Swift.min(line.count, room)).withUnsafeBufferPointer {
      bytes.append(contentsOf: $0)
    }
  }

  /// Makes the record a row. Blanks, line ends and NULs at the end of the message are dropped.
  func emit(into batch: inout Batch) {
    var record = Record(time: time ?? receivedAt, receivedAt: receivedAt)
    record.level = level
    let all = bytes.span
    let message = all.extracting(
      all.trimmedEnd(messageStart..<bytes.count) { $0.isBlank || $0 == 0 })
    record.message = batch.intern(message)
    record.host = batch.intern(all.extracting(host))
    record.logger = batch.intern(all.extracting(logger))
    let stated = all.extracting(service)
    record.service = stated.isEmpty && isOdoo ? batch.intern(text: "odoo") : batch.intern(stated)
    for field in fields {
      let name = batch.intern(all.extracting(field.name))
      batch.addField(name, batch.intern(all.extracting(field.value)), field.kind)
    }
    let name = all.extracting(database)
    let hasDatabase = !OdooText.isNoDatabase(name)
    if hasDatabase { record.tenant = batch.intern(name) }
    // A line without a logger is a neighbour's, whatever it says, but for a traceback.
    if isOdoo, !logger.isEmpty || message.matches(RaisedException.mark, at: 0) {
      let mention = OdooText.annotate(
        message, logger: all.extracting(logger), needsDatabase: !hasDatabase, into: &batch)
      if let mention { record.tenant = batch.intern(message.extracting(mention)) }
    }
    if let fault { batch.addField("_error", batch.intern(Array(fault.rawValue.utf8)), .text) }
    if isTruncated { batch.addField("_truncated", batch.intern(text: "true"), .boolean) }
    batch.append(record: record)
  }
}
