import Bytes
import Model

/// Values as Go prints them: `%v`, and what `print` and `println` put between them.
enum PrintedText {
  /// Appends a value as an action prints it.
  static func append<Host: TemplateHost>(
    _ value: TemplateValue, _ host: Host, to output: inout [UInt8]
  ) throws(TemplateFault) {
    if case .none = value {
      output += "<no value>".utf8
    } else {
      try write(value, host, to: &output, start: output.count)
    }
  }

  /// The text that a value prints as, `<nil>` for none.
  static func text<Host: TemplateHost>(
    _ value: TemplateValue, _ host: Host
  ) throws(TemplateFault) -> [UInt8] {
    if let bytes = value.bytes { return bytes.bytes }
    var output: [UInt8] = []
    try write(value, host, to: &output, start: 0)
    return output
  }

  /// All values, with a blank between two of which neither is a text (Go `fmt.Sprint`).
  static func joined<Host: TemplateHost>(
    _ values: ArraySlice<TemplateValue>, _ host: Host
  ) throws(TemplateFault) -> [UInt8] {
    var output: [UInt8] = []
    var wasText = true
    for value in values {
      let isText = value.bytes != nil
      if !wasText, !isText { output.append(32) }
      try write(value, host, to: &output, start: 0)
      wasText = isText
    }
    return output
  }

  private static func write<Host: TemplateHost>(
    _ value: TemplateValue, _ host: Host, to output: inout [UInt8], start: Int
  ) throws(TemplateFault) {
    switch value {
    case .none: output += "<nil>".utf8
    case .text(let text): output += text.bytes
    case .prepared(let prepared): output += prepared.text.bytes
    case .integer(let integer): output += "\(integer)".utf8
    case .number(let number): output += FloatText.shortest(number).utf8
    case .flag(let flag): output += (flag ? "true" : "false").utf8
    case .time(let time): output += time.text.bytes
    case .list(let list):
      output.append(91)
      for (index, element) in list.enumerated() {
        if index > 0 { output.append(32) }
        try write(element, host, to: &output, start: start)
      }
      output.append(93)
    case .map(let members): try write(members, host, to: &output, start: start)
    case .record(let record):
      try write(host.members(of: record), host, to: &output, start: start)
    }
    guard output.count - start <= Limits.templateValueBytes else {
      throw BoundedText.tooLong
    }
  }

  private static func write<Host: TemplateHost>(
    _ members: [TemplateMember], _ host: Host, to output: inout [UInt8], start: Int
  ) throws(TemplateFault) {
    output += "map[".utf8
    for (index, member) in members.enumerated() {
      if index > 0 { output.append(32) }
      output += member.name.bytes
      output.append(58)
      try write(member.value, host, to: &output, start: start)
    }
    output.append(93)
  }
}
