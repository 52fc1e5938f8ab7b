import Bytes

extension TemplateParser {
  /// All words of an action as one pipeline. With `takesRoot` it may be the record itself, which
  /// is followed rather than counted as a use of all its members.
  mutating func whole(
    _ tokens: ArraySlice<TemplateToken>, _ position: Int, takesRoot: Bool = false
  ) throws(TemplateFault) -> TemplatePipeline {
    var tokens = tokens
    let pipeline = try pipeline(&tokens, position, takesRoot: takesRoot)
    if !tokens.isEmpty { throw unexpected(tokens, "in an action", position) }
    return pipeline
  }

  /// `$x := commands`, `$x = commands`, or commands.
  private mutating func pipeline(
    _ tokens: inout ArraySlice<TemplateToken>, _ position: Int, takesRoot: Bool
  ) throws(TemplateFault) -> TemplatePipeline {
    guard case .variable(let name)? = tokens.first?.kind, let second = tokens.dropFirst().first,
      second.kind == .symbol(.declare) || second.kind == .symbol(.assign)
    else {
      var pipeline = TemplatePipeline(slot: nil, commands: try commands(&tokens, position))
      follow(&pipeline, takesRoot: takesRoot)
      return pipeline
    }
    let declares = second.kind == .symbol(.declare)
    let start = tokens.first?.position ?? position
    guard !name.isEmpty else { throw TemplateFault("$ cannot be set", at: start) }
    let known = declares ? nil : try slot(of: name, at: start)
    tokens = tokens.dropFirst(2)
    var pipeline = TemplatePipeline(slot: nil, commands: try commands(&tokens, position))
    follow(&pipeline, takesRoot: declares)
    pipeline.slot = known ?? declare(name, isRoot: pipeline.isRoot)
    return pipeline
  }

  /// Notes whether the pipeline is the record itself, and if it may not be, that all is read.
  private mutating func follow(_ pipeline: inout TemplatePipeline, takesRoot: Bool) {
    guard pipeline.commands.count == 1, let only = pipeline.commands.first,
      only.arguments.isEmpty, isRoot(only.head)
    else { return }
    pipeline.isRoot = takesRoot
    if !takesRoot { names.addAll() }
  }

  private func isRoot(_ operand: TemplateOperand) -> Bool {
    switch operand {
    case .root: true
    case .dot: dotIsRoot
    case .variable(let slot): variables.last { $0.slot == slot }?.isRoot ?? false
    default: false
    }
  }

  private mutating func commands(
    _ tokens: inout ArraySlice<TemplateToken>, _ position: Int
  ) throws(TemplateFault) -> [TemplateCommand] {
    var commands = [try command(&tokens, position, isPiped: false)]
    while tokens.first?.kind == .symbol(.pipe) {
      let bar = tokens.removeFirst()
      // What is piped is used whole.
      if let last = commands.last, last.arguments.isEmpty, isRoot(last.head) { names.addAll() }
      commands.append(try command(&tokens, bar.position, isPiped: true))
    }
    return commands
  }

  private mutating func command(
    _ tokens: inout ArraySlice<TemplateToken>, _ position: Int, isPiped: Bool
  ) throws(TemplateFault) -> TemplateCommand {
    var operands: [TemplateOperand] = []
    let start = tokens.first?.position ?? position
    while let token = tokens.first {
      if token.kind == .symbol(.pipe) || token.kind == .symbol(.close) { break }
      if !operands.isEmpty, !token.followsBlank {
        if case .symbol(.open) = token.kind {
        } else {
          throw unexpected(tokens, "in an operand; arguments stand apart", position)
        }
      }
      operands.append(try operand(&tokens))
    }
    guard let head = operands.first else {
      throw TemplateFault("missing value for command", at: start)
    }
    let arguments = Array(operands.dropFirst())
    guard case .function(let place) = head else {
      if isPiped {
        throw TemplateFault("a value is not a function: nothing can be piped to it", at: start)
      }
      if !arguments.isEmpty {
        throw TemplateFault("a value is not a function: it takes no arguments", at: start)
      }
      return TemplateCommand(head: head, arguments: [], position: start)
    }
    return try call(place, arguments, start, isPiped: isPiped)
  }

