package import Bytes
package import Model

/// Which rules an answer of `/api/v1/rules` shows, and how many groups of them; empty sets take
/// all, as Prometheus reads its parameters.
package struct RulesSelection: Sendable {
  /// `alert` or `record`; empty takes both.
  package var type = ""
  package var names: Set<ByteString> = []
  package var groups: Set<String> = []
  package var files: Set<String> = []
  /// Any of them has to accept a rule's own labels.
  package var selectors: [PromQL.Selector] = []
  package var showsAlerts = true
  /// Groups at most; 0 is no limit.
  package var groupLimit = 0
  /// The group an answer goes on with, as the answer before it said; empty is the first.
  package var nextGroup = ""

  package init() {}

  /// Whether a group may be shown at all.
  package func takes(group: String, file: String) -> Bool {
    (groups.isEmpty || groups.contains(group)) && (files.isEmpty || files.contains(file))
  }

  /// Whether a rule is shown. Labels whose value is a template are not known, so they count as
  /// missing.
  package func takes(rule: ByteString, isAlert: Bool, labels: Labels) -> Bool {
    guard type.isEmpty || isAlert == (type == "alert"), names.isEmpty || names.contains(rule) else {
      return false
    }
    if selectors.isEmpty { return true }
    let known = Labels(sorted: labels.pairs.filter { !$0.value.text.contains("{{") })
    return selectors.contains { $0.matchers.allSatisfy { $0.accepts(known) } }
  }
}
