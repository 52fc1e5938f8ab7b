import Packing

/// Reads what `BlockWriter` wrote.
struct BlockReader: ~Escapable {
  private let bytes: Span<UInt8>
  private var position = 0
  /// How much more the payload may unpack to.
  private var rest: Int
  /// LZ4 expands at most so many times.
  private static let mostExpansion = 255

  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>) {
    self.bytes = bytes
    rest = RecordPayload.longest
  }

  var isAtEnd: Bool { position == bytes.count }

  /// The version and the number of groups; nil when this is no payload.
  mutating func takeHead() -> Int? {
    guard bytes.count >= 5, bytes[0] == RecordPayload.version else { return nil }
    position = 1
    return takeNumber()
  }

  private mutating func takeNumber() -> Int? {
    guard position <= bytes.count - 4 else { return nil }
    var number = 0
    for index in 0..<4 { number |= Int(bytes[position + index]) << (index * 8) }
    position += 4
    return number
  }

  /// The unpacked bytes of the next group; nil when a block is damaged, or claims more than its
  /// size can give.
  mutating func takeGroup() -> [UInt8]? {
    guard let count = takeNumber(), count <= (bytes.count - position) / 8 else { return nil }
    let start = position
    var total = 0
    for _ in 0..<count {
      guard let packed = takeNumber(), let unpacked = takeNumber(),
        packed <= bytes.count - position, unpacked / Self.mostExpansion <= packed
      else { return nil }
      position += packed
      total += unpacked
      guard total <= rest else { return nil }
    }
    rest -= total
    position = start
    return unpack(count, total)
  }

  private mutating func unpack(_ count: Int, _ total: Int) -> [UInt8]? {
    var isWhole = true
    // As many blocks as were counted, and so as many bytes as the array has room for.
    let group = [UInt8](unsafeUninitializedCapacity: total) { target, filled in
      for _ in 0..<count where isWhole { isWhole = unpackBlock(into: target, &filled) }
      if !isWhole { filled = 0 }
    }
    return isWhole && group.count == total ? group : nil
  }

  /// Unpacks one block behind `filled`; the sizes were checked to fit.
  private mutating func unpackBlock(
    into target: UnsafeMutableBufferPointer<UInt8>, _ filled: inout Int
  ) -> Bool {
    guard let packed = takeNumber(), let unpacked = takeNumber() else { return false }
    // Both ranges lie inside: of the payload, and of the memory for the sum of all blocks.
    let part = UnsafeMutableBufferPointer(rebasing: target[filled..<(filled + unpacked)])
    let isWhole = bytes.extracting(position..<(position + packed)).withUnsafeBufferPointer {
      if packed != unpacked { return LZ4.decompress($0, into: part) }
      _ = part.update(fromContentsOf: $0)
      return true
    }
    position += packed
    filled += unpacked
    return isWhole
  }
}
