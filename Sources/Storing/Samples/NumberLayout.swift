import Bytes

/// Writes columns of numbers, little endian.
struct NumberWriter {
  private(set) var bytes: [UInt8] = []

  init(capacity: Int) {
    bytes.reserveCapacity(capacity)
  }

  mutating func put(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  /// Numbers one behind the other, all their bytes.
  mutating func put<Number: Numeric & BitwiseCopyable>(_ numbers: [Number]) {
    // The machine is little endian, as the file is.
    numbers.withUnsafeBytes { bytes.append(contentsOf: $0) }
  }

  /// Numbers as distances from the least, in as few whole bytes as the largest needs.
  mutating func put(near values: [Int64]) {
    var low = values.first ?? 0
    var high = low
    for value in values {
      low = min(low, value)
      high = max(high, value)
    }
    let span = UInt64(bitPattern: high &- low)
    let width = span < 1 << 8 ? 1 : span < 1 << 16 ? 2 : span < 1 << 32 ? 4 : 8
    put(low)
    put(UInt8(width))
    switch width {
    case 1 where span == 0: bytes.append(contentsOf: repeatElement(0, count: values.count))
    case 1: bytes.append(contentsOf: values.lazy.map { UInt8(truncatingIfNeeded: $0 &- low) })
    case 2: put(values.map { UInt16(truncatingIfNeeded: $0 &- low) })
    case 4: put(values.map { UInt32(truncatingIfNeeded: $0 &- low) })
    default: put(values.map { $0 &- low })
    }
  }
}

/// Reads what `NumberWriter` wrote; every part is checked.
struct NumberReader: ~Escapable {
  private let source: Span<UInt8>
  private var position = 0

  @_lifetime(copy source)
  init(_ source: Span<UInt8>) {
    self.source = source
  }

  /// So many numbers; nil when there are fewer.
  mutating func take<Number: FixedWidthInteger & BitwiseCopyable>(
    _ type: Number.Type, _ count: Int
  ) -> [Number]? {
    let size = MemoryLayout<Number>.stride
    guard count >= 0, count <= (source.count - position) / size else { return nil }
    let start = position
    position += count * size
    // As many whole numbers as were just counted; the machine is little endian, as the file is.
    return [Number](unsafeUninitializedCapacity: count) { target, filled in
      source.withUnsafeBytes { bytes in
        for index in 0..<count {
          target.initializeElement(
            at: index,
            to: bytes.loadUnaligned(fromByteOffset: start + index * size, as: Number.self))
        }
      }
      filled = count
    }
  }

  /// What `put(near:)` wrote.
  mutating func near(_ count: Int) -> [Int64]? {
    guard let low = take(Int64.self, 1)?.first, let width = take(UInt8.self, 1)?.first
    else { return nil }
    switch width {
    case 1: return take(UInt8.self, count)?.map { low &+ Int64($0) }
    case 2: return take(UInt16.self, count)?.map { low &+ Int64($0) }
    case 4: return take(UInt32.self, count)?.map { low &+ Int64($0) }
    case 8: return take(Int64.self, count)?.map { low &+ $0 }
    default: return nil
    }
  }
}
