package import Bytes
package import Model

/// Why a template was refused or could not be filled in.
package struct TemplateFault: Error, Sendable, Equatable {
  package let message: String
}

/// What a template is filled in with.
package struct TemplateValues: Sendable {
  package var labels: Labels
  package var value: Double
  package var externalLabels: Labels
  package var externalURL: String

  package init(
    labels: Labels, value: Double, externalLabels: Labels = .empty, externalURL: String = ""
  ) {
    self.labels = labels
    self.value = value
    self.externalLabels = externalLabels
    self.externalURL = externalURL
  }
}

/// Text with `{{ ... }}` actions, the part of Go's templates that alert rules use: fields
/// (`$labels.x`, `.Labels.x`, `$value`, `.Value`, `$externalLabels.x`, `$externalURL`), constants,
/// pipelines of functions, and `if`/`else if`/`else`/`end` (Go text/template).
package struct Template: Sendable {
  /// A part of a template.
  indirect enum Node: Sendable {
    case text(String)
    case action(TemplatePipeline)
    case choice([(condition: TemplatePipeline?, body: [Node])])
  }

  private static let depthLimit = 16

  package let text: String
  private let nodes: [Node]

  /// Throws on an action that is not closed, not known, or not of this part of the language.
  package init(_ text: String) throws(TemplateFault) {
    self.text = text
    var pieces = try TemplatePieces(text)
    let (nodes, ending) = try Self.nodes(&pieces, depth: 0)
    guard ending.isEmpty else { throw TemplateFault(message: "{{ \(ending) }} without {{ if }}") }
    self.nodes = nodes
  }

  /// The text filled in; at most `Limits.templateOutputBytes` bytes of it.
  package func fill(_ values: TemplateValues) throws(TemplateFault) -> ByteString {
    var output: [UInt8] = []
    try Self.write(nodes, values, into: &output)
    return ByteString(Array(output.prefix(Limits.templateOutputBytes)))
  }

  /// The text filled in, or what went wrong in its place, as Prometheus does it.
  package func filled(_ values: TemplateValues) -> ByteString {
    do {
      return try fill(values)
    } catch {
      return ByteString("<error expanding template: \(error.message)>")
    }
  }

  private static func nodes(
    _ pieces: inout TemplatePieces, depth: Int
  ) throws(TemplateFault) -> (nodes: [Node], ending: String) {
    guard depth < depthLimit else { throw TemplateFault(message: "nested too deeply") }
    var nodes: [Node] = []
    while let piece = pieces.next() {
      switch piece {
      case .text(let text): nodes.append(.text(text))
      case .action(let code):
        let word = String(code.prefix { $0 != " " && $0 != "\t" && $0 != "\n" })
        switch word {
        case "end", "else": return (nodes, code)
        case "if": nodes.append(try choice(code, &pieces, depth: depth))
        case "range", "with", "define", "template", "block", "break", "continue":
          throw TemplateFault(message: "{{ \(word) }} is not supported")
        case "": throw TemplateFault(message: "empty action")
        default:
          if code.hasPrefix("/*") { continue }
          nodes.append(.action(try TemplatePipeline(code)))
        }
      }
    }
    return (nodes, "")
  }

  private static func choice(
    _ code: String, _ pieces: inout TemplatePieces, depth: Int
  ) throws(TemplateFault) -> Node {
    var branches: [(condition: TemplatePipeline?, body: [Node])] = []
    var condition: TemplatePipeline? = try TemplatePipeline(String(code.dropFirst(2)))
    while true {
      let (body, ending) = try nodes(&pieces, depth: depth + 1)
      branches.append((condition, body))
      if ending == "end" { return .choice(branches) }
      guard ending.hasPrefix("else"), condition != nil else {
        throw TemplateFault(message: "{{ if }} without {{ end }}")
      }
      let rest = ending.dropFirst(4).drop { $0.isWhitespace }
      guard rest.isEmpty || rest.hasPrefix("if"), rest.dropFirst(2).first?.isWhitespace ?? true
      else { throw TemplateFault(message: "unexpected \"\(rest)\" after else") }
      condition = rest.isEmpty ? nil : try TemplatePipeline(String(rest.dropFirst(2)))
    }
  }

  private static func write(
    _ nodes: [Node], _ values: TemplateValues, into output: inout [UInt8]
  ) throws(TemplateFault) {
    for node in nodes {
      guard output.count <= Limits.templateOutputBytes else { return }
      switch node {
      case .text(let text): output += text.utf8
      case .action(let pipeline): output += try pipeline.value(values).bytes
      case .choice(let branches):
        for branch in branches {
          let holds = try branch.condition?.value(values).isTrue ?? true
          guard holds else { continue }
          try write(branch.body, values, into: &output)
          break
        }
      }
    }
  }
}

/// A template cut into text and the code of its actions, blanks trimmed as `{{-` and `-}}` say.
struct TemplatePieces {
  /// Text, or the code between braces.
  enum Piece { case text(String), action(String) }

  private var pieces: [Piece] = []
  private var place = 0

  init(_ text: String) throws(TemplateFault) {
    var rest = Substring(text)
    var trimsNext = false
    while let open = rest.range(of: "{{") {
      var before = rest[..<open.lowerBound]
      if trimsNext { before = before.drop { $0.isWhitespace } }
      rest = rest[open.upperBound...]
      guard let close = rest.range(of: "}}") else {
        throw TemplateFault(message: "unclosed action")
      }
      var code = rest[..<close.lowerBound]
      rest = rest[close.upperBound...]
      if code.hasPrefix("- ") {
        code = code.dropFirst()
        while before.last?.isWhitespace == true { before.removeLast() }
      }
      trimsNext = code.hasSuffix(" -")
      if trimsNext { code = code.dropLast() }
      if !before.isEmpty { pieces.append(.text(String(before))) }
      pieces.append(.action(Self.trimmed(code)))
    }
    if trimsNext { rest = rest.drop { $0.isWhitespace } }
    if !rest.isEmpty { pieces.append(.text(String(rest))) }
  }

  private static func trimmed(_ text: Substring) -> String {
    var text = text.drop { $0.isWhitespace }
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }

  var isAtEnd: Bool { place == pieces.count }

  mutating func next() -> Piece? {
    guard place < pieces.count else { return nil }
    defer { place += 1 }
    return pieces[place]
  }
}

extension Substring {
  /// Where `text` occurs first.
  fileprivate func range(of text: String) -> Range<Index>? {
    var index = startIndex
    while index < endIndex {
      if self[index...].hasPrefix(text) {
        return index..<self.index(index, offsetBy: text.count)
      }
      index = self.index(after: index)
    }
    return nil
  }
}
