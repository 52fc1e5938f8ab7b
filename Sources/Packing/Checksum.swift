import CXXHash

/// Checksums of frames and files, against decay and torn writes; they are no signature.
package enum Checksum {
  /// XXH3, 64 bits, seed 0 (xxhash.h).
  package static func xxh3(_ bytes: Span<UInt8>) -> UInt64 {
    bytes.withUnsafeBytes { XXH3_64bits($0.baseAddress, $0.count) }
  }

  /// XXH3 of a whole array.
  package static func xxh3(_ bytes: [UInt8]) -> UInt64 { xxh3(bytes.span) }
}
