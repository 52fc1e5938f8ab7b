import Bytes
import Model

/// Reads a JSON object as a log record: known names fill the record, all others become typed
/// fields with their exact bytes. Nested objects are flattened with dots, arrays stay JSON text,
/// null is nothing, and of a repeated name the first is kept and `_dup_key` says so.
struct LogRowReader: JSONRowReader {
  /// The longest flattened name.
  private static let nameBytes = Limits.labelNameBytes
  /// How much of the arena a row may take for each of its bytes: nested names repeat.
  private static let expansion = 4

  /// A row whose time cannot be read is kept with the time of its receipt, and says so.
  let isLenient: Bool
  /// The service of a row that states none.
  var defaultService = ByteString.empty
  /// The level of a row that states none.
  var defaultLevel = Level.unknown
  var receivedAt: Int64 = 0
  /// The host the transport names, for a row that states none.
  var host = ByteString.empty

  /// Rows are never read the fast way.
  let isScannerOnly: Bool
  /// What the fast way remembers.
  var flat = FlatRows()

  private var path = MemberPath()
  private var clock = DayClock()
  var record = Record(time: 0, receivedAt: 0)
  private var time: Int64?
  private var weakTime: Int64?
  private var badTime: Slice?
  private var badTimeKind = FieldKind.text
  private var isTimeStrong = false
  private var hasLevel = false
  private var hasMessage = false
  /// Whether the message may have more than one line.
  var mayBreakLines = true
  var hints: MemberHints = []
  private var traceback = Slice.empty
  private var duplicate: Slice?
  private var row = 0..<0
  private var arenaStart = 0

  init(isLenient: Bool, isScannerOnly: Bool = false) {
    self.isLenient = isLenient
    self.isScannerOnly = isScannerOnly
  }

  /// Whether JSON that follows a text record is a row of its own, with a time, a level or a
  /// message, and not a document inside the record's message.
  func isRow(_ line: Span<UInt8>) -> Bool {
    var trial = Batch()
    var probe = self
    guard JSONFrame.scanLine(line, with: &probe, into: &trial) == nil else { return false }
    return probe.time != nil || probe.badTime != nil || probe.hasLevel || probe.hasMessage
  }

  mutating func read(
    _ scanner: inout JSONScanner, into batch: inout Batch
  ) throws(JSONFault) -> Fault? {
    start(at: scanner.position - 1, in: batch)
    let depth = scanner.openContainers
    while true {
      switch try scanner.next() {
      case .key(let range, let escaped):
        path.member(scanner.bytes, range, escaped: escaped)
        guard path.name.count <= Self.nameBytes else {
          return Fault(.nameTooLong, "member name", at: scanner.position, refused: path.name)
        }
      case .objectStart: path.enter()
      case .objectEnd:
        path.leave()
        if scanner.openContainers < depth {
          row = row.lowerBound..<scanner.position
          if needsMessage { record.message = batch.intern(scanner.slice(row)) }
          return nil
        }
      case .arrayStart:
        let start = scanner.position - 1
        let inner = scanner.openContainers
        while scanner.openContainers >= inner { _ = try scanner.next() }
        let value = batch.intern(scanner.slice(start..<scanner.position))
        add(value, .text, into: &batch)
      case .string(let range, let escaped):
        let slice =
          escaped
          ? batch.internUnescaped(scanner.bytes, range) : batch.intern(scanner.slice(range))
        add(slice, .text, into: &batch)
      case .number(let range):
        let digits = scanner.slice(range)
        add(batch.intern(digits), Self.kind(of: digits), into: &batch)
      case .boolean(let flag):
        add(flag ? batch.intern(text: "true") : batch.intern(text: "false"), .boolean, into: &batch)
      default: break
      }
      if let fault = overflow(at: scanner.position, in: batch) { return fault }
    }
  }

  private mutating func start(at position: Int, in batch: Batch) {
    path.start()
    path.enter()
    startRecord()
    row = position..<position
    arenaStart = batch.arena.count
  }

  /// Forgets the row before.
  mutating func startRecord() {
    record = Record(time: receivedAt, receivedAt: receivedAt)
    time = nil
    weakTime = nil
    badTime = nil
    isTimeStrong = false
    hasLevel = false
    mayBreakLines = true
    hints = []
    traceback = .empty
    duplicate = nil
  }

  /// Whether the row, read to its end, said no message: then it is its own.
  var needsMessage: Bool {
    mutating get {
      hasMessage = !record.message.isEmpty
      return !hasMessage
    }
  }

  private func overflow(at position: Int, in batch: Batch) -> Fault? {
    if batch.pendingFieldCount > Limits.fieldsPerRecord {
      return Fault(.tooManyFields, "more than \(Limits.fieldsPerRecord)", at: position)
    }
    let length = position - row.lowerBound
    if length > Limits.recordBytes { return Fault(.rowTooLong, at: position) }
    if batch.arena.count - arenaStart > Self.expansion * length + 1_024 {
      return Fault(.rowTooLong, "nested names repeat too often", at: position)
    }
    return nil
  }

