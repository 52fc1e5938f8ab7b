import Bytes
import Model
import Querying

/// The functions of templates, as Prometheus documents them ("Template reference"), but those that
/// query.
enum TemplateFunctions {
  static let known: Set<String> = [
    "humanize", "humanize1024", "humanizeDuration", "humanizePercentage", "humanizeTimestamp",
    "title", "toUpper", "toLower", "printf", "print", "len", "eq", "ne", "lt", "le", "gt", "ge",
    "and", "or", "not", "reReplaceAll", "match", "stripPort", "stripDomain", "safeHtml",
    "parseDuration", "urlQueryEscape",
  ]

  static func call(
    _ name: String, _ arguments: [TemplateValue]
  ) throws(TemplateFault) -> TemplateValue {
    switch name {
    case "humanize": return text(humanized(try number(name, arguments)))
    case "humanize1024": return text(humanized1024(try number(name, arguments)))
    case "humanizeDuration": return text(duration(try number(name, arguments)))
    case "humanizePercentage": return text(rounded4(try number(name, arguments) * 100) + "%")
    case "humanizeTimestamp":
      let seconds = try number(name, arguments)
      guard let instant = Int64(clamping: seconds * 1e9) else { return text(plain(seconds)) }
      return text(Instant.text(instant))
    case "title": return text(titled(try string(name, arguments)))
    case "toUpper": return text(try string(name, arguments).text.uppercased())
    case "toLower": return text(try string(name, arguments).text.lowercased())
    case "safeHtml": return .text(try string(name, arguments))
    case "print":
      return text(arguments.map { String(decoding: $0.bytes, as: UTF8.self) }.joined())
    case "printf": return text(try formatted(arguments))
    case "len": return .number(Double(try string(name, arguments).count))
    case "eq", "ne", "lt", "le", "gt", "ge": return .flag(try compared(name, arguments))
    case "and": return arguments.first { !$0.isTrue } ?? arguments.last ?? .flag(true)
    case "or": return arguments.first { $0.isTrue } ?? arguments.last ?? .flag(false)
    case "not": return .flag(!(arguments.first?.isTrue ?? false))
    case "reReplaceAll": return try replaced(arguments)
    case "match":
      let (pattern, subject) = try two(name, arguments)
      return .flag(try regex(pattern).find(subject.bytes.span) != nil)
    case "stripPort": return text(TemplateHost(try string(name, arguments).text).host)
    case "stripDomain": return text(TemplateHost(try string(name, arguments).text).withoutDomain)
    case "parseDuration":
      let duration = try string(name, arguments).text
      guard let time = RuleFile.milliseconds(duration) else {
        throw TemplateFault(message: "\"\(duration)\" is not a duration")
      }
      return .number(Double(time) / 1_000)
    case "urlQueryEscape": return .text(escaped(try string(name, arguments)))
    default: throw TemplateFault(message: "\(name) is not supported")
    }
  }

  private static func text(_ text: String) -> TemplateValue { .text(ByteString(text)) }

  private static func number(
    _ name: String, _ arguments: [TemplateValue]
  ) throws(TemplateFault) -> Double {
    guard arguments.count == 1, let number = arguments[0].number else {
      throw TemplateFault(message: "\(name) wants one number")
    }
    return number
  }

  private static func string(
    _ name: String, _ arguments: [TemplateValue]
  ) throws(TemplateFault) -> ByteString {
    guard arguments.count == 1 else { throw TemplateFault(message: "\(name) wants one value") }
    return ByteString(arguments[0].bytes)
  }

  private static func two(
    _ name: String, _ arguments: [TemplateValue]
  ) throws(TemplateFault) -> (ByteString, ByteString) {
    guard arguments.count == 2 else { throw TemplateFault(message: "\(name) wants two values") }
    return (ByteString(arguments[0].bytes), ByteString(arguments[1].bytes))
  }

  private static func regex(_ pattern: ByteString) throws(TemplateFault) -> Regex {
    do {
      return try Regex.filter(pattern)
    } catch {
      throw TemplateFault(message: error.message)
    }
  }

  /// `reReplaceAll pattern replacement text`; `$1` and `${1}` stand for groups.
  private static func replaced(
    _ arguments: [TemplateValue]
  ) throws(TemplateFault) -> TemplateValue {
    guard arguments.count == 3 else {
      throw TemplateFault(message: "reReplaceAll wants a pattern, a replacement and a text")
    }
    let regex = try regex(ByteString(arguments[0].bytes))
    let names = regex.groupNames
    let replacement = ByteString(arguments[1].bytes)
    let subject = arguments[2].bytes
    var output: [UInt8] = []
    var position = 0
    while position <= subject.count, output.count <= Limits.templateOutputBytes,
      let groups = regex.find(subject.span, from: position), let whole = groups[0]
    {
      output += subject[position..<whole.lowerBound]
      output +=
        GroupText.expand(
          replacement, groups, names, in: ByteString(subject), limit: Limits.templateOutputBytes
        ).bytes
      if whole.isEmpty, whole.upperBound < subject.count {
        output.append(subject[whole.upperBound])
      }
      position = whole.isEmpty ? whole.upperBound + 1 : whole.upperBound
    }
    if position < subject.count { output += subject[position...] }
    return .text(ByteString(output))
  }

  private static func compared(
    _ name: String, _ arguments: [TemplateValue]
  ) throws(TemplateFault) -> Bool {
    guard arguments.count == 2 else { throw TemplateFault(message: "\(name) wants two values") }
    if case .text(let left) = arguments[0], case .text(let right) = arguments[1] {
      switch name {
      case "eq": return left == right
      case "ne": return left != right
      case "lt": return left < right
      case "le": return left <= right
      case "gt": return left > right
      default: return left >= right
      }
    }
    guard let left = arguments[0].number, let right = arguments[1].number else {
      throw TemplateFault(message: "\(name) cannot compare these")
    }
    switch name {
    case "eq": return left == right
    case "ne": return left != right
    case "lt": return left < right
    case "le": return left <= right
    case "gt": return left > right
    default: return left >= right
    }
  }

  /// As a URL's query holds it (Go `url.QueryEscape`): a blank is `+`.
  private static func escaped(_ text: ByteString) -> ByteString {
    let digits = Array("0123456789ABCDEF".utf8)
    var output: [UInt8] = []
    for byte in text.bytes {
      if byte.isLetter || byte.isDigit || "-_.~".utf8.contains(byte) {
        output.append(byte)
      } else if byte == 32 {
        output.append(43)
      } else {
        output += [37, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return ByteString(output)
  }

  private static func titled(_ text: ByteString) -> String {
    var isStart = true
    return String(
      text.text.map { character in
        defer { isStart = character.isWhitespace }
        return isStart ? Character(character.uppercased()) : character
      })
  }
}
