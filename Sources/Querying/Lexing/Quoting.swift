package import Bytes

/// Quoted texts of queries: `"..."` and `'...'` with Go's escapes, `` `...` `` with none.
package enum Quoting {
  /// Reads the quoted text at `index` and moves past it. Throws when it does not end or an escape
  /// is none.
  package static func read(
    _ bytes: Span<UInt8>, from index: inout Int, text: QueryText
  ) throws(QueryFault) -> ByteString {
    do throws(QuotedFault) {
      return try QuotedText.read(bytes, from: &index)
    } catch {
      throw text.fault(error.reason, at: error.position)
    }
  }

  /// A double-quoted text that reads back as the same bytes.
  package static func quote(_ value: ByteString) -> String { QuotedText.quote(value) }

  /// Whether the bytes are valid UTF-8, as names and label values have to be.
  package static func isUTF8(_ value: ByteString) -> Bool {
    String(validating: value.bytes, as: UTF8.self) != nil
  }
}
