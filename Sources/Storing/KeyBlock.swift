import Bytes

/// An idempotency key and when its batch was committed, nanoseconds.
struct IdempotencyKey: Sendable, Equatable {
  let bytes: ByteString
  let committedAt: Int64
}

/// The idempotency keys of compacted frames, which must be remembered for their day although the
/// frames are gone.
enum KeyBlock {
  static func write(_ keys: [IdempotencyKey]) -> [UInt8] {
    var writer = LayoutWriter()
    writer.put(UInt32(truncatingIfNeeded: keys.count))
    for key in keys {
      writer.put(key.committedAt)
      writer.put(UInt16(truncatingIfNeeded: key.bytes.count))
      writer.put(key.bytes.bytes.prefix(Int(UInt16.max)))
    }
    return writer.bytes
  }

  /// Nil when the bytes are no such block.
  static func read(_ bytes: Span<UInt8>) -> [IdempotencyKey]? {
    var reader = LayoutReader(bytes)
    guard let count = reader.take(UInt32.self) else { return nil }
    var keys: [IdempotencyKey] = []
    for _ in 0..<count {
      guard let time = reader.take(Int64.self), let size = reader.take(UInt16.self),
        let key = reader.take(count: Int(size))
      else { return nil }
      keys.append(IdempotencyKey(bytes: ByteString(key), committedAt: time))
    }
    return keys
  }
}
