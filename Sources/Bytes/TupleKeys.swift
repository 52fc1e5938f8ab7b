#if canImport(Glibc)
  import Glibc
#endif

/// Tuples of texts, laid out behind each other so that many are put in order at the cost of a few
/// copies: as bytes they compare as the tuples do, each text with a zero behind it.
public struct TupleKeys {
  private var bytes: [UInt8] = []
  private var ends: [Int] = [0]
  /// Whether there is a zero in a text, so that zeros do not end texts.
  public private(set) var hasZero = false

  /// For so many tuples.
  public init(count: Int) {
    ends.reserveCapacity(count + 1)
    bytes.reserveCapacity(count * 96)
  }

  /// Adds a text to the tuple that is being built.
  public mutating func add(_ text: ByteString) {
    let start = bytes.count
    bytes += text.bytes
    // Looked for among the bytes that were just added.
    let found = bytes.withUnsafeBytes { all in
      text.count > 0 && all.baseAddress.map { memchr($0 + start, 0, text.count) != nil } == true
    }
    if found { hasZero = true }
    bytes.append(0)
  }

  /// Ends the tuple that is being built.
  public mutating func endTuple() {
    ends.append(bytes.count)
  }

  /// The places of the tuples in their order, equal ones as they stand; nil when all are.
  public var order: [Int]? {
    // Each range ends where the next begins, within the bytes.
    bytes.withUnsafeBytes { bytes -> [Int]? in
      guard let base = bytes.baseAddress else { return nil }
      func compare(_ left: Int, _ right: Int) -> Int32 {
        let (own, other) = (ends[left + 1] - ends[left], ends[right + 1] - ends[right])
        let order = memcmp(base + ends[left], base + ends[right], Swift.min(own, other))
        return order == 0 ? Int32(own == other ? 0 : own < other ? -1 : 1) : order
      }
      let count = ends.count - 1
      guard (1..<Swift.max(1, count)).contains(where: { compare($0 - 1, $0) > 0 }) else {
        return nil
      }
      return (0..<count).sorted { left, right in
        let order = compare(left, right)
        return order == 0 ? left < right : order < 0
      }
    }
  }
}
