import Glibc

/// Looks for bytes in much of them.
public enum ByteSearch {
  /// Bytes at places that are looked at together.
  private typealias Places = SIMD32<UInt8>
  /// Eight places each, the first in the lowest byte.
  private typealias Words = SIMD4<UInt64>

  /// Where `needle` first begins at or after `from` so that it ends at or before `to`; nil when it
  /// does not. Places beyond the bytes are taken for their end.
  public static func first(
    _ needle: [UInt8], in bytes: [UInt8], from: Int = 0, to: Int = .max
  ) -> Int? {
    let end = min(to, bytes.count)
    guard from >= 0, from <= end, !needle.isEmpty, needle.count <= end - from else { return nil }
    // Both are lent for the call, and the range lies within them.
    return bytes.withUnsafeBytes { bytes in
      needle.withUnsafeBytes { needle in
        first(needle, in: UnsafeRawBufferPointer(rebasing: bytes[from..<end])).map { from + $0 }
      }
    }
  }

  /// Compares the first and the last byte of the needle at many places at a time, and all of it
  /// only where both are there (W. Muła, "SIMD-friendly algorithms for substring searching"):
  /// digits repeat too often for the first byte alone to tell.
  private static func first(
    _ needle: UnsafeRawBufferPointer, in bytes: UnsafeRawBufferPointer
  ) -> Int? {
    guard let base = bytes.baseAddress, let sought = needle.baseAddress else { return nil }
    let reach = needle.count - 1
    let (head, tail) = (Places(repeating: needle[0]), Places(repeating: needle[reach]))
    var place = 0
    // So far that both loads lie within the bytes.
    while place + reach + Places.scalarCount <= bytes.count {
      let heads = base.loadUnaligned(fromByteOffset: place, as: Places.self)
      let tails = base.loadUnaligned(fromByteOffset: place + reach, as: Places.self)
      // A mask has a byte for each place, all ones or all zeros: as words it is quicker to look at.
      let hits = unsafeBitCast((heads .== head) .& (tails .== tail), to: Words.self)
      if hits[0] | hits[1] | hits[2] | hits[3] != 0 {
        for word in 0..<Words.scalarCount {
          var rest = hits[word]
          while rest != 0 {
            let lane = rest.trailingZeroBitCount / 8
            let hit = place + word * 8 + lane
            if memcmp(base + hit, sought, needle.count) == 0 { return hit }
            rest &= ~(0xFF << (UInt64(lane) * 8))
          }
        }
      }
      place += Places.scalarCount
    }
    while place + reach < bytes.count {
      if bytes[place] == needle[0], memcmp(base + place, sought, needle.count) == 0 {
        return place
      }
      place += 1
    }
    return nil
  }
}
