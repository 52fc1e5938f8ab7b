import Bytes

/// A template of `line_format` and `label_format`: text with `{{.label}}` and `{{__line__}}`.
struct LineTemplate: Sendable {
  /// A piece of a template.
  enum Part: Sendable, Equatable {
    case literal(ByteString)
    case label(ByteString)
    case line
  }

  let parts: [Part]

  var labels: [ByteString] {
    parts.compactMap { if case .label(let name) = $0 { name } else { nil } }
  }

  /// Throws on an action that does not end, and on actions other than a label and the line.
  init(_ text: ByteString) throws(QueryFault) {
    let bytes = text.bytes.span
    var parts: [Part] = []
    var index = 0
    let opening: ByteString = "{{"
    let closing: ByteString = "}}"
    while let start = bytes.firstRange(of: opening.bytes.span, from: index) {
      if start.lowerBound > index {
        parts.append(.literal(ByteString(bytes.extracting(index..<start.lowerBound))))
      }
      guard let end = bytes.firstRange(of: closing.bytes.span, from: start.upperBound) else {
        throw QueryFault(.badData, "invalid template: unclosed action")
      }
      let action = bytes.extracting(bytes.trimmed(start.upperBound..<end.lowerBound))
      parts.append(try Self.part(action))
      index = end.upperBound
    }
    if index < bytes.count {
      parts.append(.literal(ByteString(bytes.extracting(index..<bytes.count))))
    }
    self.parts = parts
  }

  private static func part(_ action: Span<UInt8>) throws(QueryFault) -> Part {
    if action.equals("__line__") { return .line }
    if action.count > 1, action[0] == 46 {
      let name = ByteString(action.extracting(1..<action.count))
      if LabelsText.isLabelName(name) { return .label(name) }
    }
    throw QueryFault(
      .execution, "template action {{\(ByteString(action).text)}} is not supported yet")
  }
}
