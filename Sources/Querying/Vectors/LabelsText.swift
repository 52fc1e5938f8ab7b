import Bytes
package import Model

/// Labels as people and messages read them: `{job="api", path="/"}`.
package enum LabelsText {
  /// With the metric's name in front, when there is one: `up{job="api"}`.
  package static func text(_ labels: Labels) -> String {
    var head = ""
    var pairs: [String] = []
    for label in labels.pairs {
      if label.name == Labels.metricName, isMetricName(label.value) {
        head = label.value.text
      } else {
        pairs.append("\(name(label.name))=\(Quoting.quote(label.value))")
      }
    }
    if pairs.isEmpty, !head.isEmpty { return head }
    return head + "{" + pairs.joined(separator: ", ") + "}"
  }

  /// A label's name, quoted when it is no identifier.
  static func name(_ name: ByteString) -> String {
    isLabelName(name) ? name.text : Quoting.quote(name)
  }

  /// `[a-zA-Z_][a-zA-Z0-9_]*`.
  static func isLabelName(_ name: ByteString) -> Bool {
    guard let first = name.bytes.first, !first.isDigit else { return false }
    return name.bytes.allSatisfy { $0.isLetter || $0.isDigit || $0 == 95 }
  }

  /// The same, and `:`.
  static func isMetricName(_ name: ByteString) -> Bool {
    guard let first = name.bytes.first, !first.isDigit else { return false }
    return name.bytes.allSatisfy { $0.isLetter || $0.isDigit || $0 == 95 || $0 == 58 }
  }
}
