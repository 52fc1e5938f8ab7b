import CLZ4

extension LZ4 {
  /// Room that any block of so many bytes fits.
  public static func bound(_ count: Int) -> Int {
    // LZ4's own formula, which this library function is.
    Int(LZ4_compressBound(Int32(clamping: count)))
  }

  /// Packs bytes into one block in memory that has `bound` bytes of room, and returns the block's
  /// size; 0 when it was not done. A higher acceleration packs less and takes less time.
  public static func compress(
    _ source: UnsafeBufferPointer<UInt8>, into target: UnsafeMutablePointer<UInt8>,
    acceleration: Int32
  ) -> Int {
    guard let length = Int32(exactly: source.count) else { return 0 }
    // Both pointers are the caller's, who promised the room that the library may fill.
    return Int(
      LZ4_compress_fast(
        UnsafeRawPointer(source.baseAddress)?.assumingMemoryBound(to: CChar.self),
        UnsafeMutableRawPointer(target).assumingMemoryBound(to: CChar.self), length,
        LZ4_compressBound(length), acceleration))
  }

  /// Unpacks a block into exactly the target's bytes; false when it holds fewer or more or is
  /// damaged.
  public static func decompress(
    _ source: UnsafeBufferPointer<UInt8>, into target: UnsafeMutableBufferPointer<UInt8>
  ) -> Bool {
    guard let length = Int32(exactly: source.count), let expected = Int32(exactly: target.count)
    else { return false }
    // The library checks every step against both lengths.
    return LZ4_decompress_safe(
      UnsafeRawPointer(source.baseAddress)?.assumingMemoryBound(to: CChar.self),
      UnsafeMutableRawPointer(target.baseAddress)?.assumingMemoryBound(to: CChar.self), length,
      expected) == expected
  }
}
