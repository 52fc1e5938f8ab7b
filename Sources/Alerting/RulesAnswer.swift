import Bytes
import Model
import Querying
import Templating

/// The JSON of `/api/v1/rules` and `/api/v1/alerts` of the Prometheus API.
package enum RulesAnswer {
  /// All groups with their rules, states and alerts.
  package static func rules(_ groups: [RuleGroup], _ book: AlertBook) -> [UInt8] {
    envelope("groups") { json in
      for group in groups { write(group, book, &json) }
    }
  }

  /// All alerts that are pending or firing.
  package static func alerts(_ groups: [RuleGroup], _ book: AlertBook) -> [UInt8] {
    envelope("alerts") { json in
      for group in groups {
        for place in group.rules.indices {
          for alert in book.alerts(of: group, place: place) { write(alert, &json) }
        }
      }
    }
  }

  private static func envelope(
    _ name: String, _ elements: (inout JSONWriter) -> Void
  ) -> [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.key("status")
      json.string("success")
      json.key("data")
      json.object { json in
        json.key(name)
        json.array { json in elements(&json) }
      }
    }
    return json.bytes
  }

  private static func write(_ group: RuleGroup, _ book: AlertBook, _ json: inout JSONWriter) {
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
        for (place, rule) in group.rules.enumerated() {
          let alerts = book.alerts(of: group, place: place)
          write(rule, alerts, book.health(of: group, place: place), &json)
        }
      }
    }
  }

  private static func write(
    _ rule: Rule, _ alerts: [ActiveAlert], _ health: RuleHealth?, _ json: inout JSONWriter
  ) {
    json.object { json in
      json.key("name")
      json.string(rule.name)
      json.key("query")
      json.string(rule.expression.text)
      json.key("labels")
      write(Labels(rule.labels.map { Label($0.name, ByteString($0.template.text)) }), &json)
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
        json.array { json in for alert in alerts { write(alert, &json) } }
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
      json.string(Instant.text(health?.evaluatedAt ?? 0))
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
      json.string(FloatText.shortest(alert.value))
    }
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
