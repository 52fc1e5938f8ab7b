import CProcessor

extension Span<UInt8> {
  /// Asks for the bytes at `offset` to be brought near, for they will be read soon. It may be any.
  public func prefetch(at offset: Int) {
    // An address is asked for, not read; the pointer does not leave the closure.
    withUnsafeBufferPointer { bytes in
      if let base = bytes.baseAddress { plimsoll_prefetch(base + offset) }
    }
  }

  /// The eight bytes from `offset` on, the first of them the lowest; nil when there are fewer.
  @inlinable
  public func eightBytes(at offset: Int) -> UInt64? {
    guard offset >= 0, offset <= count - 8 else { return nil }
    // Every pattern of bits is a number, and all eight were just found to be there.
    return UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }
}
