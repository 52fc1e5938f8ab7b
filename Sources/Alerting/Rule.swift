package import Bytes

/// One rule: an alert, or a series that is recorded. Durations are milliseconds.
package struct Rule: Sendable {
  /// What a rule makes.
  package enum Kind: String, Sendable {
    case alerting, recording
  }

  package let kind: Kind
  package let name: ByteString
  package let expression: RuleExpression
  /// How long the expression must hold before the alert fires.
  package let holdDuration: Int64
  /// How long the alert goes on firing after the expression ceased to hold.
  package let keepFiringFor: Int64
  package let labels: [Pair]
  package let annotations: [Pair]
  package let line: Int

  /// A label or annotation whose value is a template.
  package struct Pair: Sendable {
    package let name: ByteString
    package let template: Template
  }
}

/// Rules that are evaluated together, in order. Durations are milliseconds.
package struct RuleGroup: Sendable {
  package let name: String
  package let file: String
  /// Nil where the file leaves it to the default.
  package let interval: Int64?
  package let queryOffset: Int64
  /// At most so many alerts or series per rule; 0 is no limit.
  package let limit: Int
  package let rules: [Rule]

  /// Names the group among all files, wherever their folder lies.
  package var identity: String {
    let fileName = file.split(separator: "/").last.map(String.init) ?? file
    return fileName + ";" + name
  }
}
