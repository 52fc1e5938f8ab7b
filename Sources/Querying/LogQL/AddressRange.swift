import Bytes

/// What `ip("...")` names: one address, `a-b`, or a network `a/n`; IPv4 and IPv6.
struct AddressRange: Sendable, Equatable {
  /// An address as a number of 32 or 128 bits.
  struct Address: Sendable, Equatable {
    let high: UInt64
    let low: UInt64
    let isV6: Bool

    static func <= (left: Address, right: Address) -> Bool {
      left.high == right.high ? left.low <= right.low : left.high < right.high
    }
  }

  private let first: Address
  private let last: Address

  /// Nil when the text is none of the three.
  init?(_ text: ByteString) {
    let bytes = text.bytes.span
    if let slash = bytes.firstIndex(of: 47) {
      guard let base = Self.address(bytes.extracting(0..<slash)),
        let length = Numbers.integer(bytes.extracting((slash + 1)..<bytes.count)), length >= 0,
        length <= (base.isV6 ? 128 : 32)
      else { return nil }
      let host = UInt64(base.isV6 ? 128 : 32) - UInt64(length)
      // A shift by 64 or more gives 0, so the masks hold at both ends.
      let low = host >= 64 ? UInt64.max : (UInt64(1) << host) - 1
      let high = host <= 64 ? 0 : host >= 128 ? UInt64.max : (UInt64(1) << (host - 64)) - 1
      first = Address(high: base.high & ~high, low: base.low & ~low, isV6: base.isV6)
      last = Address(
        high: base.high | high, low: base.isV6 ? base.low | low : (base.low | low) & 0xFFFF_FFFF,
        isV6: base.isV6)
      return
    }
    if let dash = bytes.firstIndex(of: 45) {
      guard let from = Self.address(bytes.extracting(bytes.trimmed(0..<dash))),
        let to = Self.address(bytes.extracting(bytes.trimmed((dash + 1)..<bytes.count))),
        from.isV6 == to.isV6, from <= to
      else { return nil }
      first = from
      last = to
      return
    }
    guard let one = Self.address(bytes) else { return nil }
    first = one
    last = one
  }

  func holds(_ address: Address) -> Bool {
    address.isV6 == first.isV6 && first <= address && address <= last
  }

  /// Whether any address that stands in the text is in the range.
  func isFound(in text: Span<UInt8>) -> Bool {
    var index = 0
    while index < text.count {
      guard Self.isAddressByte(text[index]) else {
        index += 1
        continue
      }
      let start = index
      while index < text.count, Self.isAddressByte(text[index]) { index += 1 }
      // The longest IPv6 text has 45 bytes; longer runs hold no address of their own.
      if index - start >= 2, index - start <= 64, holdsWord(text, start..<index) { return true }
    }
    return false
  }

  /// A run of digits, letters a to f, points and colons: an address, or one followed by a point or
  /// by a colon and a port.
  private func holdsWord(_ text: Span<UInt8>, _ run: Range<Int>) -> Bool {
    var word = run
    while !word.isEmpty {
      if let address = Self.address(text.extracting(word)) { return holds(address) }
      // Drops the last part: a port, or the end of a sentence.
      var end = word.upperBound - 1
      while end > word.lowerBound, text[end] != 58, text[end] != 46 { end -= 1 }
      word = word.lowerBound..<end
    }
    return false
  }

  private static func isAddressByte(_ byte: UInt8) -> Bool {
    byte.hexValue != nil || byte == 46 || byte == 58
  }

  /// The address a text is, all of it.
  static func address(_ text: Span<UInt8>) -> Address? {
    text.firstIndex(of: 58) == nil ? version4(text) : version6(text)
  }

  private static func version4(_ text: Span<UInt8>) -> Address? {
    var value: UInt64 = 0
    var cursor = Cursor(text)
    for part in 0..<4 {
      if part > 0, !cursor.skip(46) { return nil }
      let digits = cursor.take(while: \.isDigit)
      guard digits.count >= 1, digits.count <= 3,
        let number = Numbers.integer(cursor.slice(digits)), number < 256
      else { return nil }
      value = value << 8 | UInt64(number)
    }
    return cursor.isAtEnd ? Address(high: 0, low: value, isV6: false) : nil
  }

  /// RFC 4291, 2.2: eight groups, one run of zeros as `::`, an IPv4 address for the last two.
  private static func version6(_ text: Span<UInt8>) -> Address? {
    var head: [UInt64] = []
    var tail: [UInt64]?
    var cursor = Cursor(text)
    if cursor.skip("::") { tail = [] } else if cursor.peek() == 58 { return nil }
    while !cursor.isAtEnd {
      let start = cursor.position
      let digits = cursor.take(while: { $0.hexValue != nil })
      var groups: [UInt64] = []
      if cursor.peek() == 46 {
        guard let last = version4(text.extracting(start..<text.count)) else { return nil }
        cursor.move(to: text.count)
        groups = [last.low >> 16, last.low & 0xFFFF]
      } else {
        guard digits.count >= 1, digits.count <= 4 else { return nil }
        var value: UInt64 = 0
        for index in digits { value = value << 4 | UInt64(text[index].hexValue ?? 0) }
        groups = [value]
      }
      if tail == nil { head += groups } else { tail? += groups }
      if cursor.isAtEnd { break }
      if cursor.skip("::") {
        guard tail == nil else { return nil }
        tail = []
      } else {
        guard cursor.skip(58), !cursor.isAtEnd else { return nil }
      }
    }
    let count = head.count + (tail?.count ?? 0)
    guard tail == nil ? count == 8 : count < 8 else { return nil }
    let groups = head + [UInt64](repeating: 0, count: 8 - count) + (tail ?? [])
    return Address(
      high: groups[0..<4].reduce(0) { $0 << 16 | $1 },
      low: groups[4..<8].reduce(0) { $0 << 16 | $1 }, isV6: true)
  }
}
