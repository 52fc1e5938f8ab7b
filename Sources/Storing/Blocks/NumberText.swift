import Model

/// Reads a column's values as numbers that can be written again as they were: whole ones, or
/// decimals with one number of digits behind the point. The arena is lent for the time of use, and
/// every slice lies within it.
struct NumberText {
  private let arena: UnsafeBufferPointer<UInt8>
  /// Digits behind the point; 0 without one.
  let point: Int

  /// By the first value of a column; nil when that is no number.
  init?(_ first: Slice, in arena: UnsafeBufferPointer<UInt8>) {
    guard first.count > 0, first.count <= 18 else { return nil }
    self.arena = arena
    var point = 0
    for (place, byte) in arena[first.range].enumerated() where byte &- 48 > 9 {
      if byte == 45, place == 0, first.count > 1 { continue }
      point = Int(first.count) - place - 1
      guard byte == 46, point > 0 else { return nil }
      break
    }
    self.point = point
  }

  /// The number without its point, and whether it is written as it would be written again: without
  /// zeros in front. Nil for what is no such number, and for a decimal that is not canonical.
  @inline(__always)
  func read(_ value: Slice) -> (number: Int64, isCanonical: Bool)? {
    short(value) ?? long(value)
  }

  /// Numbers of up to eight bytes without a sign, all of them at once. Nil for others.
  @inline(__always)
  private func short(_ value: Slice) -> (number: Int64, isCanonical: Bool)? {
    let count = Int(value.count)
    let end = Int(value.offset) &+ count
    guard count > 0, count <= 8, end >= 8, end <= arena.count, let base = arena.baseAddress else {
      return nil
    }
    // The last eight bytes up to the value's end, which all lie within the arena.
    var word = UInt64(
      littleEndian: UnsafeRawPointer(base + (end &- 8)).loadUnaligned(as: UInt64.self))
    let first = UInt8(truncatingIfNeeded: word &>> UInt64(truncatingIfNeeded: (8 &- count) &* 8))
    var digits = count
    var whole = count
    if point > 0 {
      whole = count &- point &- 1
      digits = count &- 1
      guard whole > 0 else { return nil }
      let place = UInt64(truncatingIfNeeded: (7 &- point) &* 8)
      guard UInt8(truncatingIfNeeded: word &>> place) == 46 else { return nil }
      // What stands before the point moves up to what stands behind it.
      let before = ~(UInt64.max &<< place)
      word = word & ~(before << 8 | 0xFF) | (word & before) << 8
    }
    // Zeros take the place of what is no digit of the value.
    let own = UInt64.max &<< UInt64(truncatingIfNeeded: (8 &- digits) &* 8)
    word = word & own | 0x3030_3030_3030_3030 & ~own
    // Bytes from 0x30 to 0x39: so is their high half, and that of six more.
    let high: UInt64 = 0xF0F0_F0F0_F0F0_F0F0
    guard word & high | ((word &+ 0x0606_0606_0606_0606) & high) >> 4 == 0x3333_3333_3333_3333
    else { return nil }
    // Neighbours are added up: to twos, fours, then all eight digits.
    word = ((word & 0x0F0F_0F0F_0F0F_0F0F) &* 2561) >> 8
    word = ((word & 0x00FF_00FF_00FF_00FF) &* 6_553_601) >> 16
    word = ((word & 0x0000_FFFF_0000_FFFF) &* 42_949_672_960_001) >> 32
    let isCanonical = whole == 1 || first != 48
    return point == 0 || isCanonical ? (Int64(truncatingIfNeeded: word), isCanonical) : nil
  }

  @inline(never)
  private func long(_ value: Slice) -> (number: Int64, isCanonical: Bool)? {
    let count = Int(value.count)
    guard count > 0, count <= 18, let base = arena.baseAddress else { return nil }
    // The slice lies within the arena.
    let text = base + Int(value.offset)
    let isNegative = text[0] == 45
    let firstDigit = isNegative ? 1 : 0
    let pointAt = point > 0 ? count - point - 1 : count
    guard pointAt > firstDigit else { return nil }
    var number: Int64 = 0
    for place in firstDigit..<count {
      if place == pointAt {
        guard text[place] == 46 else { return nil }
        continue
      }
      let digit = text[place] &- 48
      guard digit < 10 else { return nil }
      // 18 digits fit 64 bits.
      number = number &* 10 &+ Int64(digit)
    }
    let isCanonical =
      (pointAt - firstDigit == 1 || text[firstDigit] != 48) && !(isNegative && number == 0)
    guard point == 0 || isCanonical else { return nil }
    return (isNegative ? -number : number, isCanonical)
  }
}
