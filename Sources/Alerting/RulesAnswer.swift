import Bytes
import Model
package import Querying
import Templating

/// The JSON of `/api/v1/rules` and `/api/v1/alerts` of the Prometheus API.
package enum RulesAnswer {
  /// The groups with their rules, states and alerts, as far as the selection takes them; a group
  /// none of whose rules it takes is left out. Throws when it begins at a group there is none of.
  package static func rules(
    _ groups: [RuleGroup], _ book: AlertBook, _ selection: RulesSelection = RulesSelection()
  ) throws(QueryFault) -> [UInt8] {
    var rest = groups.filter { selection.takes(group: $0.name, file: $0.file) }[...]
    if !selection.nextGroup.isEmpty {
      guard let start = rest.firstIndex(where: { token($0) == selection.nextGroup }) else {
        throw QueryFault(
          .badData,
          "invalid parameter \"group_next_token\": invalid group_next_token "
            + "'\(selection.nextGroup)'. were rule groups changed?")
      }
      rest = rest[start...]
    }
    var shown: [(group: RuleGroup, places: [Int])] = []
    var next = ""
    for group in rest {
      let places = group.rules.indices.filter { takes(group.rules[$0], selection) }
      if places.isEmpty, !group.rules.isEmpty { continue }
      if selection.groupLimit > 0, shown.count == selection.groupLimit {
        next = token(group)
        break
      }
      shown.append((group, places))
    }
    var json = JSONWriter()
    open(&json) { json in
      json.key("groups")
      json.array { json in
        for (group, places) in shown {
          write(group, places, book, showsAlerts: selection.showsAlerts, &json)
        }
      }
      if !next.isEmpty {
        json.key("groupNextToken")
        json.string(next)
      }
    }
    return json.bytes
  }

  /// What names a group in an answer that does not show it.
  private static func token(_ group: RuleGroup) -> String { group.file + ";" + group.name }

  private static func takes(_ rule: Rule, _ selection: RulesSelection) -> Bool {
    selection.takes(rule: rule.name, isAlert: rule.kind == .alerting, labels: labels(of: rule))
  }

  private static func labels(of rule: Rule) -> Labels {
    Labels(rule.labels.map { Label($0.name, ByteString($0.template.text)) })
  }

  /// All alerts that are pending or firing.
  package static func alerts(_ groups: [RuleGroup], _ book: AlertBook) -> [UInt8] {
    var json = JSONWriter()
    open(&json) { json in
      json.key("alerts")
      json.array { json in
        for group in groups {
          for place in group.rules.indices {
            for alert in book.alerts(of: group, place: place) { write(alert, &json) }
          }
        }
      }
    }
    return json.bytes
  }

  /// A success, and in its `data` what `members` writes.
  private static func open(_ json: inout JSONWriter, _ members: (inout JSONWriter) -> Void) {
    json.object { json in
      json.key("status")
      json.string("success")
      json.key("data")
      json.object(members)
    }
  }

  private static func write(
    _ group: RuleGroup, _ places: [Int], _ book: AlertBook, showsAlerts: Bool,
    _ json: inout JSONWriter
  ) {
    let health = group.rules.indices.compactMap { book.health(of: group, place: $0) }
    json.object { json in
      json.key("name")
      json.string(group.name)
      json.key("file")
      json.string(group.file)
      json.key("interval")
      json.number(Double(group.interval ?? RuleSet.defaultInterval) / 1_000)
      json.key("limit")
      json.integer(group.limit)
      json.key("rules")
      json.array { json in
        for place in places {
          let alerts = book.alerts(of: group, place: place)
          write(
            group.rules[place], alerts, book.health(of: group, place: place),
            showsAlerts: showsAlerts, &json)
        }
      }
      json.key("evaluationTime")
      json.number(Double(health.map(\.duration).reduce(0, &+)) / 1e9)
      json.key("lastEvaluation")
      json.string(evaluated(health.map(\.evaluatedAt).max()))
    }
  }

  private static func write(
    _ rule: Rule, _ alerts: [ActiveAlert], _ health: RuleHealth?, showsAlerts: Bool,
    _ json: inout JSONWriter
  ) {
    json.object { json in
      json.key("name")
      json.string(rule.name)
      json.key("query")
      json.string(rule.expression.text)
      json.key("labels")
      write(labels(of: rule), &json)
      if rule.kind == .alerting {
        json.key("state")
        let state =
          alerts.contains { $0.state == .firing }
          ? "firing" : alerts.isEmpty ? "inactive" : "pending"
        json.string(state)
        json.key("duration")
        json.number(Double(rule.holdDuration) / 1_000)
        json.key("keepFiringFor")
        json.number(Double(rule.keepFiringFor) / 1_000)
        json.key("annotations")
        write(
          Labels(rule.annotations.map { Label($0.name, ByteString($0.template.text)) }), &json)
        json.key("alerts")
        json.array { json in
          for alert in alerts where showsAlerts { write(alert, &json) }
        }
      }
      json.key("health")
      json.string(health.map { $0.error.isEmpty ? "ok" : "err" } ?? "unknown")
      if let error = health?.error, !error.isEmpty {
        json.key("lastError")
        json.string(error)
      }
      json.key("evaluationTime")
      json.number(Double(health?.duration ?? 0) / 1e9)
      json.key("lastEvaluation")
      json.string(evaluated(health?.evaluatedAt))
      json.key("type")
      json.string(rule.kind.rawValue)
      json.key("language")
      json.string(rule.expression.language.rawValue)
    }
  }

  private static func write(_ alert: ActiveAlert, _ json: inout JSONWriter) {
    json.object { json in
      json.key("labels")
      write(alert.labels, &json)
      json.key("annotations")
      write(alert.annotations, &json)
      json.key("state")
      json.string(alert.state.rawValue)
      json.key("activeAt")
      json.string(Instant.text(alert.activeAt))
      json.key("value")
      json.string(FloatText.scientific(alert.value))
      if let since = alert.keepingSince {
        json.key("keepFiringSince")
        json.string(Instant.text(since))
      }
    }
  }

  /// A time of the evaluation; without one Go's first, by which Grafana knows that there was none.
  private static func evaluated(_ time: Int64?) -> String {
    time.map { Instant.text($0) } ?? "0001-01-01T00:00:00Z"
  }

  private static func write(_ labels: Labels, _ json: inout JSONWriter) {
    json.object { json in
      for pair in labels.pairs {
        json.key(pair.name)
        json.string(pair.value)
      }
    }
  }
}
