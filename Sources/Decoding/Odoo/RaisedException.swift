import Bytes
import Model

/// The exception a traceback ends with; of chained ones the last, which is the one that got out.
struct RaisedException {
  /// Its class as Python prints it, with its module unless it is a builtin.
  let type: Range<Int>
  /// The first line of its text.
  let text: Range<Int>

  static let mark: StaticString = "Traceback (most recent call last):"
  /// Enough of the text to tell failures apart; the message has all of it.
  private static let textBytes = 1_024

  /// Looks behind each traceback's indented frames; nil where none is.
  init?(in message: Span<UInt8>) {
    var found: (Range<Int>, Range<Int>)?
    var start = message.firstIndex(of: Self.mark)
    while let mark = start {
      start = message.firstIndex(of: Self.mark, from: mark + Self.mark.utf8CodeUnitCount)
      var cursor = Cursor(message, mark..<(start ?? message.count))
      _ = cursor.takeLine()
      while let line = cursor.takeLine() {
        if line.isEmpty || message[line.lowerBound].isBlank { continue }
        if let raised = Self.split(message, line) { found = raised }
        break
      }
    }
    guard let found else { return nil }
    type = found.0
    text = found.1
  }

  func addFields(of message: Span<UInt8>, into batch: inout Batch) {
    batch.addFieldOnce("exception", message.extracting(type), .text)
    if !text.isEmpty { batch.addFieldOnce("exception_text", message.extracting(text), .text) }
  }

  /// `module.Class: text`, or the class alone. In werkzeug's `Error on request`, Odoo glues the
  /// empty counters ` - - -` to the line.
  private static func split(
    _ message: Span<UInt8>, _ line: Range<Int>
  ) -> (Range<Int>, Range<Int>)? {
    var end = message.trimmedEnd(line, \.isBlank).upperBound
    if message.matches(" - - -", at: end - 6), message.matches("Error on request:", at: 0) {
      end -= 6
    }
    guard line.lowerBound < end else { return nil }
    var cursor = Cursor(message, line.lowerBound..<end)
    let type = cursor.take { $0.isLetter || $0.isDigit || $0 == 95 || $0 == 46 || $0 >= 128 }
    guard !type.isEmpty, !message[type.lowerBound].isDigit else { return nil }
    if cursor.isAtEnd { return (type, end..<end) }
    guard cursor.skip(58), cursor.isAtEnd || cursor.skip(32) else { return nil }
    return (type, cursor.position..<Swift.min(end, cursor.position + textBytes))
  }
}
