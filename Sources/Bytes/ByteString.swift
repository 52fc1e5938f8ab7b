#if canImport(Glibc)
  import Glibc
#endif

/// A string of bytes: labels, tenants, messages. Equality, hash and order are by byte, never by
/// Unicode equivalence, so two inputs are one value only when they are the same bytes.
public struct ByteString: Hashable, Sendable {
  public let bytes: [UInt8]

  public init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  public init(_ slice: ArraySlice<UInt8>) {
    bytes = Array(slice)
  }

  public init(_ text: String) {
    bytes = Array(text.utf8)
  }

  /// Copies what the span lends.
  public init(_ span: Span<UInt8>) {
    bytes = span.withUnsafeBufferPointer { Array($0) }
  }

  public static let empty = ByteString([])

  public var count: Int { bytes.count }
  public var isEmpty: Bool { bytes.isEmpty }

  /// The bytes as text for people and JSON; invalid UTF-8 becomes U+FFFD.
  public var text: String { String(decoding: bytes, as: UTF8.self) }

  /// Whether the first bytes are those of `prefix`.
  public func hasPrefix(_ prefix: ByteString) -> Bool {
    bytes.starts(with: prefix.bytes)
  }

  /// Whether the last bytes are those of `suffix`.
  public func hasSuffix(_ suffix: ByteString) -> Bool {
    bytes.count >= suffix.bytes.count
      && bytes.suffix(suffix.bytes.count).elementsEqual(suffix.bytes)
  }

  /// Whether `needle` occurs anywhere; an empty needle always does.
  public func contains(_ needle: ByteString) -> Bool {
    bytes.span.firstRange(of: needle.bytes.span, from: 0) != nil
  }
}

extension ByteString: Comparable {
  public static func < (left: ByteString, right: ByteString) -> Bool {
    // No more is compared than both have; the pointers do not leave the closures.
    let order = left.bytes.withUnsafeBytes { own in
      right.bytes.withUnsafeBytes { other in
        guard let first = own.baseAddress, let second = other.baseAddress else { return Int32(0) }
        return memcmp(first, second, min(own.count, other.count))
      }
    }
    return order == 0 ? left.count < right.count : order < 0
  }
}

extension ByteString {
  public static func == (left: ByteString, right: ByteString) -> Bool {
    guard left.count == right.count else { return false }
    // Both have as many bytes; the pointers do not leave the closures.
    return left.bytes.withUnsafeBytes { own in
      right.bytes.withUnsafeBytes { other in
        guard let first = own.baseAddress, let second = other.baseAddress else { return true }
        return memcmp(first, second, own.count) == 0
      }
    }
  }

  /// All bytes at once: an array would be hashed byte by byte.
  public func hash(into hasher: inout Hasher) {
    // The hasher only reads them.
    bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
    hasher.combine(count)
  }
}

extension ByteString: ExpressibleByStringLiteral {
  public init(stringLiteral value: StaticString) {
    var copy: [UInt8] = []
    value.withUTF8Buffer { copy.append(contentsOf: $0) }
    bytes = copy
  }
}

extension ByteString: CustomStringConvertible {
  public var description: String { text }
}