  /// Integers that fit 64 bits and finite decimals are numbers; others stay text, every digit kept.
  static func kind(of digits: Span<UInt8>) -> FieldKind {
    if Numbers.integer(digits) != nil { return .integer }
    for index in 0..<digits.count where !digits[index].isDigit && digits[index] != 45 {
      return Numbers.decimal(digits) == nil ? .text : .decimal
    }
    return .text
  }

  private mutating func add(_ value: Slice, _ kind: FieldKind, into batch: inout Batch) {
    guard path.note() else {
      if duplicate == nil { duplicate = batch.intern(path.name) }
      return
    }
    if let role = MemberRole(path.name), take(value, kind, as: role, in: batch) { return }
    hints.formUnion(MemberHints(path.name))
    batch.addField(batch.intern(path.name), value, kind)
  }

  /// Fills the record's part of that role; false when it is taken, or the value does not fit it.
  mutating func take(
    _ value: Slice, _ kind: FieldKind, as role: MemberRole, in batch: borrowing Batch
  ) -> Bool {
    switch role {
    case .time, .weakTime: return takeTime(value, kind, isStrong: role == .time, in: batch)
    case .level: return takeLevel(value, kind, in: batch)
    case .message: return Self.fill(&record.message, value)
    case .tenant:
      return OdooText.isNoDatabase(batch.bytes(value)) || Self.fill(&record.tenant, value)
    case .release: return Self.fill(&record.release, value)
    case .service: return Self.fill(&record.service, value)
    case .host: return Self.fill(&record.host, value)
    case .environment: return Self.fill(&record.environment, value)
    case .logger: return Self.fill(&record.logger, value)
    case .traceback:
      traceback = value
      return false
    case .reserved: return false
    }
  }

  private static func fill(_ place: inout Slice, _ value: Slice) -> Bool {
    guard place.isEmpty else { return false }
    place = value
    return true
  }

  private mutating func takeTime(
    _ value: Slice, _ kind: FieldKind, isStrong: Bool, in batch: borrowing Batch
  ) -> Bool {
    let bytes = batch.bytes(value)
    let parsed = clock.parse(bytes) ?? Stamp.parse(bytes)
    guard isStrong else {
      // A date of the business stays a field, and is the row's time only when no other is.
      if weakTime == nil { weakTime = parsed }
      return false
    }
    guard !isTimeStrong else { return false }
    isTimeStrong = true
    if parsed == nil {
      badTime = value
      badTimeKind = kind
    }
    time = parsed
    return true
  }

  private mutating func takeLevel(
    _ value: Slice, _ kind: FieldKind, in batch: borrowing Batch
  ) -> Bool {
    guard !hasLevel else { return false }
    let bytes = batch.bytes(value)
    var level = UsualLevel.read(bytes) ?? Level(parsing: bytes)
    if kind == .integer, let severity = Numbers.integer(bytes), severity >= 0, severity <= 7 {
      level = Level(syslogSeverity: Int(severity))
    }
    guard level != .unknown else { return false }
    hasLevel = true
    record.level = level
    return true
  }

  private static let odoo: ByteString = "odoo"

  /// A service of our own naming: where the row before has it, if it is the same.
  private func ownService(_ name: ByteString, in batch: inout Batch) -> Slice {
    if let last = batch.records.last?.service, Int(last.count) == name.count,
      batch.bytes(last).matches(name.bytes.span, at: 0)
    {
      return last
    }
    return batch.intern(name)
  }

  mutating func commit(into batch: inout Batch) -> Fault? {
    record.time = time ?? weakTime ?? receivedAt
    if !hasLevel { record.level = defaultLevel }
    if let badTime {
      guard isLenient else {
        return Fault(.invalidTime, "neither RFC 3339 nor epoch", refused: batch.bytes(badTime))
      }
      batch.addField("time", badTime, badTimeKind)
      batch.addField("_error", batch.intern(text: "invalid_time"), .text)
    }
    if let duplicate { batch.addField("_dup_key", duplicate, .text) }
    if record.host.isEmpty, !host.isEmpty { record.host = batch.intern(host) }
    let logger = OdooLogger(batch.bytes(record.logger))
    if record.service.isEmpty {
      record.service = ownService(logger == nil ? defaultService : Self.odoo, in: &batch)
    }
    if let logger {
      let members = OdooMembers(
        logger: logger, traceback: traceback, hints: hints, mayBreakLines: mayBreakLines)
      members.complete(&record, in: &batch)
    }
    batch.append(record: record)
    return nil
  }
}

/// The levels that Odoo, Python and most others write, in upper or lower case.
enum UsualLevel {
  /// The level, or nil for a rarer name.
  static func read(_ name: Span<UInt8>) -> Level? {
    guard name.count <= 8 else { return nil }
    var word: UInt64 = 0
    // A byte whose bit 5 set makes it a letter is that letter, small or capital.
    for index in 0..<name.count { word = word << 8 | UInt64(name[index] | 32) }
    switch word {
    case 0x696E_666F: return .info
    case 0x6465_6275_67: return .debug
    case 0x7761_726E_696E_67, 0x7761_726E: return .warning
    case 0x6572_726F_72: return .error
    case 0x6372_6974_6963_616C: return .critical
    default: return nil
    }
  }
}
