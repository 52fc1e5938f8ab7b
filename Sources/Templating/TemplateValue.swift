package import Bytes

/// A value inside a template.
package enum TemplateValue: Sendable {
  /// Go's nil: JSON's null, a member there is none of.
  case none
  case text(ByteString)
  case integer(Int64)
  case number(Double)
  case flag(Bool)
  case time(TemplateTime)
  case list([TemplateValue])
  /// Members in the order of a `range` over them.
  case map([TemplateMember])
  /// A set of members that the host looks up by name; 0 is what the template is filled in with.
  case record(Int)
  /// A constant that a function has made ready when the template was compiled.
  case prepared(TemplatePrepared)

  /// A text from the language's own.
  package static func string(_ text: String) -> TemplateValue { .text(ByteString(text)) }

  /// Go's truth: neither empty nor zero nor nil.
  package var isTrue: Bool {
    switch self {
    case .none: false
    case .text(let text): !text.isEmpty
    case .integer(let integer): integer != 0
    case .number(let number): number != 0
    case .flag(let flag): flag
    case .list(let list): !list.isEmpty
    case .map(let members): !members.isEmpty
    case .time, .record: true
    case .prepared(let prepared): !prepared.text.isEmpty
    }
  }

  /// The bytes when it is a text.
  package var bytes: ByteString? {
    switch self {
    case .text(let text): text
    case .prepared(let prepared): prepared.text
    default: nil
    }
  }

  /// What it is, for messages: `the text "a"`, `a list`.
  package var described: String {
    switch self {
    case .none: "nil"
    case .text, .prepared:
      "the text " + QuotedText.quote(ByteString((bytes ?? .empty).bytes.prefix(40)))
    case .integer(let integer): "the integer \(integer)"
    case .number(let number): "the number " + FloatText.shortest(number)
    case .flag(let flag): "\(flag)"
    case .time: "a time"
    case .list: "a list"
    case .map, .record: "a map"
    }
  }

  /// Go's name of the type, as `printf` shows it.
  var typeName: String {
    switch self {
    case .none: "<nil>"
    case .text, .prepared: "string"
    case .integer: "int"
    case .number: "float64"
    case .flag: "bool"
    case .time: "time.Time"
    case .list: "[]interface {}"
    case .map, .record: "map[string]interface {}"
    }
  }

  /// About how many bytes it takes to read it.
  var weight: Int {
    switch self {
    case .text(let text): text.count
    case .prepared(let prepared): prepared.text.count
    case .list(let list): list.count * 8
    case .map(let members): members.count * 16
    default: 8
    }
  }
}

/// A member of a map.
package struct TemplateMember: Sendable {
  package let name: ByteString
  package let value: TemplateValue

  package init(_ name: ByteString, _ value: TemplateValue) {
    self.name = name
    self.value = value
  }
}

/// A constant text with what a function made of it, such as a compiled regular expression.
package final class TemplatePrepared: Sendable {
  package let text: ByteString
  package let object: any Sendable

  package init(_ text: ByteString, _ object: any Sendable) {
    self.text = text
    self.object = object
  }
}
