import Bytes

/// Writes integers of fixed width, little endian.
struct LayoutWriter {
  private(set) var bytes: [UInt8] = []

  init(capacity: Int = 0) {
    bytes.reserveCapacity(capacity)
  }

  mutating func put(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func put(_ more: [UInt8]) {
    bytes.append(contentsOf: more)
  }

  /// Overwrites eight bytes written before.
  mutating func patch(_ value: UInt64, at offset: Int) {
    withUnsafeBytes(of: value.littleEndian) { new in
      for index in 0..<8 where offset + index < bytes.count { bytes[offset + index] = new[index] }
    }
  }
}

/// Reads what `LayoutWriter` wrote. Every read is checked: a damaged file must not trap.
struct LayoutReader: ~Escapable {
  private let bytes: Span<UInt8>
  private(set) var position: Int
  private let end: Int

  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>, from start: Int = 0) {
    self.bytes = bytes
    position = min(max(start, 0), bytes.count)
    end = bytes.count
  }

  var remaining: Int { end - position }

  mutating func take<Value: FixedWidthInteger>(_ type: Value.Type) -> Value? {
    let size = MemoryLayout<Value>.size
    guard size <= end - position else { return nil }
    var value: UInt64 = 0
    for index in 0..<size {
      value |= UInt64(bytes[position + index]) << UInt64(8 * index)
    }
    position += size
    return Value(truncatingIfNeeded: value)
  }

  mutating func take(count: Int) -> [UInt8]? {
    guard count >= 0, count <= end - position else { return nil }
    defer { position += count }
    return bytes.extracting(position..<(position + count)).withUnsafeBufferPointer { Array($0) }
  }
}
