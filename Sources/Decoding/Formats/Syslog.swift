import Bytes
package import Model

/// Syslog over UDP, one message a datagram (RFC 5426), of RFC 5424 or RFC 3164. What is neither is
/// stored as it came, as a notice. Odoo's own payloads, whether by `--syslog` or as native lines
/// that rsyslog or journald forward, become the records they were; each line of a traceback that
/// comes as a message of its own is joined, per sender, host, program and process.
package struct Syslog: WireFormat {
  package static let name = "syslog"
  package static let arrivals = [Arrival.udp(port: 5_514)]

  private var joiner = Joiner()
  private var reader = LogRowReader(isLenient: true)

  package init() {}

  package var pendingRows: Int { joiner.held }

  package mutating func flush(now: Int64, everything: Bool, into batch: inout Batch) {
    joiner.flush(now: now, everything: everything, into: &batch)
  }

  package mutating func decode(
    _ frame: Span<UInt8>, from source: FrameSource, into batch: inout Batch
  ) throws(Fault) {
    let whole = frame.trimmedEnd(0..<frame.count) { $0 == 0 || $0 == 10 || $0 == 13 }
    guard !whole.isEmpty else {
      batch.faults.add(Fault(.emptyRow, "empty datagram"))
      return
    }
    let bytes = frame.extracting(whole)
    let message = SyslogMessage(bytes, receivedAt: source.receivedAt)
    let text = bytes.extracting(message.text)
    if let plain = OdooPayload.unescaped(text) {
      take(plain.span, message, bytes, source, into: &batch)
    } else {
      take(text, message, bytes, source, into: &batch)
    }
  }

  private mutating func take(
    _ text: Span<UInt8>, _ message: SyslogMessage, _ frame: Span<UInt8>, _ source: FrameSource,
    into batch: inout Batch
  ) {
    let key = Self.stream(message, frame, source)
    let program = frame.extracting(message.application)
    if let head = OdooHead(text) {
      var record = Self.begin(message, frame, source)
      record.take(head, of: text)
      Self.name(program, &record)
      if AccessLine.isComplete(text, head) {
        joiner.pass(record, in: key, into: &batch)
      } else {
        joiner.open(record, in: key, into: &batch)
      }
      return
    }
    if let payload = OdooPayload(text, isCut: program.equals("Odoo")) {
      joiner.close(key, into: &batch)
      emit(payload, text, message, frame, source, into: &batch)
      return
    }
    if takeJSON(text, key, message, frame, source, into: &batch) { return }
    if message.fault != .malformed,
      joiner.append(text, to: key, at: source.receivedAt, into: &batch)
    {
      return
    }
    var record = Self.begin(message, frame, source)
    record.isOdoo = false
    record.service = record.keep(program)
    Self.addProcess(message, frame, &record)
    record.append(line: text)
    record.emit(into: &batch)
  }

  private static func stream(
    _ message: SyslogMessage, _ frame: Span<UInt8>, _ source: FrameSource
  ) -> StreamKey {
    var path = ByteString(frame.extracting(message.host)).bytes
    for part in [message.application, message.process] {
      path.append(0)
      frame.extracting(part).withUnsafeBufferPointer { path.append(contentsOf: $0) }
    }
    return StreamKey(source: source.key, stream: ByteString(path))
  }

  /// A record with what the syslog header says.
  private static func begin(
    _ message: SyslogMessage, _ frame: Span<UInt8>, _ source: FrameSource
  ) -> HeldRecord {
    var record = HeldRecord(receivedAt: source.receivedAt)
    record.time = message.time
    record.level = message.level
    record.fault = message.fault
    record.host = record.keep(frame.extracting(message.host))
    record.addField("msgid", frame.extracting(message.identifier), .text)
    for parameter in message.parameters { record.addField(parameter.name, parameter.value, .text) }
    return record
  }

  private static func addProcess(
    _ message: SyslogMessage, _ frame: Span<UInt8>, _ record: inout HeldRecord
  ) {
    let process = frame.extracting(message.process)
    record.addField("pid", process, Numbers.integer(process) == nil ? .text : .integer)
  }

  /// The program's name stays when it says more than `odoo`, which the service does.
  private static func name(_ program: Span<UInt8>, _ record: inout HeldRecord) {
    if !program.equals("odoo"), !program.equals("Odoo") { record.addField("app", program, .text) }
  }

  private func emit(
    _ payload: OdooPayload, _ text: Span<UInt8>, _ message: SyslogMessage, _ frame: Span<UInt8>,
    _ source: FrameSource, into batch: inout Batch
  ) {
    var record = Self.begin(message, frame, source)
    record.level = payload.level
    record.database = record.keep(text.extracting(payload.database))
    record.logger = record.keep(text.extracting(payload.logger))
    Self.addProcess(message, frame, &record)
    Self.name(frame.extracting(message.application), &record)
    // Odoo's own version, not the release of the customer's code.
    record.addField("odoo_version", text.extracting(payload.version), .text)
    record.append(line: text.extracting(payload.message))
    record.emit(into: &batch)
  }

  /// A JSON object, also behind `@cee:`; false when the text is none.
  private mutating func takeJSON(
    _ text: Span<UInt8>, _ key: StreamKey, _ message: SyslogMessage, _ frame: Span<UInt8>,
    _ source: FrameSource, into batch: inout Batch
  ) -> Bool {
    var cursor = Cursor(text)
    _ = cursor.skip("@cee:")
    cursor.skipBlanks()
    guard cursor.peek() == 123, message.fault != .malformed else { return false }
    reader.receivedAt = message.time ?? source.receivedAt
    reader.host = ByteString(frame.extracting(message.host))
    reader.defaultService = ByteString(frame.extracting(message.application))
    reader.defaultLevel = message.level
    let row = text.extracting(cursor.remaining)
    if joiner.holds(key) {
      guard reader.isRow(row) else { return false }
      joiner.close(key, into: &batch)
    }
    if JSONFrame.decodeLine(row, with: &reader, into: &batch) != nil {
      batch.discardPendingFields()
      return false
    }
    batch.update(record: batch.records.count - 1) { $0.receivedAt = source.receivedAt }
    let process = frame.extracting(message.process)
    if !process.isEmpty {
      let kind = Numbers.integer(process) == nil ? FieldKind.text : .integer
      batch.addFieldToLastRecord(batch.intern(text: "pid"), batch.intern(process), kind)
    }
    for parameter in message.parameters {
      batch.addFieldToLastRecord(
        batch.intern(parameter.name), batch.intern(parameter.value), .text)
    }
    return true
  }
}
