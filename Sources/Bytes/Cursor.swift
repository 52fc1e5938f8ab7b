#if canImport(Glibc)
  import Glibc
#endif

/// A position in borrowed bytes. Every read is bounded; nothing here can trap on input.
/// Ranges it hands out are valid for the span it was made from.
public struct Cursor: ~Escapable {
  public let bytes: Span<UInt8>
  /// The next byte to read, 0...bytes.count.
  public private(set) var position: Int
  /// One past the last byte this cursor may read.
  public let end: Int

  @_lifetime(copy bytes)
  public init(_ bytes: Span<UInt8>) {
    self.bytes = bytes
    position = 0
    end = bytes.count
  }

  /// A cursor over a part of the bytes; the part is clamped to what there is.
  @_lifetime(copy bytes)
  public init(_ bytes: Span<UInt8>, _ range: Range<Int>) {
    self.bytes = bytes
    end = Swift.min(Swift.max(range.upperBound, 0), bytes.count)
    position = Swift.min(Swift.max(range.lowerBound, 0), end)
  }

  public var isAtEnd: Bool { position >= end }
  public var remaining: Range<Int> { position..<end }

  /// The next byte, or nil at the end.
  public func peek() -> UInt8? { position < end ? bytes[position] : nil }

  /// The byte `offset` further on, or nil.
  public func peek(_ offset: Int) -> UInt8? {
    guard offset >= 0, offset < end - position else { return nil }
    return bytes[position + offset]
  }

  public mutating func next() -> UInt8? {
    guard position < end else { return nil }
    defer { position += 1 }
    return bytes[position]
  }

  /// Moves to `newPosition`, clamped to what remains.
  public mutating func move(to newPosition: Int) {
    position = Swift.min(Swift.max(newPosition, position), end)
  }

  /// Skips `byte` if it is next, and says whether it was.
  public mutating func skip(_ byte: UInt8) -> Bool {
    guard position < end, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  /// Skips `text` if it is next, and says whether it was.
  public mutating func skip(_ text: StaticString) -> Bool {
    guard text.utf8CodeUnitCount <= end - position, bytes.matches(text, at: position) else {
      return false
    }
    position += text.utf8CodeUnitCount
    return true
  }

  /// Skips blanks, tabs, CR and LF.
  public mutating func skipBlanks() {
    while position < end, bytes[position].isBlank { position += 1 }
  }

  /// What stands before the next `byte`, and steps over that byte. Nil, unmoved, if there is none.
  public mutating func take(until byte: UInt8) -> Range<Int>? {
    guard let index = find(byte) else { return nil }
    defer { position = index + 1 }
    return position..<index
  }

  /// The next line without its LF or CRLF; the last line needs no LF. Nil at the end.
  public mutating func takeLine() -> Range<Int>? {
    guard position < end else { return nil }
    let start = position
    var index = find(10) ?? end
    position = index < end ? index + 1 : end
    if index > start, bytes[index - 1] == 13 { index -= 1 }
    return start..<index
  }

  /// Where `byte` stands next.
  private func find(_ byte: UInt8) -> Int? {
    let remaining = remaining
    // The slice of the span checks the range; the pointer is used inside the call only.
    return bytes.extracting(remaining).withUnsafeBufferPointer { part in
      guard let base = part.baseAddress, let found = memchr(base, Int32(byte), part.count) else {
        return nil
      }
      return remaining.lowerBound + UnsafeRawPointer(base).distance(to: found)
    }
  }

  /// The bytes as long as `accept` says yes; may be empty.
  public mutating func take(while accept: (UInt8) -> Bool) -> Range<Int> {
    let start = position
    while position < end, accept(bytes[position]) { position += 1 }
    return start..<position
  }

  /// Exactly `count` bytes, or nil, unmoved, when fewer remain.
  public mutating func take(_ count: Int) -> Range<Int>? {
    guard count >= 0, count <= end - position else { return nil }
    defer { position += count }
    return position..<(position + count)
  }

  /// The bytes of a range that this cursor handed out.
  @_lifetime(copy self)
  public func slice(_ range: Range<Int>) -> Span<UInt8> {
    bytes.extracting(range)
  }
}
