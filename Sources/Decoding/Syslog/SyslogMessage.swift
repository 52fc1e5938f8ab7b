import Bytes
import Model

/// The parts of one syslog message, of RFC 5424 or 3164, or of neither. Ranges are of the frame.
struct SyslogMessage {
  /// A parameter of RFC 5424's structured data, `sd.<id>.<name>` and its unescaped value.
  typealias Parameter = (name: [UInt8], value: [UInt8])

  /// The longest id and parameter name; the RFC says 32.
  private static let nameBytes = 256

  private(set) var level = Level.notice
  /// Nanoseconds since 1970; nil where the message has none that can be read.
  private(set) var time: Int64?
  private(set) var host = 0..<0
  private(set) var application = 0..<0
  private(set) var process = 0..<0
  private(set) var identifier = 0..<0
  private(set) var parameters: [Parameter] = []
  private(set) var text: Range<Int>
  /// Why the text is the frame as it came, or that the time could not be read.
  private(set) var fault: FaultReason?

  init(_ frame: Span<UInt8>, receivedAt: Int64) {
    text = 0..<frame.count
    var cursor = Cursor(frame)
    guard let priority = Self.priority(&cursor) else {
      fault = .malformed
      return
    }
    level = Level(syslogSeverity: priority % 8)
    text = cursor.remaining
    if cursor.skip("1 ") {
      if !readNew(&cursor) {
        parameters = []
        (host, application, process, identifier) = (0..<0, 0..<0, 0..<0, 0..<0)
        time = nil
        text = 0..<frame.count
        fault = .malformed
      }
    } else {
      readOld(&cursor, receivedAt: receivedAt)
    }
  }

  /// `<0>` to `<191>` without leading zeros (RFC 5424, 6.2.1).
  private static func priority(_ cursor: inout Cursor) -> Int? {
    guard cursor.skip(60) else { return nil }
    let digits = cursor.take(while: \.isDigit)
    guard (1...3).contains(digits.count), cursor.skip(62),
      digits.count == 1 || cursor.bytes[digits.lowerBound] != 48,
      let value = Numbers.integer(cursor.slice(digits)), value <= 191
    else { return nil }
    return Int(value)
  }

  /// RFC 5424 behind its version; false when it is not.
  private mutating func readNew(_ cursor: inout Cursor) -> Bool {
    guard let stamp = Self.word(&cursor), let host = Self.word(&cursor),
      let application = Self.word(&cursor), let process = Self.word(&cursor),
      let identifier = Self.word(&cursor)
    else { return false }
    let nothing = cursor.slice(stamp).equals("-")
    time = nothing ? nil : Instant.parse(cursor.slice(stamp))
    if time == nil, !nothing { fault = .invalidTime }
    self.host = Self.value(host, cursor)
    self.application = Self.value(application, cursor)
    self.process = Self.value(process, cursor)
    self.identifier = Self.value(identifier, cursor)
    if !cursor.skip(45) {
      guard cursor.peek() == 91 else { return false }
      while cursor.peek() == 91 { guard readElement(&cursor) else { return false } }
    }
    guard cursor.isAtEnd || cursor.skip(32) else { return false }
    _ = cursor.skip("\u{FEFF}")
    text = cursor.remaining
    return true
  }

  /// One element of structured data, `[id name="value" ...]`.
  private mutating func readElement(_ cursor: inout Cursor) -> Bool {
    guard cursor.skip(91) else { return false }
    let id = cursor.take { $0 > 32 && $0 != 93 && $0 != 61 && $0 != 34 }
    guard !id.isEmpty, id.count <= Self.nameBytes else { return false }
    while cursor.skip(32) {
      let name = cursor.take { $0 > 32 && $0 != 93 && $0 != 61 && $0 != 34 }
      guard !name.isEmpty, name.count <= Self.nameBytes, cursor.skip(61), cursor.skip(34),
        parameters.count < Limits.fieldsPerRecord
      else { return false }
      var value: [UInt8] = []
      while let byte = cursor.next(), byte != 34 {
        // Only these three are escaped; before anything else a backslash is one (6.3.3).
        if byte == 92, let next = cursor.peek(), next == 34 || next == 92 || next == 93 {
          value.append(next)
          _ = cursor.next()
        } else {
          value.append(byte)
        }
      }
      guard cursor.bytes[cursor.position - 1] == 34 else { return false }
      var full = Array("sd.".utf8)
      full.append(contentsOf: ByteString(cursor.slice(id)).bytes)
      full.append(46)
      full.append(contentsOf: ByteString(cursor.slice(name)).bytes)
      parameters.append((full, value))
    }
    return cursor.skip(93)
  }

  /// RFC 3164 and what passes for it: the stamp may be ISO's, the host may be missing, and so may
  /// all of it.
  private mutating func readOld(_ cursor: inout Cursor, receivedAt: Int64) {
    var hasStamp = false
    if let stamp = SyslogStamp.parse(&cursor, receivedAt: receivedAt), cursor.skip(32) {
      hasStamp = true
      // The stamp has no zone: one ahead of our clock is some other zone's.
      let isAhead = receivedAt.adding(Limits.futureNanoseconds).map { stamp > $0 } ?? false
      time = isAhead ? nil : stamp
      if isAhead { fault = .invalidTime }
    } else if Stamp.stands(in: cursor.bytes, at: cursor.position) {
      var ahead = cursor
      let word = ahead.take { $0 != 32 }
      if let stamp = Instant.parse(ahead.slice(word)), ahead.skip(32) {
        time = stamp
        hasStamp = true
        cursor = ahead
      }
    }
    text = cursor.remaining
    if cursor.bytes.matches(OdooPayload.mark, at: cursor.position) { return }
    if readTag(cursor) || !hasStamp { return }
    guard let host = cursor.take(until: 32), !host.isEmpty else { return }
    self.host = host
    text = cursor.remaining
    if !cursor.bytes.matches(OdooPayload.mark, at: cursor.position) { _ = readTag(cursor) }
  }

  /// `name: ` or `name[pid]: `; one blank behind the colon is not the text's.
  private mutating func readTag(_ start: Cursor) -> Bool {
    var cursor = start
    let name = cursor.take { !$0.isBlank && $0 != 91 && $0 != 58 && $0 != 123 }
    guard !name.isEmpty else { return false }
    var process = 0..<0
    if cursor.skip(91) {
      guard let inner = cursor.take(until: 93) else { return false }
      process = inner
    }
    guard cursor.skip(58), cursor.isAtEnd || cursor.skip(32) else { return false }
    application = name
    self.process = process
    text = cursor.remaining
    return true
  }

  private static func word(_ cursor: inout Cursor) -> Range<Int>? {
    guard let word = cursor.take(until: 32), !word.isEmpty else { return nil }
    return word
  }

  /// `-` stands for nothing.
  private static func value(_ word: Range<Int>, _ cursor: Cursor) -> Range<Int> {
    cursor.slice(word).equals("-") ? 0..<0 : word
  }
}
