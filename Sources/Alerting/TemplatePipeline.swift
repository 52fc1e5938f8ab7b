import Bytes
import Model

/// A value inside a template.
enum TemplateValue: Sendable {
  case text(ByteString)
  case number(Double)
  case flag(Bool)

  var bytes: [UInt8] {
    switch self {
    case .text(let text): text.bytes
    case .number(let number): Array(TemplateFunctions.plain(number).utf8)
    case .flag(let flag): Array((flag ? "true" : "false").utf8)
    }
  }

  /// Go's truth: not empty, not zero.
  var isTrue: Bool {
    switch self {
    case .text(let text): !text.isEmpty
    case .number(let number): number != 0
    case .flag(let flag): flag
    }
  }

  var number: Double? {
    switch self {
    case .number(let number): number
    case .text(let text): Numbers.prometheusFloat(text.bytes.span)
    case .flag: nil
    }
  }
}

/// What stands inside an action: commands joined by `|`, each value given to the next as its last
/// argument.
struct TemplatePipeline: Sendable {
  /// A word of a command.
  indirect enum Term: Sendable {
    case constant(TemplateValue)
    case label(ByteString)
    case externalLabel(ByteString)
    case value
    case externalURL
    case nested(TemplatePipeline)
    case function(String)
  }

  private let commands: [[Term]]

  /// Throws on an unknown name, a bad constant, or a missing parenthesis.
  init(_ code: String) throws(TemplateFault) {
    var tokens = try TemplateTokens(code)
    commands = try Self.commands(&tokens, depth: 0)
    guard tokens.isAtEnd else { throw TemplateFault(message: "unexpected \")\"") }
  }

  private init(commands: [[Term]]) {
    self.commands = commands
  }

  private static func commands(
    _ tokens: inout TemplateTokens, depth: Int
  ) throws(TemplateFault) -> [[Term]] {
    guard depth < 8 else { throw TemplateFault(message: "nested too deeply") }
    var commands: [[Term]] = [[]]
    while let token = tokens.peek(), token != ")" {
      tokens.advance()
      if token == "|" {
        commands.append([])
      } else if token == "(" {
        let inner = try Self.commands(&tokens, depth: depth + 1)
        guard tokens.peek() == ")" else { throw TemplateFault(message: "missing \")\"") }
        tokens.advance()
        commands[commands.count - 1].append(.nested(TemplatePipeline(commands: inner)))
      } else {
        commands[commands.count - 1].append(try term(token))
      }
    }
    guard commands.allSatisfy({ !$0.isEmpty }) else {
      throw TemplateFault(message: "missing value for command")
    }
    return commands
  }

  private static func term(_ token: String) throws(TemplateFault) -> Term {
    if token.hasPrefix("\"") || token.hasPrefix("`") {
      return .constant(.text(ByteString(TemplateTokens.unquoted(token))))
    }
    if let number = Numbers.decimal(Array(token.utf8).span) { return .constant(.number(number)) }
    switch token {
    case "true", "false": return .constant(.flag(token == "true"))
    case "$value", ".Value", "$.Value": return .value
    case "$externalURL", ".ExternalURL", "$.ExternalURL", "externalURL": return .externalURL
    default: break
    }
    let labelRoots = ["$labels.", ".Labels.", "$.Labels.", "$.labels."]
    for root in labelRoots where token.hasPrefix(root) {
      return .label(ByteString(String(token.dropFirst(root.count))))
    }
    for root in ["$externalLabels.", ".ExternalLabels.", "$.ExternalLabels."]
    where token.hasPrefix(root) {
      return .externalLabel(ByteString(String(token.dropFirst(root.count))))
    }
    guard TemplateFunctions.known.contains(token) else {
      throw TemplateFault(message: "\"\(token)\" is not known or not supported in templates")
    }
    return .function(token)
  }

  func value(_ values: TemplateValues) throws(TemplateFault) -> TemplateValue {
    var piped: TemplateValue?
    for command in commands {
      var arguments: [TemplateValue] = []
      for term in command.dropFirst() { arguments.append(try Self.value(term, values)) }
      if let piped { arguments.append(piped) }
      if case .function(let name)? = command.first {
        piped = try TemplateFunctions.call(name, arguments)
      } else if let first = command.first {
        guard arguments.isEmpty else {
          throw TemplateFault(message: "a value is not a function: it takes no arguments")
        }
        piped = try Self.value(first, values)
      }
    }
    return piped ?? .text(.empty)
  }

  private static func value(
    _ term: Term, _ values: TemplateValues
  ) throws(TemplateFault) -> TemplateValue {
    switch term {
    case .constant(let value): value
    case .label(let name): .text(values.labels[name] ?? .empty)
    case .externalLabel(let name): .text(values.externalLabels[name] ?? .empty)
    case .value: .number(values.value)
    case .externalURL: .text(ByteString(values.externalURL))
    case .nested(let pipeline): try pipeline.value(values)
    case .function(let name): try TemplateFunctions.call(name, [])
    }
  }
}

/// The words of an action: quoted strings whole, parentheses and bars alone.
struct TemplateTokens {
  private var tokens: [String] = []
  private var place = 0

  init(_ code: String) throws(TemplateFault) {
    var current = ""
    var quote: Character?
    var isEscaped = false
    for character in code {
      if let open = quote {
        current.append(character)
        if isEscaped {
          isEscaped = false
        } else if character == "\\", open == "\"" {
          isEscaped = true
        } else if character == open {
          tokens.append(current)
          current = ""
          quote = nil
        }
        continue
      }
      switch character {
      case "\"", "`":
        if !current.isEmpty { tokens.append(current) }
        current = String(character)
        quote = character
      case "(", ")", "|":
        if !current.isEmpty { tokens.append(current) }
        tokens.append(String(character))
        current = ""
      case " ", "\t", "\n", "\r":
        if !current.isEmpty { tokens.append(current) }
        current = ""
      default: current.append(character)
      }
    }
    guard quote == nil else { throw TemplateFault(message: "unterminated string") }
    if !current.isEmpty { tokens.append(current) }
  }

  var isAtEnd: Bool { place == tokens.count }

  func peek() -> String? { place < tokens.count ? tokens[place] : nil }

  mutating func advance() { place += 1 }

  /// What stands between the quotes, with `\n`, `\t`, `\"` and `\\` undone.
  static func unquoted(_ token: String) -> String {
    let inner = token.dropFirst().dropLast()
    guard token.hasPrefix("\"") else { return String(inner) }
    var text = ""
    var isEscaped = false
    for character in inner {
      if isEscaped {
        switch character {
        case "n": text.append("\n")
        case "t": text.append("\t")
        default: text.append(character)
        }
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else {
        text.append(character)
      }
    }
    return text
  }
}
