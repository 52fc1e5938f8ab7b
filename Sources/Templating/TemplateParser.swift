import Bytes
import Model

/// Reads a template's pieces into its tree. Everything that does not depend on values is checked
/// here: names, numbers of arguments, nesting.
struct TemplateParser<Host: TemplateHost> {
  /// A variable in reach.
  struct Variable {
    let name: String
    let slot: Int
    /// Whether it is another name of what the template is filled in with.
    let isRoot: Bool
  }

  /// What ended a block: a keyword and the words behind it.
  struct Ending {
    let word: String
    let tokens: ArraySlice<TemplateToken>
    let position: Int
  }

  let table: TemplateTable<Host>
  private let pieces: [TemplatePieces.Piece]
  private var place = 0
  private var loops = 0
  var variables: [Variable] = []
  var slots = 0
  var names = TemplateNames()
  var dotIsRoot = true
  var depth = 0

  init(_ text: ByteString, _ table: TemplateTable<Host>) throws(TemplateFault) {
    self.table = table
    pieces = try TemplatePieces(text).pieces
  }

  mutating func parse() throws(TemplateFault) -> [TemplateNode] {
    let (nodes, ending) = try block()
    if let ending {
      throw TemplateFault(
        "{{ \(ending.word) }} without an open {{ if }}, {{ with }} or {{ range }}",
        at: ending.position)
    }
    return nodes
  }

  mutating func deeper<Result>(
    at position: Int, _ body: (inout Self) throws(TemplateFault) -> Result
  ) throws(TemplateFault) -> Result {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Limits.templateDepth else {
      throw TemplateFault(
        "nested too deeply: more than \(Limits.templateDepth) blocks and parentheses", at: position)
    }
    return try body(&self)
  }

  /// The nodes up to `else` or `end`, or up to the end of the template.
  private mutating func block() throws(TemplateFault) -> ([TemplateNode], Ending?) {
    var nodes: [TemplateNode] = []
    while place < pieces.count {
      let piece = pieces[place]
      place += 1
      guard case .action(let tokens, let position) = piece else {
        if case .text(let text) = piece { nodes.append(.text(text)) }
        continue
      }
      guard let first = tokens.first else { throw TemplateFault("empty action", at: position) }
      guard case .identifier(let word) = first.kind else {
        nodes.append(.action(try whole(tokens[...], position)))
        continue
      }
      let rest = tokens.dropFirst()
      switch word {
      case "end", "else":
        return (nodes, Ending(word: word, tokens: rest, position: position))
      case "if", "with":
        nodes.append(
          try deeper(at: position) { (inner: inout Self) throws(TemplateFault) in
            try inner.choice(rest, position, bindsDot: word == "with")
          })
      case "range":
        nodes.append(
          try deeper(at: position) { (inner: inout Self) throws(TemplateFault) in
            try inner.loop(rest, position)
          })
      case "break", "continue":
        guard loops > 0 else {
          throw TemplateFault("{{ \(word) }} outside {{ range }}", at: position)
        }
        guard rest.isEmpty else { throw unexpected(rest, "after \(word)", position) }
        nodes.append(.leave(isBreak: word == "break"))
      case "define", "template", "block":
        throw TemplateFault("{{ \(word) }} is not supported", at: position)
      default: nodes.append(.action(try whole(tokens[...], position)))
      }
    }
    return (nodes, nil)
  }

  private mutating func choice(
    _ tokens: ArraySlice<TemplateToken>, _ position: Int, bindsDot: Bool
  ) throws(TemplateFault) -> TemplateNode {
    let word = bindsDot ? "with" : "if"
    let outer = variables.count
    let outerDot = dotIsRoot
    defer { variables.removeLast(variables.count - outer) }
    var branches: [TemplateBranch] = []
    var condition: TemplatePipeline? = try whole(tokens, position, takesRoot: bindsDot)
    while true {
      if bindsDot, let condition { dotIsRoot = condition.isRoot }
      let (body, ending) = try scoped()
      dotIsRoot = outerDot
      branches.append(TemplateBranch(condition: condition, body: body))
      guard let ending else {
        throw TemplateFault("{{ \(word) }} without {{ end }}", at: position)
      }
      if ending.word == "end" {
        guard ending.tokens.isEmpty else {
          throw unexpected(ending.tokens, "after end", ending.position)
        }
        return .choice(branches, bindsDot: bindsDot)
      }
      guard condition != nil else {
        throw TemplateFault("a second {{ else }} of one {{ \(word) }}", at: ending.position)
      }
      if ending.tokens.first?.kind == .identifier(word) {
        condition = try whole(ending.tokens.dropFirst(), ending.position, takesRoot: bindsDot)
      } else if ending.tokens.isEmpty {
        condition = nil
      } else {
        throw unexpected(ending.tokens, "after else", ending.position)
      }
    }
  }

