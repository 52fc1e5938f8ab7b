import Packing

/// Writes a group's bytes as blocks: LZ4 where a sample shows that it saves an eighth at least,
/// else as they are. Hexadecimal ids and short decimals do not, and cost the most time to try.
enum BlockWriter {
  /// A group of fewer bytes is one block.
  private static let smallGroup = 32 << 10
  private static let sample = 2 << 10
  private static let headAcceleration: Int32 = 1
  private static let plainAcceleration: Int32 = 4

  /// Appends the blocks: the head, then the bytes of the plain columns.
  static func write(
    _ head: borrowing GrowingBuffer<UInt8>, _ plain: [ColumnPacker],
    to payload: inout GrowingBuffer<UInt8>
  ) {
    let total = plain.reduce(head.count) { $0 + $1.bytes.count }
    if total <= smallGroup {
      var joined = GrowingBuffer<UInt8>(capacity: total)
      joined.put(head.base, head.count)
      for column in plain { joined.put(column.bytes.base, column.bytes.count) }
      payload.put(UInt32(1))
      put(joined, headAcceleration, isSampled: false, to: &payload)
    } else {
      payload.put(UInt32(truncatingIfNeeded: 1 + plain.count))
      put(head, headAcceleration, isSampled: false, to: &payload)
      for column in plain {
        put(column.bytes, plainAcceleration, isSampled: true, to: &payload)
      }
    }
  }

  /// One block: its size, its size before packing (the same when it is not packed), its bytes.
  private static func put(
    _ bytes: borrowing GrowingBuffer<UInt8>, _ acceleration: Int32, isSampled: Bool,
    to payload: inout GrowingBuffer<UInt8>
  ) {
    let count = bytes.count
    payload.reserve(8 + LZ4.bound(count))
    // The bound is the room that packing may take, sample included.
    let target = payload.base + payload.count + 8
    var packed = 0
    if !isSampled || isPackable(bytes, target) {
      packed = LZ4.compress(
        UnsafeBufferPointer(start: bytes.base, count: count), into: target,
        acceleration: acceleration)
    }
    if packed == 0 || packed >= count {
      packed = count
      target.update(from: bytes.base, count: count)
    }
    payload.put(UInt32(truncatingIfNeeded: packed))
    payload.put(UInt32(truncatingIfNeeded: count))
    payload.count += packed
  }

  private static func isPackable(
    _ bytes: borrowing GrowingBuffer<UInt8>, _ target: UnsafeMutablePointer<UInt8>
  ) -> Bool {
    guard bytes.count > 8 * sample else { return false }
    // From the middle: the first rows may be of another kind.
    let start = bytes.base + (bytes.count - sample) / 2
    let packed = LZ4.compress(
      UnsafeBufferPointer(start: start, count: sample), into: target, acceleration: 1)
    return packed < sample * 5 / 8
  }
}
