package import Bytes
package import Model

/// One condition of a selector: `name = value`, `!=`, `=~`, `!~`. A label that is missing counts
/// as empty.
package struct Matcher: Sendable {
  /// How name and value are compared.
  package enum Operation: String, Sendable {
    case equal = "="
    case notEqual = "!="
    case matches = "=~"
    case notMatches = "!~"

    package var isRegex: Bool { self == .matches || self == .notMatches }
  }

  package let name: ByteString
  package let operation: Operation
  package let value: ByteString
  private let regex: Regex?

  /// Throws when the value is a regular expression RE2 refuses.
  package init(
    _ name: ByteString, _ operation: Operation, _ value: ByteString
  ) throws(QueryFault) {
    self.name = name
    self.operation = operation
    self.value = value
    switch operation {
    case .equal, .notEqual: regex = nil
    case .matches, .notMatches: regex = try Regex.matcher(value)
    }
  }

  /// Whether a value, missing ones being empty, satisfies the condition.
  package func accepts(_ text: Span<UInt8>) -> Bool {
    switch operation {
    case .equal: text.count == value.count && text.matches(value.bytes.span, at: 0)
    case .notEqual: !(text.count == value.count && text.matches(value.bytes.span, at: 0))
    case .matches: regex?.matches(text) ?? false
    case .notMatches: !(regex?.matches(text) ?? false)
    }
  }

  package func accepts(_ text: ByteString?) -> Bool {
    let bytes = text?.bytes ?? []
    return accepts(bytes.span)
  }

  package func accepts(_ labels: Labels) -> Bool {
    accepts(labels[name])
  }

  /// Whether it accepts the empty string, and so a series without the label.
  package var acceptsEmpty: Bool { accepts(ByteString.empty) }
}

extension Matcher: Equatable {
  package static func == (left: Matcher, right: Matcher) -> Bool {
    left.name == right.name && left.operation == right.operation && left.value == right.value
  }
}
