extension Span<UInt8> {
  /// The eight bytes from `offset` on, the first of them the lowest; nil when there are fewer.
  @inlinable
  public func eightBytes(at offset: Int) -> UInt64? {
    guard offset >= 0, offset <= count - 8 else { return nil }
    // Every pattern of bits is a number, and all eight were just found to be there.
    return UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }
}
