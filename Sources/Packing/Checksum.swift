import CXXHash

/// Checksums of frames and files, against decay and torn writes; they are no signature.
public enum Checksum {
  /// XXH3, 64 bits, seed 0 (xxhash.h).
  public static func xxh3(_ bytes: Span<UInt8>) -> UInt64 {
    bytes.withUnsafeBytes { XXH3_64bits($0.baseAddress, $0.count) }
  }

  /// XXH3 of a whole array.
  public static func xxh3(_ bytes: [UInt8]) -> UInt64 { xxh3(bytes.span) }
}

/// Names for bytes, 128 bits long, in the memory of one process; never on disk.
public enum Naming {
  /// Drawn anew by each process, so that no sender can prepare two texts of one name.
  private static let seed = UInt64.random(in: .min ... .max)

  /// XXH3 with 128 bits, seeded; `salt` keeps kinds of names apart.
  public static func name(
    of bytes: Span<UInt8>, salt: UInt64
  ) -> (low: UInt64, high: UInt64) {
    let hash = bytes.withUnsafeBytes {
      XXH3_128bits_withSeed($0.baseAddress, $0.count, seed &+ salt)
    }
    return (hash.low64, hash.high64)
  }
}
