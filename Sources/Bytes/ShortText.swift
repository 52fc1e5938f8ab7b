/// A few bytes that are put together before they are appended to many: no memory is asked for.
struct ShortText {
  private var bytes = InlineArray<24, UInt8>(repeating: 0)
  /// Where the text starts: it grows to the front.
  private var start = 24

  /// Puts the digits of an integer in front, with a point before the last `places` of them.
  init(_ digits: UInt64, places: Int) {
    var rest = digits
    var count = 0
    repeat {
      if places > 0, count == places { put(46) }
      put(48 + UInt8(truncatingIfNeeded: rest % 10))
      rest /= 10
      count += 1
    } while rest > 0 || count <= places
  }

  /// 24 bytes hold 20 digits and a point; more places than digits are not asked for.
  private mutating func put(_ byte: UInt8) {
    guard start > 0 else { return }
    start -= 1
    bytes[start] = byte
  }

  func append(to target: inout [UInt8]) {
    target.append(copying: bytes.span.extracting(start..<24))
  }
}

extension [UInt8] {
  /// Appends bytes that are borrowed from elsewhere.
  public mutating func append(copying bytes: Span<UInt8>) {
    // The pointer is used during the call only.
    bytes.withUnsafeBufferPointer { append(contentsOf: $0) }
  }
}
