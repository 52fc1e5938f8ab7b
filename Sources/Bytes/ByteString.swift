/// A string of bytes: labels, tenants, messages. Equality, hash and order are by byte, never by
/// Unicode equivalence, so two inputs are one value only when they are the same bytes.
package struct ByteString: Hashable, Sendable {
  package let bytes: [UInt8]

  package init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  package init(_ slice: ArraySlice<UInt8>) {
    bytes = Array(slice)
  }

  package init(_ text: String) {
    bytes = Array(text.utf8)
  }

  /// Copies what the span lends.
  package init(_ span: Span<UInt8>) {
    bytes = span.withUnsafeBufferPointer { Array($0) }
  }

  package static let empty = ByteString([])

  package var count: Int { bytes.count }
  package var isEmpty: Bool { bytes.isEmpty }

  /// The bytes as text for people and JSON; invalid UTF-8 becomes U+FFFD.
  package var text: String { String(decoding: bytes, as: UTF8.self) }

  /// Whether the first bytes are those of `prefix`.
  package func hasPrefix(_ prefix: ByteString) -> Bool {
    bytes.starts(with: prefix.bytes)
  }

  /// Whether the last bytes are those of `suffix`.
  package func hasSuffix(_ suffix: ByteString) -> Bool {
    bytes.count >= suffix.bytes.count
      && bytes.suffix(suffix.bytes.count).elementsEqual(suffix.bytes)
  }

  /// Whether `needle` occurs anywhere; an empty needle always does.
  package func contains(_ needle: ByteString) -> Bool {
    bytes.span.firstRange(of: needle.bytes.span, from: 0) != nil
  }
}

extension ByteString: Comparable {
  package static func < (left: ByteString, right: ByteString) -> Bool {
    left.bytes.lexicographicallyPrecedes(right.bytes)
  }
}

extension ByteString: ExpressibleByStringLiteral {
  package init(stringLiteral value: StaticString) {
    var copy: [UInt8] = []
    value.withUTF8Buffer { copy.append(contentsOf: $0) }
    bytes = copy
  }
}

extension ByteString: CustomStringConvertible {
  package var description: String { text }
}
