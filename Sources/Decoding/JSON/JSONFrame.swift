import Bytes
import Model

/// Reads one object of a frame of JSON in two steps, so that bytes behind it can refuse it still.
protocol JSONRowReader {
  /// Reads the object whose start the scanner gave last, to its end. Returns why the row is
  /// refused although it is JSON; then the rest of it may be unread.
  mutating func read(
    _ scanner: inout JSONScanner, into batch: inout Batch
  ) throws(JSONFault) -> Fault?

  /// Makes the row of what was read last; returns why it is refused.
  mutating func commit(into batch: inout Batch) -> Fault?

  /// Makes the row of one object that fills the bytes, if the reader has a faster way for it than
  /// the scanner; nil when it has none. The result is that of the scanner.
  mutating func decodeFast(_ row: Span<UInt8>, into batch: inout Batch) -> RowOutcome?
}

/// What became of a row.
enum RowOutcome {
  case added
  case refused(Fault)
}

extension JSONRowReader {
  /// No faster way: rows of metrics have nested labels.
  mutating func decodeFast(_ row: Span<UInt8>, into batch: inout Batch) -> RowOutcome? { nil }
}

/// Cuts a frame of JSON into its rows: one object a line, or one array of objects. Only LF ends a
/// line, empty lines are nothing, and a byte order mark is skipped once at the start.
enum JSONFrame {
  static func decode(
    _ frame: Span<UInt8>, with reader: inout some JSONRowReader, into batch: inout Batch
  ) {
    if isArray(frame) {
      decodeArray(frame, from: start(of: frame), with: &reader, into: &batch)
      return
    }
    var cursor = Cursor(frame)
    cursor.move(to: start(of: frame))
    var rows = 0
    while let line = cursor.takeLine() {
      let range = frame.trimmed(line)
      if range.isEmpty { continue }
      rows += 1
      guard rows <= Limits.rowsPerFrame else {
        batch.faults.add(Fault(.bodyTooLarge, "rows after the \(Limits.rowsPerFrame)th"))
        continue
      }
      let row = frame.extracting(range)
      if let fault = decodeLine(row, with: &reader, into: &batch) {
        batch.discardPendingFields()
        batch.faults.add(fault.shifted(by: range.lowerBound))
      }
    }
  }

  /// Where the first line or the array of a frame begins.
  static func start(of frame: Span<UInt8>) -> Int {
    var cursor = Cursor(frame)
    _ = cursor.skip("\u{FEFF}")
    cursor.skipBlanks()
    return cursor.position
  }

  /// Whether the frame is one array, not lines.
  static func isArray(_ frame: Span<UInt8>) -> Bool {
    let start = start(of: frame)
    return start < frame.count && frame[start] == UInt8(ascii: "[")
  }

  /// Reads one object that fills the bytes; returns why it is refused. The caller drops pending
  /// fields then.
  static func decodeLine(
    _ row: Span<UInt8>, with reader: inout some JSONRowReader, into batch: inout Batch
  ) -> Fault? {
    switch reader.decodeFast(row, into: &batch) {
    case .added: nil
    case .refused(let fault): fault
    case nil: scanLine(row, with: &reader, into: &batch)
    }
  }

  /// The same by the scanner, whatever the row is.
  static func scanLine(
    _ row: Span<UInt8>, with reader: inout some JSONRowReader, into batch: inout Batch
  ) -> Fault? {
    guard row.count <= Limits.recordBytes else { return Fault(.rowTooLong, refused: row) }
    var scanner = JSONScanner(row)
    do throws(JSONFault) {
      guard try scanner.next() == .objectStart else {
        return Fault(.notAnObject, "a row must be a JSON object", refused: row)
      }
      if let fault = try reader.read(&scanner, into: &batch) { return fault }
      _ = try scanner.next()
      return reader.commit(into: &batch)
    } catch {
      return fault(of: error, in: row)
    }
  }

  private static func decodeArray(
    _ frame: Span<UInt8>, from start: Int, with reader: inout some JSONRowReader,
    into batch: inout Batch
  ) {
    var scanner = JSONScanner(frame, from: start)
    var rows = 0
    do throws(JSONFault) {
      _ = try scanner.next()
      while true {
        let token = try scanner.next()
        if token == .arrayEnd { break }
        rows += 1
        if let fault = try decodeElement(
          token, at: scanner.position, row: rows, &scanner, with: &reader, into: &batch)
        {
          batch.discardPendingFields()
          batch.faults.add(fault)
        }
        while scanner.openContainers > 1 { _ = try scanner.next() }
      }
      _ = try scanner.next()
    } catch {
      // What stands behind the error cannot be cut into rows: it counts as one.
      batch.discardPendingFields()
      batch.faults.add(fault(of: error, in: frame))
    }
  }

  private static func decodeElement(
    _ token: JSONScanner.Token, at position: Int, row: Int, _ scanner: inout JSONScanner,
    with reader: inout some JSONRowReader, into batch: inout Batch
  ) throws(JSONFault) -> Fault? {
    guard row <= Limits.rowsPerFrame else {
      return Fault(.bodyTooLarge, "rows after the \(Limits.rowsPerFrame)th", at: position)
    }
    guard token == .objectStart else {
      return Fault(.notAnObject, "a row must be a JSON object", at: position)
    }
    if let fault = try reader.read(&scanner, into: &batch) { return fault }
    guard scanner.position - position < Limits.recordBytes else {
      return Fault(.rowTooLong, at: position)
    }
    return reader.commit(into: &batch)
  }

  static func fault(of fault: JSONFault, in bytes: Span<UInt8>) -> Fault {
    let start = Swift.min(Swift.max(0, fault.position - 16), bytes.count)
    let end = Swift.min(bytes.count, start + Fault.sampleLimit)
    return Fault(
      fault.reason.hasPrefix("nesting") ? .tooDeep : .invalidJSON, fault.reason,
      at: fault.position, refused: bytes.extracting(start..<end))
  }
}

extension Fault {
  /// The same fault in a frame where the row begins at `offset`.
  func shifted(by offset: Int) -> Fault {
    Fault(reason, detail, at: position + offset, refused: sample.bytes.span)
  }
}

extension JSONScanner {
  /// The bytes of a token's range.
  @_lifetime(copy self)
  func slice(_ range: Range<Int>) -> Span<UInt8> {
    bytes.extracting(range)
  }
}
