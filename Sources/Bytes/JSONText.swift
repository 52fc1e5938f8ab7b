/// UTF-8 well-formedness (Unicode 15, table 3-7).
package enum UTF8Check {
  /// The length of the well-formed sequence at `index`, or 0 when there is none.
  package static func sequenceLength(_ bytes: Span<UInt8>, at index: Int) -> Int {
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
  package static func isValid(_ bytes: Span<UInt8>) -> Bool {
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
package enum JSONText {
  /// Appends the decoded bytes of a string body the scanner accepted. A lone surrogate becomes
  /// U+FFFD.
  package static func unescape(
    _ bytes: Span<UInt8>, _ range: Range<Int>, into target: inout [UInt8]
  ) {
    var index = range.lowerBound
    while index < range.upperBound {
      let byte = bytes[index]
      index += 1
      guard byte == 92, index < range.upperBound else {
        target.append(byte)
        continue
      }
      let kind = bytes[index]
      index += 1
      switch kind {
      case 98: target.append(8)
      case 102: target.append(12)
      case 110: target.append(10)
      case 114: target.append(13)
      case 116: target.append(9)
      case 117:
        var unit = unit(bytes, at: index, end: range.upperBound)
        index = Swift.min(index + 4, range.upperBound)
        if unit >= 0xD800, unit < 0xDC00, index + 6 <= range.upperBound, bytes[index] == 92,
          bytes[index + 1] == 117
        {
          let low = Self.unit(bytes, at: index + 2, end: range.upperBound)
          if low >= 0xDC00, low < 0xE000 {
            unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
            index += 6
          }
        }
        let scalar = Unicode.Scalar(unit) ?? "\u{FFFD}"
        target.append(contentsOf: UTF8.encode(scalar).map(Array.init) ?? [])
      default: target.append(kind)
      }
    }
  }

  private static func unit(_ bytes: Span<UInt8>, at index: Int, end: Int) -> UInt32 {
    var value: UInt32 = 0
    for offset in 0..<4 where index + offset < end {
      value = value << 4 | UInt32(bytes[index + offset].hexValue ?? 0)
    }
    return value
  }

  /// Appends `text` with its quotes. Bytes that are not UTF-8 become U+FFFD, so that the answer is
  /// always valid JSON.
  package static func quote(_ text: Span<UInt8>, into target: inout [UInt8]) {
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
