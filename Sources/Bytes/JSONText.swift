#if canImport(Glibc)
  import Glibc
#endif

/// UTF-8 well-formedness (Unicode 15, table 3-7).
public enum UTF8Check {
  /// The length of the well-formed sequence at `index`, or 0 when there is none.
  public static func sequenceLength(_ bytes: Span<UInt8>, at index: Int) -> Int {
    guard index >= 0, index < bytes.count else { return 0 }
    let lead = bytes[index]
    func trail(_ offset: Int, _ low: UInt8 = 0x80, _ high: UInt8 = 0xBF) -> Bool {
      guard offset < bytes.count - index else { return false }
      let byte = bytes[index + offset]
      return byte >= low && byte <= high
    }
    switch lead {
    case 0..<0x80: return 1
    case 0xC2...0xDF: return trail(1) ? 2 : 0
    case 0xE0: return trail(1, 0xA0) && trail(2) ? 3 : 0
    case 0xED: return trail(1, 0x80, 0x9F) && trail(2) ? 3 : 0
    case 0xE1...0xEF: return trail(1) && trail(2) ? 3 : 0
    case 0xF0: return trail(1, 0x90) && trail(2) && trail(3) ? 4 : 0
    case 0xF1...0xF3: return trail(1) && trail(2) && trail(3) ? 4 : 0
    case 0xF4: return trail(1, 0x80, 0x8F) && trail(2) && trail(3) ? 4 : 0
    default: return 0
    }
  }

  /// Whether all bytes are well-formed UTF-8.
  public static func isValid(_ bytes: Span<UInt8>) -> Bool {
    var index = 0
    while index < bytes.count {
      let length = sequenceLength(bytes, at: index)
      if length == 0 { return false }
      index += length
    }
    return true
  }
}

/// What stands between a JSON string's quotes, and back.
public enum JSONText {
  /// Appends the decoded bytes of a string body the scanner accepted. A lone surrogate becomes
  /// U+FFFD.
  public static func unescape(
    _ bytes: Span<UInt8>, _ range: Range<Int>, into target: inout [UInt8]
  ) {
    let start = target.count
    // The range lies in the span, which checks it.
    bytes.extracting(range).withUnsafeBufferPointer { target.append(contentsOf: $0) }
    let count = unescape(&target, start..<target.count)
    target.removeLast(target.count - start - count)
  }

  /// Decodes such a string body where it stands and returns how many bytes are left of it, from
  /// the range's start on: decoding never makes a text longer.
  public static func unescape(_ bytes: inout [UInt8], _ range: Range<Int>) -> Int {
    var read = range.lowerBound
    var write = read
    let end = range.upperBound
    // The slice of the buffer checks the range; what is written stays behind what is read.
    bytes.withUnsafeMutableBufferPointer { all in
      let text = UnsafeMutableBufferPointer(rebasing: all[..<end])
      guard let base = text.baseAddress else { return }
      while read < end {
        let found = memchr(base + read, 92, end - read)
        let plain =
          found.map { UnsafeMutableRawPointer(base).distance(to: $0) - read } ?? end - read
        if write != read { memmove(base + write, base + read, plain) }
        write += plain
        read += plain
        if read < end { unescapeOne(text, &read, &write) }
      }
    }
    return write - range.lowerBound
  }

  /// Decodes the escape at `read`. A backslash that ends the text stands for itself.
  private static func unescapeOne(
    _ text: UnsafeMutableBufferPointer<UInt8>, _ read: inout Int, _ write: inout Int
  ) {
    func put(_ byte: UInt8) {
      text[write] = byte
      write += 1
    }
    let kind = read + 1 < text.count ? text[read + 1] : text[read]
    read = Swift.min(read + 2, text.count)
    switch kind {
    case 98: put(8)
    case 102: put(12)
    case 110: put(10)
    case 114: put(13)
    case 116: put(9)
    case 117:
      var unit = unit(text, at: read)
      read = Swift.min(read + 4, text.count)
      if unit >= 0xD800, unit < 0xDC00, read + 6 <= text.count, text[read] == 92,
        text[read + 1] == 117
      {
        let low = Self.unit(text, at: read + 2)
        if low >= 0xDC00, low < 0xE000 {
          unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
          read += 6
        }
      }
      for byte in String(Unicode.Scalar(unit) ?? "\u{FFFD}").utf8 where write < read { put(byte) }
    default: put(kind)
    }
  }

  /// The four hexadecimal digits at `index`, as far as the text has them: the buffer checks each.
  private static func unit(_ text: UnsafeMutableBufferPointer<UInt8>, at index: Int) -> UInt32 {
    var value: UInt32 = 0
    for offset in 0..<4 where index + offset < text.count {
      value = value << 4 | UInt32(text[index + offset].hexValue ?? 0)
    }
    return value
  }

  /// Appends `text` with its quotes. Bytes that are not UTF-8 become U+FFFD, so that the answer is
  /// always valid JSON.
  public static func quote(_ text: Span<UInt8>, into target: inout [UInt8]) {
    target.append(34)
    var index = 0
    while index < text.count {
      let byte = text[index]
      if byte >= 128 {
        let length = UTF8Check.sequenceLength(text, at: index)
        if length == 0 {
          target.append(contentsOf: [0xEF, 0xBF, 0xBD])
          index += 1
        } else {
          for offset in 0..<length { target.append(text[index + offset]) }
          index += length
        }
        continue
      }
      switch byte {
      case 34, 92: target.append(contentsOf: [92, byte])
      case 10: target.append(contentsOf: [92, 110])
      case 13: target.append(contentsOf: [92, 114])
      case 9: target.append(contentsOf: [92, 116])
      case 0..<32, 127:
        target.append(contentsOf: Array("\\u00".utf8))
        target.append(hexDigit(byte >> 4))
        target.append(hexDigit(byte & 15))
      default: target.append(byte)
      }
      index += 1
    }
    target.append(34)
  }

  private static func hexDigit(_ nibble: UInt8) -> UInt8 {
    nibble < 10 ? 48 + nibble : 87 + nibble
  }
}