  private mutating func call(
    _ place: Int, _ arguments: [TemplateOperand], _ start: Int, isPiped: Bool
  ) throws(TemplateFault) -> TemplateCommand {
    let function = table.functions[place]
    let count = arguments.count + (isPiped ? 1 : 0)
    guard function.count.contains(count) else {
      throw TemplateFault(Self.miscounted(function, count), at: start)
    }
    try note(function.name, arguments, start)
    guard let prepare = function.prepare, case .constant(.text(let text))? = arguments.first else {
      return TemplateCommand(head: .function(place), arguments: arguments, position: start)
    }
    var ready = arguments
    do throws(TemplateFault) {
      ready[0] = .constant(.prepared(TemplatePrepared(text, try prepare(text))))
    } catch {
      throw TemplateFault("\(function.name): \(error.message)", at: start)
    }
    return TemplateCommand(head: .function(place), arguments: ready, position: start)
  }

  private static func miscounted(_ function: TemplateFunction<Host>, _ count: Int) -> String {
    let (least, most) = (function.count.lowerBound, function.count.upperBound)
    let wanted =
      least == most ? "\(least)" : most == .max ? "at least \(least)" : "\(least) to \(most)"
    return "wrong number of arguments for \(function.name): it takes \(wanted), got \(count)"
  }

  /// `index . "name"` reads one member, all other uses of the record read it whole.
  private mutating func note(
    _ function: String, _ arguments: [TemplateOperand], _ start: Int
  ) throws(TemplateFault) {
    for (place, argument) in arguments.enumerated() {
      if case .function(let inner) = argument, !table.functions[inner].count.contains(0) {
        throw TemplateFault(
          Self.miscounted(table.functions[inner], 0)
            + "; a call within a call stands in parentheses",
          at: start)
      }
      guard isRoot(argument) else { continue }
      if function == "index", place == 0, arguments.count > 1,
        case .constant(.text(let name)) = arguments[1]
      {
        names.add(name)
      } else {
        names.addAll()
      }
    }
  }

  private mutating func operand(
    _ tokens: inout ArraySlice<TemplateToken>
  ) throws(TemplateFault) -> TemplateOperand {
    let token = tokens.removeFirst()
    let base: TemplateOperand
    switch token.kind {
    case .text(let text): return .constant(.text(text))
    case .integer(let integer): return .constant(.integer(integer))
    case .number(let number): return .constant(.number(number))
    case .field(let name):
      return try members(of: .dot, [name], &tokens, token.position)
    case .variable(let name): base = try variable(name, token.position)
    case .identifier(let name): base = try named(name, token.position)
    case .symbol(.dot): base = .dot
    case .symbol(.open):
      let inner = try deeper(at: token.position) {
        (inner: inout Self) throws(TemplateFault) -> TemplatePipeline in
        try inner.pipeline(&tokens, token.position, takesRoot: false)
      }
      guard tokens.first?.kind == .symbol(.close) else {
        throw TemplateFault("unclosed left parenthesis", at: token.position)
      }
      tokens = tokens.dropFirst()
      base = .nested(inner)
    case .symbol(let symbol):
      throw TemplateFault("unexpected \"\(symbol.rawValue)\" in an action", at: token.position)
    }
    return try members(of: base, [], &tokens, token.position)
  }

  private func variable(_ name: String, _ position: Int) throws(TemplateFault) -> TemplateOperand {
    if name.isEmpty { return .root }
    if let variable = variables.last(where: { $0.name == name }) { return .variable(variable.slot) }
    guard let member = table.variables[name] else { throw undefined(name, position) }
    return .member(.root, [member], position: position)
  }

  private func named(_ name: String, _ position: Int) throws(TemplateFault) -> TemplateOperand {
    switch name {
    case "true": return .constant(.flag(true))
    case "false": return .constant(.flag(false))
    case "nil": return .constant(.none)
    default: break
    }
    guard let place = table.places[name] else {
      throw TemplateFault(
        "function \"\(name)\" not defined" + NameHint.text(name, among: table.places.keys.sorted()),
        at: position)
    }
    return .function(place)
  }

  /// The fields that follow without a blank: `$x.a.b`, `(pipeline).a`.
  private mutating func members(
    of base: TemplateOperand, _ path: [ByteString], _ tokens: inout ArraySlice<TemplateToken>,
    _ position: Int
  ) throws(TemplateFault) -> TemplateOperand {
    var path = path
    while let next = tokens.first, !next.followsBlank, case .field(let name) = next.kind {
      path.append(name)
      tokens = tokens.dropFirst()
    }
    guard let first = path.first else { return base }
    if isRoot(base) {
      if let known = table.members, !known.contains(first.text) {
        throw TemplateFault(
          "there is no .\(first.text) here"
            + NameHint.text("." + first.text, among: known.map { "." + $0 }), at: position)
      }
      names.add(first)
    }
    return .member(base, path, position: position)
  }
}
