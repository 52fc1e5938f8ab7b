import Bytes
import Model

/// Stream labels as text, as protobuf push requests carry them: `{name="value", other=`raw`}`, with
/// Go's escapes between double quotes.
enum StreamLabelText {
  /// The pairs in their order. Throws when the text is no label set.
  static func parse(_ text: Span<UInt8>) throws(Fault) -> [Label] {
    var cursor = Cursor(text)
    var pairs: [Label] = []
    cursor.skipBlanks()
    guard cursor.skip(123) else { throw fault(text, cursor.position) }
    while true {
      cursor.skipBlanks()
      if cursor.skip(125) { break }
      let name = cursor.take { $0.isLetter || $0.isDigit || $0 == 95 || $0 == 58 }
      cursor.skipBlanks()
      guard !name.isEmpty, cursor.skip(61) else { throw fault(text, cursor.position) }
      cursor.skipBlanks()
      guard let value = value(&cursor) else { throw fault(text, cursor.position) }
      // As many as are refused for their number, and one more.
      if pairs.count <= Limits.labelsPerSeries {
        pairs.append(Label(ByteString(text.extracting(name)), ByteString(value)))
      }
      cursor.skipBlanks()
      if cursor.skip(44) { continue }
      guard cursor.skip(125) else { throw fault(text, cursor.position) }
      break
    }
    cursor.skipBlanks()
    guard cursor.isAtEnd else { throw fault(text, cursor.position) }
    return pairs
  }

  private static func fault(_ text: Span<UInt8>, _ position: Int) -> Fault {
    Fault(
      .malformed, "error parsing labels: not a label set, at its byte \(position)", refused: text)
  }

  private static func value(_ cursor: inout Cursor) -> [UInt8]? {
    if cursor.skip(96) {
      guard let range = cursor.take(until: 96) else { return nil }
      return cursor.slice(range).withUnsafeBufferPointer { Array($0) }
    }
    guard cursor.skip(34) else { return nil }
    var bytes: [UInt8] = []
    while let byte = cursor.next() {
      switch byte {
      case 34: return bytes
      case 10: return nil
      case 92: guard unescape(&cursor, into: &bytes) else { return nil }
      default: bytes.append(byte)
      }
    }
    return nil
  }

  private static let plain: [UInt8: UInt8] = [
    97: 7, 98: 8, 102: 12, 110: 10, 114: 13, 116: 9, 118: 11, 92: 92, 34: 34, 39: 39,
  ]

  /// One escape behind its backslash (Go's strconv.Unquote); false when it is none.
  private static func unescape(_ cursor: inout Cursor, into bytes: inout [UInt8]) -> Bool {
    guard let mark = cursor.next() else { return false }
    if let byte = plain[mark] {
      bytes.append(byte)
      return true
    }
    switch mark {
    case 120: return number(&cursor, digits: 2, isText: false, into: &bytes)
    case 117: return number(&cursor, digits: 4, isText: true, into: &bytes)
    case 85: return number(&cursor, digits: 8, isText: true, into: &bytes)
    case 48...55:
      guard let second = cursor.next(), let third = cursor.next(), (48...55).contains(second),
        (48...55).contains(third)
      else { return false }
      let value = Int(mark - 48) * 64 + Int(second - 48) * 8 + Int(third - 48)
      guard let byte = UInt8(exactly: value) else { return false }
      bytes.append(byte)
      return true
    default: return false
    }
  }

  private static func number(
    _ cursor: inout Cursor, digits: Int, isText: Bool, into bytes: inout [UInt8]
  ) -> Bool {
    var value: UInt32 = 0
    for _ in 0..<digits {
      guard let digit = cursor.next()?.hexValue else { return false }
      value = value << 4 | UInt32(digit)
    }
    guard isText else {
      bytes.append(UInt8(truncatingIfNeeded: value))
      return true
    }
    guard let scalar = Unicode.Scalar(value) else { return false }
    bytes.append(contentsOf: Array(String(Character(scalar)).utf8))
    return true
  }
}
