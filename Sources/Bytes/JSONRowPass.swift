#if canImport(Glibc)
  import Glibc
#endif

/// Where the reading of a row stands, between one pass and the next.
struct JSONRowPlace {
  /// Behind the opening quote of a key; at last behind the object.
  var position: Int
  /// Where the row's line ends.
  var lineEnd = 0
  /// Members read.
  var count = 0
  /// The key before.
  var previous = 0
  var hasEscapes = false

  /// The first key of the object at `start`; nil when none stands there.
  init?(behindBraceAt start: Int, in bytes: Span<UInt8>) {
    position = start + 1
    while position < bytes.count, bytes[position] != 10, bytes[position].isBlank { position += 1 }
    guard position < bytes.count, bytes[position] == 34 else { return nil }
    position += 1
  }
}

/// One pass over a row's bytes, as far as all keys are known. Behind the bytes stand line ends,
/// which no rule below steps over: so every position stays inside, and sixteen bytes can be read
/// at each (`JSONRowScanner.scan` has checked that they stand there).
struct JSONRowPass {
  /// Why a pass is over.
  enum Stop { case end, unknownKey, unusual }

  let base: UnsafeRawPointer
  let length: Int
  let keys: UnsafeMutablePointer<JSONRowKey>
  let members: UnsafeMutableBufferPointer<JSONRowScanner.Member>
  let text: UnsafeBufferPointer<UInt8>
  let buckets: UnsafeBufferPointer<UInt16>
  let row: UInt64

  /// Whether line ends stand from `end` on, as many as the pass relies on.
  static func isPadded(_ bytes: UnsafeRawBufferPointer, at end: Int) -> Bool {
    let lines: UInt64 = 0x0A0A_0A0A_0A0A_0A0A
    return bytes.loadUnaligned(fromByteOffset: end, as: UInt64.self) == lines
      && bytes.loadUnaligned(fromByteOffset: end + 8, as: UInt64.self) == lines
  }

  /// Reads members until the object ends or a key is unknown; then the place is at that key.
  func run(_ place: inout JSONRowPlace) -> Stop {
    var position = place.position
    var count = place.count
    var previous = place.previous
    while true {
      let key = key(at: position, after: previous)
      guard key > 0, count < members.count else {
        (place.position, place.count, place.previous) = (position, count, previous)
        return key == 0 ? .unknownKey : .unusual
      }
      guard keys[key].row != row else { return .unusual }
      keys[key].row = row
      let keyOffset = position
      let start = skipBlanks(position + Int(keys[key].count))
      guard let value = value(at: start) else { return .unusual }
      let isText = byte(start) == 34
      let opened = isText ? start + 1 : start
      members[count] = JSONRowScanner.Member(
        key: UInt16(truncatingIfNeeded: key), kind: value.kind,
        keyOffset: UInt32(truncatingIfNeeded: keyOffset),
        offset: UInt32(truncatingIfNeeded: opened),
        count: UInt32(truncatingIfNeeded: value.end - opened))
      switch value.kind {
      case .escapedText, .escapedLines: place.hasEscapes = true
      default: break
      }
      count += 1
      previous = key
      position = isText ? value.end + 1 : value.end
      var next = byte(position)
      if next != 44, next != 125 {
        position = skipBlanks(position)
        next = byte(position)
      }
      position += 1
      if next == 44 {
        if byte(position) != 34 { position = skipBlanks(position) }
        guard byte(position) == 34 else { return .unusual }
        position += 1
        continue
      }
      guard next == 125 else { return .unusual }
      place.lineEnd = skipBlanks(position)
      (place.position, place.count) = (position, count)
      return byte(place.lineEnd) == 10 ? .end : .unusual
    }
  }

  @inline(__always)
  private func byte(_ position: Int) -> UInt8 {
    base.load(fromByteOffset: position, as: UInt8.self)
  }

  @inline(__always)
  private func word(_ position: Int) -> UInt64 {
    UInt64(littleEndian: base.loadUnaligned(fromByteOffset: position, as: UInt64.self))
  }

  /// Steps over blanks that are no line end: in lines of JSON, that one ends the row.
  @inline(__always)
  private func skipBlanks(_ start: Int) -> Int {
    var position = start
    while byte(position) == 32 || byte(position) == 9 || byte(position) == 13 { position += 1 }
    return position
  }

  /// The number of the key that stands at `position`: most often one that followed the key before
  /// already. 0 when it is not known.
  @inline(__always)
  private func key(at position: Int, after previous: Int) -> Int {
    let next = keys[previous].next
    if matches(Int(next.0), position) { return Int(next.0) }
    if matches(Int(next.1), position) { return Int(next.1) }
    if matches(Int(next.2), position) { return Int(next.2) }
    if matches(Int(next.3), position) { return Int(next.3) }
    let found = find(position)
    if found > 0 { keys[previous].next = (UInt16(found), next.0, next.1, next.2) }
    return found
  }

  @inline(__always)
  private func matches(_ key: Int, _ position: Int) -> Bool {
    let head = (word(position) & keys[key].headMask) ^ keys[key].head
    let tail = (word(position + 8) & keys[key].tailMask) ^ keys[key].tail
    return head | tail == 0 && (keys[key].count <= 16 || matchesRest(key, position))
  }

  /// Whether what stands behind the first sixteen bytes of a long key is equal too.
  @inline(never)
  private func matchesRest(_ key: Int, _ position: Int) -> Bool {
    let count = Int(keys[key].count)
    let offset = Int(keys[key].offset)
    guard count <= length - position, offset + count <= text.count, let known = text.baseAddress
    else { return false }
    return memcmp(base + position + 16, known + offset + 16, count - 16) == 0
  }

