package import Bytes

/// The text of a query in its language; it knows how that language's own server words a fault.
package struct QueryText: Sendable {
  package let query: ByteString
  package let language: Language

  package init(_ query: ByteString, _ language: Language) {
    self.query = query
    self.language = language
  }

  /// Line and column, both from 1, of a byte; columns count bytes.
  package func position(of index: Int) -> (line: Int, column: Int) {
    var line = 1
    var lineStart = 0
    for (offset, byte) in query.bytes.prefix(Swift.max(index, 0)).enumerated() where byte == 10 {
      line += 1
      lineStart = offset + 1
    }
    return (line, Swift.min(index, query.count) - lineStart + 1)
  }

  /// A fault with its position in front: `1:5: parse error: ...`, and for LogQL
  /// `parse error at line 1, col 5: ...`.
  package func fault(_ message: String, at index: Int) -> QueryFault {
    let (line, column) = position(of: index)
    let head =
      switch language {
      case .promql: "\(line):\(column): parse error: "
      case .logql: "parse error at line \(line), col \(column): "
      }
    return QueryFault(.badData, head + message, at: index)
  }
}
