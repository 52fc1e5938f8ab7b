import Glibc

/// Looks for bytes in much of them, as fast as the C library can.
package enum ByteSearch {
  /// Where `needle` first begins at or after `from` so that it ends at or before `to`; nil when it
  /// does not. Places beyond the bytes are taken for their end.
  package static func first(
    _ needle: [UInt8], in bytes: [UInt8], from: Int = 0, to: Int = .max
  ) -> Int? {
    let end = min(to, bytes.count)
    guard from >= 0, from <= end, !needle.isEmpty else { return nil }
    // Both are lent for the call, and the range lies within them.
    return bytes.withUnsafeBytes { bytes in
      needle.withUnsafeBytes { needle in
        guard let base = bytes.baseAddress, let sought = needle.baseAddress else { return nil }
        let last = end - needle.count
        var place = from
        while place <= last,
          let hit = memchr(base + place, Int32(needle[0]), last - place + 1)
        {
          place = UnsafeRawPointer(hit) - base
          if memcmp(hit, sought, needle.count) == 0 { return place }
          place += 1
        }
        return nil
      }
    }
  }
}
