import CLZ4

/// LZ4's block format. The caller knows and keeps the unpacked size; a block says nothing of it.
public enum LZ4 {
  /// Packs bytes into one block; at most about 2 GiB, which no block of ours nears. Incompressible
  /// input grows by less than one percent.
  public static func compress(_ bytes: [UInt8]) -> [UInt8] {
    guard let length = Int32(exactly: bytes.count) else { return [] }
    let bound = LZ4_compressBound(length)
    return [UInt8](unsafeUninitializedCapacity: Int(bound)) { target, count in
      let written = bytes.withUnsafeBytes { source in
        LZ4_compress_default(
          source.baseAddress?.assumingMemoryBound(to: CChar.self),
          UnsafeMutableRawPointer(target.baseAddress)?.assumingMemoryBound(to: CChar.self), length,
          bound)
      }
      count = Int(written)
    }
  }

  /// Unpacks a block whose unpacked size is known; `corrupt` when it does not give exactly `size`
  /// bytes.
  public static func decompress(_ bytes: [UInt8], size: Int) throws(PackingFault) -> [UInt8] {
    try decompress(bytes.span, size: size)
  }

  /// Unpacks a block whose unpacked size is known; `corrupt` when it does not give exactly `size`
  /// bytes.
  public static func decompress(_ bytes: Span<UInt8>, size: Int) throws(PackingFault) -> [UInt8] {
    guard let length = Int32(exactly: bytes.count), let expected = Int32(exactly: size),
      expected >= 0
    else { throw .corrupt }
    if expected == 0 {
      guard length == 0 || (length == 1 && bytes[0] == 0) else { throw .corrupt }
      return []
    }
    // A block expands at most 255 times, so a lying size cannot make us allocate.
    guard size / 255 <= bytes.count else { throw .corrupt }
    let unpacked = [UInt8](unsafeUninitializedCapacity: size) { target, count in
      let written = bytes.withUnsafeBytes { source in
        LZ4_decompress_safe(
          source.baseAddress?.assumingMemoryBound(to: CChar.self),
          UnsafeMutableRawPointer(target.baseAddress)?.assumingMemoryBound(to: CChar.self), length,
          expected)
      }
      count = Swift.max(0, Int(written))
    }
    guard unpacked.count == size else { throw .corrupt }
    return unpacked
  }
}
