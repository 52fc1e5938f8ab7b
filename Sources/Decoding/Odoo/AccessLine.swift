import Bytes
import Model

/// An access line of Odoo's HTTP server, the message of its record. Three forms share one shape,
/// `client ident user [date] "request" status size counters`: werkzeug's (14 to 19), that of 20,
/// and gevent's, whose only counter is the duration.
struct AccessLine {
  /// `[REQ]` or `[RES]`: a debug copy of a request that has its own line too.
  let copy: Range<Int>?
  private let client: Range<Int>
  private let session: Range<Int>
  private let request: Range<Int>
  private let status: Range<Int>
  private let size: Range<Int>
  /// Query count, query time, remaining time, cursor mode, as many as there are.
  private let counters: [Range<Int>]

  /// Whether the line is an access line by its logger and its look: no line can follow it.
  static func isComplete(_ line: Span<UInt8>, _ head: OdooHead) -> Bool {
    OdooText.isAccessLogger(line.extracting(head.logger))
      && line.firstIndex(of: "] \"", from: head.message) != nil
  }

  init?(_ message: Span<UInt8>) {
    var cursor = Cursor(message)
    if cursor.skip("[REQ] ") || cursor.skip("[RES] ") {
      copy = 1..<4
    } else {
      copy = nil
    }
    guard let client = cursor.take(until: 32), !client.isEmpty, message[client.lowerBound] != 91,
      let session = cursor.take(until: 32), cursor.take(until: 32) != nil, cursor.skip(91),
      cursor.take(until: 93) != nil, cursor.skip(32), cursor.skip(34),
      let quote = Self.lastQuote(in: message, from: cursor.position)
    else { return nil }
    self.client = client
    self.session = session
    request = cursor.position..<quote
    cursor.move(to: quote + 1)
    guard cursor.skip(32) else { return nil }
    status = cursor.take { $0 != 32 }
    guard Self.isStatus(message, status), cursor.skip(32) else { return nil }
    size = cursor.take { $0 != 32 }
    var counters: [Range<Int>] = []
    while cursor.skip(32), counters.count < 5 {
      let counter = cursor.take { $0 != 32 }
      if !counter.isEmpty { counters.append(counter) }
    }
    guard cursor.isAtEnd, !size.isEmpty, counters.count < 5 else { return nil }
    self.counters = counters
  }

  /// The quote that closes the request: the last of the line, since a target may hold quotes.
  private static func lastQuote(in message: Span<UInt8>, from start: Int) -> Int? {
    var index = message.count - 1
    while index >= start {
      if message[index] == 10 { return nil }
      if message[index] == 34 { return index }
      index -= 1
    }
    return nil
  }

  private static func isStatus(_ message: Span<UInt8>, _ range: Range<Int>) -> Bool {
    if range.count == 1 { return message[range.lowerBound] == 45 }
    return range.count == 3 && range.allSatisfy { message[$0].isDigit }
  }

  /// Adds the typed fields to the record being built; to a debug copy only that it is one, so that
  /// no request counts twice.
  func addFields(of message: Span<UInt8>, into batch: inout Batch) {
    if let copy {
      batch.addFieldOnce("copy", message.extracting(copy), .text)
      return
    }
    batch.addFieldOnce("client", message.extracting(client), .text)
    add("session", session, .text, of: message, into: &batch)
    addRequest(of: message, into: &batch)
    add("status", status, .integer, of: message, into: &batch)
    let isCounted = size.allSatisfy { message[$0].isDigit }
    add("size", size, isCounted ? .integer : .text, of: message, into: &batch)
    if counters.count == 1 {
      add("duration", counters[0], .decimal, of: message, into: &batch)
    } else if counters.count >= 3 {
      addCounters(of: message, into: &batch)
    }
  }

  private func add(
    _ name: StaticString, _ range: Range<Int>, _ kind: FieldKind, of message: Span<UInt8>,
    into batch: inout Batch
  ) {
    let value = message.extracting(range)
    if value.equals("-") { return }
    if kind == .decimal, Numbers.decimal(value) == nil { return }
    if kind == .integer, Numbers.integer(value) == nil { return }
    batch.addFieldOnce(name, value, kind)
  }

  private func addCounters(of message: Span<UInt8>, into batch: inout Batch) {
    add("query_count", counters[0], .integer, of: message, into: &batch)
    add("query_time", counters[1], .decimal, of: message, into: &batch)
    add("remaining_time", counters[2], .decimal, of: message, into: &batch)
    if counters.count > 3 { add("cursor_mode", counters[3], .text, of: message, into: &batch) }
    if let total = DecimalSum.text(message.extracting(counters[1]), message.extracting(counters[2]))
    {
      batch.addFieldOnce("duration", total.span, .decimal)
    }
  }

  private func addRequest(of message: Span<UInt8>, into batch: inout Batch) {
    let line = message.extracting(request)
    guard let first = line.firstIndex(of: 32),
      let last = (0..<line.count).last(where: { line[$0] == 32 }), last > first,
      line.matches("HTTP/", at: last + 1)
    else {
      // What a scanner or a TLS client sent to the port: kept as one.
      batch.addFieldOnce("path", line, .text)
      return
    }
    batch.addFieldOnce("method", line.extracting(0..<first), .text)
    RequestTarget(line.extracting((first + 1)..<last))
      .addFields(of: line.extracting((first + 1)..<last), into: &batch)
    batch.addFieldOnce("protocol", line.extracting((last + 1)..<line.count), .text)
  }
}

/// The sum of two short decimals, exact to the nanosecond.
enum DecimalSum {
  static func text(_ left: Span<UInt8>, _ right: Span<UInt8>) -> [UInt8]? {
    guard let first = billionths(left), let second = billionths(right),
      let sum = first.adding(second)
    else { return nil }
    return text(billionths: sum)
  }

  /// A number of billionths as a decimal without trailing zeros; nil below zero.
  static func text(billionths: Int64) -> [UInt8]? {
    guard billionths >= 0 else { return nil }
    var digits = Array(String(billionths / 1_000_000_000).utf8)
    let fraction = billionths % 1_000_000_000
    if fraction == 0 { return digits }
    digits.append(UInt8(ascii: "."))
    digits.append(contentsOf: Instant.padded(Int(fraction), 9).utf8)
    while digits.last == UInt8(ascii: "0") { digits.removeLast() }
    return digits
  }

  private static func billionths(_ bytes: Span<UInt8>) -> Int64? {
    var cursor = Cursor(bytes)
    guard let whole = Numbers.integer(cursor.slice(cursor.take(while: \.isDigit))),
      let scaled = whole.multiplied(by: 1_000_000_000)
    else { return nil }
    guard cursor.skip(46) else { return cursor.isAtEnd ? scaled : nil }
    let digits = cursor.take(while: \.isDigit)
    guard cursor.isAtEnd, !digits.isEmpty, digits.count <= 9 else { return nil }
    var fraction: Int64 = 0
    for place in 0..<9 {
      let index = digits.lowerBound + place
      fraction = fraction * 10 + (index < digits.upperBound ? Int64(bytes[index] - 48) : 0)
    }
    return scaled.adding(fraction)
  }
}