  /// Looks the key up by its hash; 0 when it is not known.
  @inline(never)
  private func find(_ position: Int) -> Int {
    var end = plainEnd(position)
    while byte(end) >= 128 { end = plainEnd(end + 1) }
    guard byte(end) == 34, byte(end + 1) == 58 else { return 0 }
    let masks = JSONRowKey.masks(end + 2 - position)
    let bucket = JSONRowKey.bucket(
      word(position) & masks.0, masks.1 == 0 ? 0 : word(position + 8) & masks.1)
    var key = Int(buckets[bucket])
    while key > 0, !matches(key, position) { key = Int(keys[key].older) }
    return key
  }

  /// The first byte from `start` on that is no plain one inside a text: a quote, a backslash, a
  /// control character or a part of a longer UTF-8 sequence. Eight bytes at a time; a borrow
  /// between them is possible only behind the first such byte.
  @inline(__always)
  private func plainEnd(_ start: Int) -> Int {
    let ones: UInt64 = 0x0101_0101_0101_0101
    var position = start
    while true {
      let word = word(position)
      let quotes = (word ^ (ones &* 34)) &- ones
      let slashes = (word ^ (ones &* 92)) &- ones
      let controls = word &- ones &* 32
      let hits = (quotes | slashes | controls | word) & (ones &* 128)
      if hits != 0 { return position + hits.trailingZeroBitCount >> 3 }
      position += 8
    }
  }

  /// What stands at `start` and where it ends; a text ends at its closing quote. Nil for what is
  /// no scalar or malformed.
  @inline(__always)
  private func value(at start: Int) -> (kind: JSONRowScanner.Kind, end: Int)? {
    switch byte(start) {
    case 34:
      let end = plainEnd(start + 1)
      return byte(end) == 34 ? (.text, end) : longText(from: end)
    case 48...57, 45: return number(at: start)
    case 116 where word(start) & 0xFFFF_FFFF == 0x6575_7274: return (.boolean, start + 4)
    case 110 where word(start) & 0xFFFF_FFFF == 0x6C6C_756E: return (.null, start + 4)
    case 102 where word(start) & 0xFF_FFFF_FFFF == 0x65_736C_6166: return (.boolean, start + 5)
    default: return nil
    }
  }

  /// The rest of a text with escapes or with letters beyond ASCII.
  @inline(never)
  private func longText(from start: Int) -> (kind: JSONRowScanner.Kind, end: Int)? {
    var kind = JSONRowScanner.Kind.text
    var position = start
    while true {
      switch byte(position) {
      case 34: return (kind, position)
      case 92:
        switch byte(position + 1) {
        case 34, 92, 47, 98, 102, 114, 116:
          if case .text = kind { kind = .escapedText }
          position += 2
        case 110:
          kind = .escapedLines
          position += 2
        case 117:
          for offset in 2...5 where byte(position + offset).hexValue == nil { return nil }
          kind = .escapedLines
          position += 6
        default: return nil
        }
      case 128...:
        let length = sequenceLength(position)
        guard length > 0 else { return nil }
        position += length
        if byte(position) >= 128 { continue }
      default: return nil
      }
      position = plainEnd(position)
    }
  }

  /// The length of the UTF-8 sequence of two to four bytes at `position`, or 0 when it is
  /// malformed (Unicode 15, table 3-7).
  @inline(__always)
  private func sequenceLength(_ position: Int) -> Int {
    func isTrail(_ offset: Int) -> Bool { byte(position + offset) & 0xC0 == 0x80 }
    let second = byte(position + 1)
    switch byte(position) {
    case 0xC2...0xDF: return isTrail(1) ? 2 : 0
    case 0xE0: return second >= 0xA0 && isTrail(1) && isTrail(2) ? 3 : 0
    case 0xED: return second < 0xA0 && isTrail(1) && isTrail(2) ? 3 : 0
    case 0xE1...0xEF: return isTrail(1) && isTrail(2) ? 3 : 0
    case 0xF0: return second >= 0x90 && isTrail(1) && isTrail(2) && isTrail(3) ? 4 : 0
    case 0xF1...0xF3: return isTrail(1) && isTrail(2) && isTrail(3) ? 4 : 0
    case 0xF4: return second < 0x90 && isTrail(1) && isTrail(2) && isTrail(3) ? 4 : 0
    default: return 0
    }
  }

  /// A number by the grammar of RFC 8259.
  @inline(__always)
  private func number(at start: Int) -> (kind: JSONRowScanner.Kind, end: Int)? {
    let first = byte(start) == 45 ? start + 1 : start
    var position = digitsEnd(first)
    let digits = position - first
    guard digits > 0, digits == 1 || byte(first) != 48 else { return nil }
    // 18 digits fit 64 bits whatever they are.
    var kind = digits <= 18 ? JSONRowScanner.Kind.integer : .number
    if byte(position) == 46 {
      let point = position
      position = digitsEnd(point + 1)
      guard position > point + 1 else { return nil }
      // 300 digits are below the largest double.
      kind = position - start <= 300 ? .decimal : .number
    }
    if byte(position) | 32 == 101 {
      var exponent = position + 1
      if byte(exponent) == 43 || byte(exponent) == 45 { exponent += 1 }
      position = digitsEnd(exponent)
      guard position > exponent else { return nil }
      kind = .number
    }
    return (kind, position)
  }

  @inline(__always)
  private func digitsEnd(_ start: Int) -> Int {
    var position = start
    while byte(position) &- 48 < 10 { position += 1 }
    return position
  }
}
