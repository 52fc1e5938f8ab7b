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

  mutating func put(_ more: ArraySlice<UInt8>) {
    bytes.append(contentsOf: more)
  }

  /// An integer's bytes.
  static func bytes(of value: UInt64) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  /// Overwrites eight bytes written before.
  mutating func patch(_ value: UInt64, at offset: Int) {
    guard offset >= 0, offset <= bytes.count - 8 else { return }
    withUnsafeBytes(of: value.littleEndian) { new in
      for index in 0..<8 { bytes[offset + index] = new[index] }
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

  mutating func take<Value: FixedWidthInteger & BitwiseCopyable>(_ type: Value.Type) -> Value? {
    guard MemoryLayout<Value>.size <= remaining else { return nil }
    // Within the span, as just checked; a load of integer bits is defined for any bytes.
    let value = bytes.withUnsafeBytes {
      Value(littleEndian: $0.loadUnaligned(fromByteOffset: position, as: Value.self))
    }
    position += MemoryLayout<Value>.size
    return value
  }

  mutating func take(count: Int) -> [UInt8]? {
    guard count >= 0, count <= remaining else { return nil }
    defer { position += count }
    return bytes.extracting(position..<(position + count)).withUnsafeBufferPointer { Array($0) }
  }
}
