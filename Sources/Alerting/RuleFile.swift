package import Judging
import Bytes
import Model
import Querying
import Templating

/// A rule file in Prometheus' format, read strictly, with `type: logql` for groups or rules whose
/// expressions are LogQL.
package struct RuleFile: Sendable {
  package let path: String
  package let groups: [RuleGroup]
  /// What is odd but no error: rules that are there twice.
  package let warnings: [YAMLFault]

  private static let groupKeys = [
    "name", "interval", "limit", "query_offset", "labels", "rules", "type",
  ]
  private static let ruleKeys = [
    "record", "alert", "expr", "for", "keep_firing_for", "labels", "annotations", "type",
  ]

  /// Reads a whole file, or tells everything that is wrong with it.
  package static func parse(
    _ bytes: [UInt8], file: String
  ) -> (file: RuleFile?, faults: [YAMLFault]) {
    var reader = Reader(file: file)
    do throws(YAMLFault) {
      let root = try YAMLNode.document(bytes, file: file)
      if !root.isNull { try reader.read(root) }
    } catch {
      reader.faults.append(error)
    }
    guard reader.faults.isEmpty else { return (nil, reader.faults) }
    return (RuleFile(path: file, groups: reader.groups, warnings: reader.warnings), [])
  }

  /// Collects groups and faults: one bad rule does not hide the next.
  private struct Reader {
    let file: String
    var groups: [RuleGroup] = []
    var faults: [YAMLFault] = []
    var warnings: [YAMLFault] = []

    mutating func read(_ root: YAMLNode) throws(YAMLFault) {
      let mapping = try root.mapping(["groups"])
      guard let list = mapping["groups"] else { return }
      for node in try list.elements() {
        do throws(YAMLFault) {
          let group = try group(node)
          if groups.contains(where: { $0.name == group.name }) {
            throw node.fault("group \"\(group.name)\" is there twice")
          }
          groups.append(group)
        } catch {
          faults.append(error)
        }
      }
    }

    private mutating func group(_ node: YAMLNode) throws(YAMLFault) -> RuleGroup {
      let mapping = try node.mapping(RuleFile.groupKeys)
      let name = try mapping.required("name").text()
      let language = try RuleFile.language(mapping["type"]) ?? .promql
      let shared = try RuleFile.pairs(mapping["labels"], areLabels: true)
      var rules: [Rule] = []
      var seen: Set<String> = []
      for node in try mapping["rules"]?.elements() ?? [] {
        do throws(YAMLFault) {
          let rule = try RuleFile.rule(node, language, shared)
          rules.append(rule)
          let identity = RuleFile.identity(rule)
          if !seen.insert(identity).inserted {
            warnings.append(
              node.fault("\(rule.name.text): a rule of this name and these labels is there twice"))
          }
        } catch {
          faults.append(error)
        }
      }
      return RuleGroup(
        name: name, file: file, interval: try RuleFile.duration(mapping["interval"]),
        queryOffset: try RuleFile.duration(mapping["query_offset"]) ?? 0,
        limit: Int(try mapping["limit"]?.integer() ?? 0), rules: rules)
    }
  }

  private static func identity(_ rule: Rule) -> String {
    ([rule.kind.rawValue, rule.name.text]
      + rule.labels.map { "\($0.name.text)=\($0.template.text)" }).joined(separator: "\u{1F}")
  }

  private static func rule(
    _ node: YAMLNode, _ language: Language, _ shared: [Rule.Pair]
  ) throws(YAMLFault) -> Rule {
    let mapping = try node.mapping(ruleKeys)
    let kind: Rule.Kind
    switch (mapping["record"], mapping["alert"]) {
    case (.some(let record), .some): throw record.fault("a rule has either record or alert")
    case (nil, nil): throw node.fault("one of record and alert must be set")
    case (.some, nil): kind = .recording
    case (nil, .some): kind = .alerting
    }
    guard let nameNode = mapping["record"] ?? mapping["alert"] else {
      throw node.fault("one of record and alert must be set")
    }
    let name = try nameNode.text()
    if kind == .recording {
      guard isMetricName(name) else {
        throw nameNode.fault("\"\(name)\" is not a metric name")
      }
      for key in ["for", "keep_firing_for", "annotations"] {
        if let extra = mapping[key] { throw extra.fault("\(key) is for alerts, not for records") }
      }
    }
    let own = try pairs(mapping["labels"], areLabels: true)
    let names = Set(own.map(\.name))
    return Rule(
      kind: kind, name: ByteString(name),
      expression: try expression(
        try mapping.required("expr"), try RuleFile.language(mapping["type"]) ?? language),
      holdDuration: try duration(mapping["for"]) ?? 0,
      keepFiringFor: try duration(mapping["keep_firing_for"]) ?? 0,
      labels: shared.filter { !names.contains($0.name) } + own,
      annotations: try pairs(mapping["annotations"], areLabels: false), line: node.line)
  }

  private static func expression(
    _ node: YAMLNode, _ language: Language
  ) throws(YAMLFault) -> RuleExpression {
    let text = try node.text()
    do throws(QueryFault) {
      return try RuleExpression(ByteString(text), language)
    } catch {
      throw node.fault("expr: \(error.message)", atByte: error.position ?? 0)
    }
  }

  private static func language(_ node: YAMLNode?) throws(YAMLFault) -> Language? {
    guard let node else { return nil }
    guard let language = Language(rawValue: try node.text()) else {
      throw node.fault("type is promql or logql")
    }
    return language
  }

  private static func duration(_ node: YAMLNode?) throws(YAMLFault) -> Int64? {
    guard let node else { return nil }
    let text = try node.text()
    if text == "0" { return 0 }
    guard let time = milliseconds(text) else {
      throw node.fault("\"\(text)\" is not a duration such as 30s, 5m or 1h30m")
    }
    return time
  }

  /// A hundred years: now and a duration together still fit into Int64.
  private static let longestNanoseconds: Int64 = 36_500 * 86_400 * Instant.second

  /// The milliseconds of a duration such as 30s, 5m or 1h30m; nil when it is none.
  static func milliseconds(_ text: String) -> Int64? {
    guard let time = DurationText.nanoseconds(Array(text.utf8).span, dialect: .promql), time >= 0,
      time <= longestNanoseconds
    else { return nil }
    return time / 1_000_000
  }

  private static func pairs(
    _ node: YAMLNode?, areLabels: Bool
  ) throws(YAMLFault) -> [Rule.Pair] {
    guard let node else { return [] }
    var pairs: [Rule.Pair] = []
    for pair in try node.mapping().pairs {
      let name = ByteString(pair.key)
      if areLabels, name.isEmpty || name == Labels.metricName {
        throw pair.place.fault("\"\(pair.key)\" cannot be a label's name")
      }
      let text = pair.value.isNull ? "" : try pair.value.text()
      do throws(TemplateFault) {
        pairs.append(Rule.Pair(name: name, template: try Template(text)))
      } catch {
        throw pair.value.fault("\(pair.key): template: \(error.located(in: ByteString(text)))")
      }
    }
    return pairs
  }

  /// Prometheus takes any UTF-8 since 3.0; what cannot be written in a query without quotes is
  /// still most likely a slip, so braces and blanks are refused.
  private static func isMetricName(_ name: String) -> Bool {
    !name.isEmpty
      && name.utf8.allSatisfy { $0 > 32 && $0 != 123 && $0 != 125 && $0 != 127 && $0 != 34 }
  }
}
