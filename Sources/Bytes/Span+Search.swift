extension Span<UInt8> {
  /// The first position of `byte` at or after `start`, or nil.
  public func firstIndex(of byte: UInt8, from start: Int = 0) -> Int? {
    var index = start
    while index < count {
      if self[index] == byte { return index }
      index += 1
    }
    return nil
  }

  /// Where `needle` occurs first at or after `start`; an empty needle is found at `start`.
  public func firstRange(of needle: Span<UInt8>, from start: Int) -> Range<Int>? {
    let length = needle.count
    guard start >= 0, start <= count, length <= count - start else { return nil }
    if length == 0 { return start..<start }
    let first = needle[0]
    var index = start
    let last = count - length
    while index <= last {
      if self[index] == first, matches(needle, at: index) { return index..<(index + length) }
      index += 1
    }
    return nil
  }

  /// Whether the bytes from `index` on begin with `prefix`.
  public func matches(_ prefix: Span<UInt8>, at index: Int) -> Bool {
    guard index >= 0, index <= count, prefix.count <= count - index else { return false }
    var offset = 0
    while offset < prefix.count {
      if self[index + offset] != prefix[offset] { return false }
      offset += 1
    }
    return true
  }

  /// Whether the bytes from `index` on begin with `text`.
  public func matches(_ text: StaticString, at index: Int) -> Bool {
    let length = text.utf8CodeUnitCount
    guard index >= 0, index <= count, length <= count - index else { return false }
    return text.withUTF8Buffer { expected in
      var offset = 0
      while offset < length {
        if self[index + offset] != expected[offset] { return false }
        offset += 1
      }
      return true
    }
  }

  /// Whether all bytes equal `text`.
  public func equals(_ text: StaticString) -> Bool {
    count == text.utf8CodeUnitCount && matches(text, at: 0)
  }

  /// The range without ASCII blanks, tabs, CR and LF at both ends.
  public func trimmed(_ range: Range<Int>) -> Range<Int> {
    var low = range.lowerBound
    var high = range.upperBound
    while low < high, self[low].isBlank { low += 1 }
    while high > low, self[high - 1].isBlank { high -= 1 }
    return low..<high
  }
}

extension UInt8 {
  /// Space, tab, carriage return, line feed.
  public var isBlank: Bool { self == 32 || self == 9 || self == 13 || self == 10 }
  public var isDigit: Bool { self >= 48 && self <= 57 }
  public var isLetter: Bool { (self | 32) >= 97 && (self | 32) <= 122 }
  /// The value of a hexadecimal digit, or nil.
  public var hexValue: UInt8? {
    switch self {
    case 48...57: self - 48
    case 65...70: self - 55
    case 97...102: self - 87
    default: nil
    }
  }
  public var lowercased: UInt8 { self >= 65 && self <= 90 ? self | 32 : self }
}