  /// A block whose variables end with it.
  private mutating func scoped() throws(TemplateFault) -> ([TemplateNode], Ending?) {
    let outer = variables.count
    defer { variables.removeLast(variables.count - outer) }
    return try block()
  }

  private mutating func loop(
    _ tokens: ArraySlice<TemplateToken>, _ position: Int
  ) throws(TemplateFault) -> TemplateNode {
    let outer = variables.count
    let outerDot = dotIsRoot
    defer {
      variables.removeLast(variables.count - outer)
      dotIsRoot = outerDot
    }
    let head = try loopHead(tokens, position)
    dotIsRoot = false
    loops += 1
    var (body, ending) = try scoped()
    loops -= 1
    dotIsRoot = outerDot
    var otherwise: [TemplateNode] = []
    if let found = ending, found.word == "else" {
      guard found.tokens.isEmpty else {
        throw unexpected(found.tokens, "after else", found.position)
      }
      (otherwise, ending) = try scoped()
    }
    guard let ending, ending.word == "end" else {
      throw TemplateFault("{{ range }} without {{ end }}", at: position)
    }
    guard ending.tokens.isEmpty else {
      throw unexpected(ending.tokens, "after end", ending.position)
    }
    return .loop(
      TemplateLoop(
        pipeline: head.pipeline, key: head.key, element: head.element, body: body,
        otherwise: otherwise, position: position))
  }

  /// `$key, $element := pipeline`, `$element := pipeline`, or a pipeline alone.
  private mutating func loopHead(
    _ tokens: ArraySlice<TemplateToken>, _ position: Int
  ) throws(TemplateFault) -> (pipeline: TemplatePipeline, key: Int?, element: Int?) {
    var words: [String] = []
    var rest = tokens
    while case .variable(let name)? = rest.first?.kind {
      words.append(name)
      rest = rest.dropFirst()
      guard rest.first?.kind == .symbol(.comma) else { break }
      rest = rest.dropFirst()
    }
    let symbol = rest.first?.kind
    guard !words.isEmpty, symbol == .symbol(.declare) || symbol == .symbol(.assign) else {
      return (try whole(tokens, position), nil, nil)
    }
    guard words.count <= 2, !words.contains("") else {
      throw TemplateFault("{{ range }} sets one or two variables", at: position)
    }
    let pipeline = try whole(rest.dropFirst(), position)
    var found: [Int] = []
    for word in words {
      found.append(
        symbol == .symbol(.declare)
          ? declare(word, isRoot: false) : try slot(of: word, at: position))
    }
    return found.count == 2 ? (pipeline, found[0], found[1]) : (pipeline, nil, found[0])
  }

  mutating func declare(_ name: String, isRoot: Bool) -> Int {
    variables.append(Variable(name: name, slot: slots, isRoot: isRoot))
    slots += 1
    return slots - 1
  }

  func slot(of name: String, at position: Int) throws(TemplateFault) -> Int {
    guard let variable = variables.last(where: { $0.name == name }) else {
      throw undefined(name, position)
    }
    return variable.slot
  }

  func undefined(_ name: String, _ position: Int) -> TemplateFault {
    let known = variables.map(\.name) + table.variables.keys.sorted()
    return TemplateFault(
      "undefined variable \"$\(name)\"" + NameHint.text("$" + name, among: known.map { "$" + $0 }),
      at: position)
  }

  func unexpected(
    _ tokens: ArraySlice<TemplateToken>, _ context: String, _ position: Int
  ) -> TemplateFault {
    let token = tokens.first
    let shown =
      switch token?.kind {
      case .identifier(let name)?: "\"\(name)\""
      case .field(let name)?: "\".\(name)\""
      case .variable(let name)?: "\"$\(name)\""
      case .text(let text)?: QuotedText.quote(text)
      case .integer(let integer)?: "\(integer)"
      case .number(let number)?: FloatText.shortest(number)
      case .symbol(let symbol)?: "\"\(symbol.rawValue)\""
      case nil: "end of the action"
      }
    return TemplateFault("unexpected \(shown) \(context)", at: token?.position ?? position)
  }
}
