import Bytes
import Model

/// One filling in of a template.
struct TemplateExecution<Host: TemplateHost> {
  /// What a node says of those behind it.
  enum Flow { case on, leave, again }

  let host: Host
  let table: TemplateTable<Host>
  let limit: Int
  var output: [UInt8] = []
  private(set) var work = 0
  private var variables: [TemplateValue]

  init(_ host: Host, _ table: TemplateTable<Host>, slots: Int, limit: Int) {
    self.host = host
    self.table = table
    self.limit = limit
    variables = [TemplateValue](repeating: .none, count: slots)
  }

  private mutating func charge(_ amount: Int) throws(TemplateFault) {
    work += amount
    guard work <= Limits.templateWork else {
      throw TemplateFault(
        "the template does too much: more than \(Limits.templateWork) bytes read and written; "
          + "make its loops and texts smaller")
    }
  }

  private func checkOutput() throws(TemplateFault) {
    guard output.count <= limit else {
      throw TemplateFault("the template prints more than \(limit) bytes", isTooLong: true)
    }
  }

  mutating func write(_ nodes: [TemplateNode], dot: TemplateValue) throws(TemplateFault) -> Flow {
    for node in nodes {
      switch node {
      case .text(let text):
        output += text.bytes
        try charge(text.count)
        try checkOutput()
      case .action(let pipeline):
        let value = try self.value(pipeline, dot)
        guard pipeline.slot == nil else { continue }
        let before = output.count
        try PrintedText.append(value, host, to: &output)
        try charge(output.count - before)
        try checkOutput()
      case .choice(let branches, let bindsDot):
        for branch in branches {
          var inner = dot
          if let condition = branch.condition {
            let value = try self.value(condition, dot)
            guard value.isTrue else { continue }
            if bindsDot { inner = value }
          }
          let flow = try write(branch.body, dot: inner)
          if flow != .on { return flow }
          break
        }
      case .loop(let loop):
        let flow = try write(loop, dot: dot)
        if flow != .on { return flow }
      case .leave(let isBreak): return isBreak ? .leave : .again
      }
    }
    return .on
  }

  private mutating func write(
    _ loop: TemplateLoop, dot: TemplateValue
  ) throws(TemplateFault) -> Flow {
    let value = try self.value(loop.pipeline, dot)
    var isEmpty = true
    switch value {
    case .none: break
    case .text(let text) where text.isEmpty: break
    case .list(let list):
      for (index, element) in list.enumerated() {
        isEmpty = false
        if try round(loop, .integer(Int64(index)), element) == .leave { break }
      }
    case .integer(let count):
      var index: Int64 = 0
      while index < count {
        isEmpty = false
        if try round(loop, .integer(index), .integer(index)) == .leave { break }
        index += 1
      }
    case .map(let members):
      for member in members {
        isEmpty = false
        if try round(loop, .text(member.name), member.value) == .leave { break }
      }
    case .record(let record):
      let members = host.members(of: record)
      try charge(members.count * 32)
      for member in members {
        isEmpty = false
        if try round(loop, .text(member.name), member.value) == .leave { break }
      }
    default:
      throw TemplateFault("range cannot go over \(value.described)", at: loop.position)
    }
    return isEmpty ? try write(loop.otherwise, dot: dot) : .on
  }

  private mutating func round(
    _ loop: TemplateLoop, _ key: TemplateValue, _ element: TemplateValue
  ) throws(TemplateFault) -> Flow {
    do throws(TemplateFault) {
      try charge(32)
    } catch {
      throw error.placed(at: loop.position)
    }
    if let slot = loop.key { variables[slot] = key }
    if let slot = loop.element { variables[slot] = element }
    return try write(loop.body, dot: element)
  }

  /// The value of a pipeline, given to its variable if it has one.
  private mutating func value(
    _ pipeline: TemplatePipeline, _ dot: TemplateValue
  ) throws(TemplateFault) -> TemplateValue {
    var value: TemplateValue?
    for command in pipeline.commands {
      do throws(TemplateFault) {
        if case .function(let place) = command.head {
          value = try call(place, command.arguments, piped: value, dot)
        } else {
          value = try self.value(command.head, dot)
        }
      } catch {
        throw error.placed(at: command.position)
      }
    }
    let result = value ?? .none
    if let slot = pipeline.slot { variables[slot] = result }
    return result
  }

  private mutating func value(
    _ operand: TemplateOperand, _ dot: TemplateValue
  ) throws(TemplateFault) -> TemplateValue {
    switch operand {
    case .constant(let value): return value
    case .dot: return dot
    case .root: return .record(0)
    case .variable(let slot): return variables[slot]
    case .function(let place): return try call(place, [], piped: nil, dot)
    case .nested(let pipeline): return try value(pipeline, dot)
    case .member(let base, let path, let position):
      var value = try self.value(base, dot)
      for name in path {
        guard let member = Self.member(name, of: value, host) else {
          throw TemplateFault("\(value.described) has no .\(name.text)", at: position)
        }
        value = member
      }
      return value
    }
  }

  private mutating func call(
    _ place: Int, _ operands: [TemplateOperand], piped: TemplateValue?, _ dot: TemplateValue
  ) throws(TemplateFault) -> TemplateValue {
    let function = table.functions[place]
    // What stands behind the argument that decides is not looked at.
    if function.name == "and" || function.name == "or" {
      var last = TemplateValue.none
      for operand in operands {
        last = try value(operand, dot)
        if last.isTrue == (function.name == "or") { return last }
      }
      return piped ?? last
    }
    var arguments: [TemplateValue] = []
    arguments.reserveCapacity(operands.count + 1)
    for operand in operands { arguments.append(try value(operand, dot)) }
    if let piped { arguments.append(piped) }
    var weight = 32
    for argument in arguments { weight += argument.weight }
    // What is not constant is made ready again for each call, which costs far more than its bytes.
    if function.prepare != nil, case .text(let text)? = arguments.first {
      weight += 16_384 + text.count * 16
    }
    try charge(weight)
    let result = try function.body(
      TemplateCall(name: function.name, arguments: arguments, host: host))
    try charge(result.weight)
    return result
  }

  /// The member of a value, none where a map lacks it; nil when it has no members.
  static func member(
    _ name: ByteString, of value: TemplateValue, _ host: Host
  ) -> TemplateValue? {
    switch value {
    case .record(let record): host.member(name, of: record)
    case .map(let members): members.first { $0.name == name }?.value ?? .some(.none)
    default: nil
    }
  }
}
