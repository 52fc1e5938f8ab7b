/// Reads stamps like `2026-11-20T00:00:00.001Z` fast, when they are of the day of the stamp before:
/// in a log most are. The answer is that of `Instant.parse`.
public struct DayClock: Sendable {
  /// The ten bytes of the day, and its first nanosecond.
  private var head: UInt64 = 0
  private var tail: UInt16 = 0
  private var midnight: Int64?

  public init() {}

  /// Nanoseconds since 1970, or nil when it is no stamp; `Instant.parse` says what one is.
  public mutating func parse(_ stamp: Span<UInt8>) -> Int64? {
    if stamp.count >= 19, stamp.count <= 30,
      let clock = stamp.withUnsafeBytes({ Self.nanoseconds($0) })
    {
      // 19 bytes or more are there, so the ten of the day are.
      let day = stamp.withUnsafeBytes {
        (
          $0.loadUnaligned(fromByteOffset: 0, as: UInt64.self),
          $0.loadUnaligned(fromByteOffset: 8, as: UInt16.self)
        )
      }
      if let midnight, day == (head, tail) { return midnight.adding(clock) }
      guard let whole = Instant.parse(stamp) else { return nil }
      (head, tail) = day
      midnight = whole.adding(-clock)
      return whole
    }
    return Instant.parse(stamp)
  }

  /// The nanoseconds since midnight of a stamp of 19 bytes or more that is in UTC or names no zone;
  /// nil for any other form, and for what is out of range.
  private static func nanoseconds(_ stamp: UnsafeRawBufferPointer) -> Int64? {
    func two(_ index: Int) -> Int64? {
      let (ten, one) = (stamp[index] &- 48, stamp[index + 1] &- 48)
      return ten < 10 && one < 10 ? Int64(ten) * 10 + Int64(one) : nil
    }
    guard stamp[10] == 84 || stamp[10] == 32, stamp[13] == 58, stamp[16] == 58,
      let hours = two(11), let minutes = two(14), let seconds = two(17), hours < 24, minutes < 60,
      seconds < 60
    else { return nil }
    var fraction: Int64 = 0
    var index = 19
    if index < stamp.count, stamp[index] == 46 || stamp[index] == 44 {
      var scale = Instant.second
      index += 1
      while index < stamp.count, stamp[index] &- 48 < 10, scale > 1 {
        scale /= 10
        fraction += Int64(stamp[index] - 48) * scale
        index += 1
      }
      if index == 20 { return nil }
    }
    if index < stamp.count, stamp[index] == 90 { index += 1 }
    guard index == stamp.count else { return nil }
    return ((hours * 60 + minutes) * 60 + seconds) * Instant.second + fraction
  }
}
