import CProcessor
import Model

/// Where a value lies in the bytes beside it, in one word: the offset below, the count above.
struct ValuePlace: BitwiseCopyable {
  let bits: UInt64

  @inline(__always)
  init(offset: UInt32, count: UInt32) {
    bits = UInt64(offset) | UInt64(count) << 32
  }

  @inline(__always) var offset: Int { Int(truncatingIfNeeded: bits & 0xFFFF_FFFF) }
  @inline(__always) var count: Int { Int(truncatingIfNeeded: bits >> 32) }

  static let empty = ValuePlace(offset: 0, count: 0)
}

/// Bytes that values lie in, lent for the time of a call. Values are compared and hashed by words
/// of eight bytes.
struct ValueBytes {
  let base: UnsafePointer<UInt8>
  let count: Int
  /// Differ from process to process, so that nobody can choose values that collide: one for each
  /// factor of a product, since a factor that is known can be made zero.
  static let seeds = (UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max))
  private let seeds = Self.seeds

  /// The bytes must outlive this value; every place asked for is checked against `count` first.
  @inline(__always)
  init(base: UnsafePointer<UInt8>, count: Int) {
    self.base = base
    self.count = count
  }

  /// The place of a slice; of the empty value when the slice points outside.
  @inline(__always)
  func place(_ slice: Slice) -> ValuePlace {
    let end = UInt64(slice.offset) &+ UInt64(slice.count)
    guard end <= UInt64(truncatingIfNeeded: count) else { return .empty }
    return ValuePlace(offset: slice.offset, count: slice.count)
  }

  /// How many values ahead of the one at work are asked for.
  static let ahead = 8

  /// Asks for the first bytes of a value that is read soon.
  @inline(__always)
  func prefetch(_ place: ValuePlace) {
    // An address is asked for, not read.
    plimsoll_prefetch(base + place.offset)
  }

  /// Eight bytes at an offset that has them.
  @inline(__always)
  private func load(_ offset: Int) -> UInt64 {
    // The caller has checked that eight bytes are there.
    UInt64(
      littleEndian: UnsafeRawPointer(base + offset).loadUnaligned(as: UInt64.self))
  }

  /// The first eight bytes of a value, zero where it is shorter.
  @inline(__always)
  func head(_ offset: Int, _ length: Int) -> UInt64 {
    guard offset &+ 8 <= count else { return headAtEnd(offset, length) }
    let word = load(offset)
    return length >= 8 ? word : word & ~(UInt64.max &<< UInt64(truncatingIfNeeded: length &* 8))
  }

  @inline(never)
  private func headAtEnd(_ offset: Int, _ length: Int) -> UInt64 {
    var word: UInt64 = 0
    for index in 0..<min(length, 8) {
      word |= UInt64(base[offset + index]) << UInt64(index * 8)
    }
    return word
  }

  /// The last eight bytes of a value whose head is known; the head when it is no longer.
  @inline(__always)
  func tail(_ offset: Int, _ length: Int, _ head: UInt64) -> UInt64 {
    length > 8 ? load(offset &+ length &- 8) : head
  }

  /// Whether two values of one length, equal heads and equal tails are equal.
  @inline(__always)
  func hasEqualMiddle(_ left: Int, _ right: Int, _ length: Int) -> Bool {
    if length <= 16 { return true }
    var index = 8
    while index < length &- 8 {
      if load(left &+ index) != load(right &+ index) { return false }
      index &+= 8
    }
    return true
  }

  /// Whether a value equals one of other bytes that has its length, head and tail.
  @inline(__always)
  func hasEqualMiddle(_ own: Int, _ other: Int, of bytes: ValueBytes, _ length: Int) -> Bool {
    if length <= 16 { return true }
    var index = 8
    while index < length &- 8 {
      if load(own &+ index) != bytes.load(other &+ index) { return false }
      index &+= 8
    }
    return true
  }

  /// Whether two values of one length and equal heads are equal.
  @inline(__always)
  func hasEqualRest(_ left: Int, _ right: Int, _ length: Int) -> Bool {
    if length <= 8 { return true }
    return load(left &+ length &- 8) == load(right &+ length &- 8)
      && hasEqualMiddle(left, right, length)
  }

  /// A hash of a value whose head and tail are known; its upper bits are the best ones.
  @inline(__always)
  func hash(_ head: UInt64, _ tail: UInt64, _ offset: Int, _ length: Int) -> UInt64 {
    var state = Self.mix(
      head ^ seeds.0, tail ^ (seeds.1 &+ UInt64(truncatingIfNeeded: length)))
    if length > 16 {
      var index = 8
      while index < length &- 8 {
        state = Self.mix(state ^ load(offset &+ index), 0xE703_7ED1_A0B4_28DB)
        index &+= 8
      }
    }
    return state
  }

  /// The two halves of a product, folded: wyhash's mixing step (Wang Yi, 2019).
  @inline(__always)
  static func mix(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let product = left.multipliedFullWidth(by: right)
    return product.high ^ product.low
  }

  /// Copies a value, and not a byte beside it.
  @inline(__always)
  func copyExactly(_ offset: Int, _ length: Int, to target: UnsafeMutablePointer<UInt8>) {
    let source = UnsafeRawPointer(base + offset)
    let raw = UnsafeMutableRawPointer(target)
    // The value's bytes are there to be read, and as many to be written.
    if length > 128 {
      target.update(from: base + offset, count: length)
    } else if length >= 16 {
      var index = 0
      while index < length &- 16 {
        raw.storeBytes(
          of: source.loadUnaligned(fromByteOffset: index, as: SIMD16<UInt8>.self),
          toByteOffset: index, as: SIMD16<UInt8>.self)
        index &+= 16
      }
      // The last block overlaps the one before.
      let last = source.loadUnaligned(fromByteOffset: length &- 16, as: SIMD16<UInt8>.self)
      raw.storeBytes(of: last, toByteOffset: length &- 16, as: SIMD16<UInt8>.self)
    } else if length >= 8 {
      let last = source.loadUnaligned(fromByteOffset: length &- 8, as: UInt64.self)
      raw.storeBytes(of: source.loadUnaligned(as: UInt64.self), as: UInt64.self)
      raw.storeBytes(of: last, toByteOffset: length &- 8, as: UInt64.self)
    } else if length >= 4 {
      let last = source.loadUnaligned(fromByteOffset: length &- 4, as: UInt32.self)
      raw.storeBytes(of: source.loadUnaligned(as: UInt32.self), as: UInt32.self)
      raw.storeBytes(of: last, toByteOffset: length &- 4, as: UInt32.self)
    } else {
      for index in 0..<length { target[index] = base[offset &+ index] }
    }
  }

  /// Copies a value to memory that has room for it and 15 bytes more.
  @inline(__always)
  func copy(_ offset: Int, _ length: Int, to target: UnsafeMutablePointer<UInt8>) {
    // Blocks of 16 bytes: for short values much cheaper than a call. The last block may overrun
    // the value on both sides, so both must have the room.
    guard offset &+ max(length, 1) &+ 15 <= count, length <= 128 else {
      target.update(from: base + offset, count: length)
      return
    }
    let source = UnsafeRawPointer(base + offset)
    let raw = UnsafeMutableRawPointer(target)
    var index = 0
    repeat {
      let block = source.loadUnaligned(fromByteOffset: index, as: SIMD16<UInt8>.self)
      raw.storeBytes(of: block, toByteOffset: index, as: SIMD16<UInt8>.self)
      index &+= 16
    } while index < length
  }
}
