import CXXHash

/// A set that may say yes to what it does not hold, about once in 40 times: a split-block Bloom
/// filter, a 32-byte block for each 32 values, one bit in each of the block's eight words
/// (the Parquet format's BloomFilter.md, with its constants).
public enum BloomFilter {
  /// Bytes of a block.
  public static let blockSize = 32

  @usableFromInline static let salts:
    (
      UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32
    ) = (
      0x47b6_137b, 0x4497_4d91, 0x8824_ad5b, 0xa2b7_289d, 0x7054_95c7, 0x2df1_424b, 0x9efc_4947,
      0x5c6b_fb31
    )

  /// XXH3 (64 bits, seed 0) of a value's bytes; `salt` keeps sets apart that share one filter.
  public static func hash(_ bytes: UnsafeBufferPointer<UInt8>, salt: UInt64) -> UInt64 {
    // The buffer lends its bytes for the call.
    let plain = XXH3_64bits(bytes.baseAddress, bytes.count)
    return (plain ^ salt &* 0x9E37_79B9_7F4A_7C15) &* 0xD6E8_FEB8_6659_FD93
  }

  /// A filter that holds `hashes`, 8 bits for each; empty for none.
  public static func make(of hashes: UnsafeBufferPointer<UInt64>) -> [UInt8] {
    let blocks = (hashes.count + 31) / 32
    guard blocks > 0 else { return [] }
    var filter = [UInt8](repeating: 0, count: blocks * blockSize)
    filter.withUnsafeMutableBytes { target in
      for hash in hashes {
        // `place` is below `blocks`, so the eight words lie inside.
        let offset = place(of: hash, blocks: blocks) &* blockSize
        let mask = mask(of: hash)
        for word in 0..<8 {
          let at = offset &+ word &* 4
          let old = target.loadUnaligned(fromByteOffset: at, as: UInt32.self)
          target.storeBytes(of: old | mask[word].littleEndian, toByteOffset: at, as: UInt32.self)
        }
      }
    }
    return filter
  }

  /// False when `hash` was certainly not put in. A filter of no whole block holds nothing.
  public static func mayContain(_ hash: UInt64, _ filter: Span<UInt8>) -> Bool {
    let blocks = filter.count / blockSize
    guard blocks > 0 else { return false }
    let offset = place(of: hash, blocks: blocks) * blockSize
    let mask = mask(of: hash)
    for word in 0..<8 {
      var bits: UInt32 = 0
      for byte in 0..<4 { bits |= UInt32(filter[offset + word * 4 + byte]) << UInt32(byte * 8) }
      if bits & mask[word] == 0 { return false }
    }
    return true
  }

  @inline(__always)
  private static func place(of hash: UInt64, blocks: Int) -> Int {
    Int(truncatingIfNeeded: (hash >> 32) &* UInt64(blocks) >> 32)
  }

  @inline(__always)
  private static func mask(of hash: UInt64) -> SIMD8<UInt32> {
    let low = UInt32(truncatingIfNeeded: hash)
    let salts = SIMD8<UInt32>(
      salts.0, salts.1, salts.2, salts.3, salts.4, salts.5, salts.6, salts.7)
    return SIMD8(repeating: 1) &<< ((SIMD8(repeating: low) &* salts) &>> 27)
  }
}
