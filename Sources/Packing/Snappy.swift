import CSnappy

/// Snappy's block format, as Prometheus remote write uses it; the framed form is refused.
public enum Snappy {
  /// Packs bytes into one block.
  public static func compress(_ bytes: [UInt8]) -> [UInt8] {
    let bound = snappy_max_compressed_length(bytes.count)
    return [UInt8](unsafeUninitializedCapacity: bound) { target, count in
      var written = bound
      let status = bytes.withUnsafeBytes { source in
        snappy_compress(
          source.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count,
          UnsafeMutableRawPointer(target.baseAddress)?.assumingMemoryBound(to: CChar.self),
          &written)
      }
      count = status == SNAPPY_OK ? written : 0
    }
  }

  /// Unpacks a block. The declared size is checked against `limit`, and against what so few bytes
  /// can expand to, before anything is allocated.
  public static func decompress(
    _ bytes: Span<UInt8>, limit: Int
  ) throws(PackingFault) -> [UInt8] {
    let declared = try declaredSize(bytes)
    guard declared <= limit else { throw .tooLarge }
    // A copy element of 3 bytes yields at most 64.
    guard declared / 64 <= bytes.count else { throw .corrupt }
    var status = SNAPPY_INVALID_INPUT
    let unpacked = [UInt8](unsafeUninitializedCapacity: declared) { target, count in
      var written = declared
      status = bytes.withUnsafeBytes { source in
        snappy_uncompress(
          source.baseAddress?.assumingMemoryBound(to: CChar.self), source.count,
          UnsafeMutableRawPointer(target.baseAddress)?.assumingMemoryBound(to: CChar.self),
          &written)
      }
      count = status == SNAPPY_OK ? written : 0
    }
    guard status == SNAPPY_OK, unpacked.count == declared else { throw .corrupt }
    return unpacked
  }

  /// Unpacks a block held as an array.
  public static func decompress(_ bytes: [UInt8], limit: Int) throws(PackingFault) -> [UInt8] {
    try decompress(bytes.span, limit: limit)
  }

  private static func declaredSize(_ bytes: Span<UInt8>) throws(PackingFault) -> Int {
    guard bytes.count > 0 else { throw .truncated }
    var declared = 0
    let status = bytes.withUnsafeBytes { source in
      snappy_uncompressed_length(
        source.baseAddress?.assumingMemoryBound(to: CChar.self), source.count, &declared)
    }
    guard status == SNAPPY_OK, declared >= 0 else { throw .corrupt }
    return declared
  }
}
