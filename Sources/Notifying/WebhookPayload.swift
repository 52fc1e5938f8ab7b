import Bytes
import Model

/// The body of one webhook call, as Alertmanager's webhook receiver sends it (payload version 4).
package struct WebhookPayload: Sendable {
  /// What one body may hold; receivers refuse much larger ones. Alerts beyond it are counted in
  /// `truncatedAlerts`.
  package static let bodyBytes = 1 << 20
  /// How an end that has not come is written: Go's zero time.
  private static let noEnd = "0001-01-01T00:00:00Z"

  package let group: NoticeGroup
  package let receiver: String
  package let externalURL: String

  package init(group: NoticeGroup, receiver: String, externalURL: String) {
    self.group = group
    self.receiver = receiver
    self.externalURL = externalURL
  }

  /// The payload as JSON, at most about `limit` bytes. Firing alerts come first, so that what is
  /// cut off is resolved before it is firing.
  package func body(limit: Int = WebhookPayload.bodyBytes) -> [UInt8] {
    let ordered = group.notices.filter(\.isFiring) + group.notices.filter { !$0.isFiring }
    var alerts: [[UInt8]] = []
    var size = 0
    for notice in ordered {
      let alert = Self.alert(notice)
      if !alerts.isEmpty, size + alert.count > limit { break }
      size += alert.count
      alerts.append(alert)
    }
    var json = JSONWriter(capacity: size + 1_024)
    json.object { json in
      json.key("version")
      json.string("4")
      json.key("groupKey")
      json.string(group.key)
      json.key("truncatedAlerts")
      json.integer(group.notices.count - alerts.count)
      json.key("status")
      json.string(group.isFiring ? "firing" : "resolved")
      json.key("receiver")
      json.string(receiver)
      json.key("groupLabels")
      Self.write(group.labels, &json)
      json.key("commonLabels")
      Self.write(common(\.labels), &json)
      json.key("commonAnnotations")
      Self.write(common(\.annotations), &json)
      json.key("externalURL")
      json.string(externalURL)
      json.key("alerts")
      json.array { json in
        for alert in alerts { json.raw(String(decoding: alert, as: UTF8.self)) }
      }
    }
    return json.bytes
  }

  /// The pairs that all notices of the group share.
  private func common(_ part: KeyPath<Notice, Labels>) -> Labels {
    guard let first = group.notices.first else { return .empty }
    return Labels(
      sorted: first[keyPath: part].pairs.filter { pair in
        group.notices.allSatisfy { $0[keyPath: part][pair.name] == pair.value }
      })
  }

  private static func alert(_ notice: Notice) -> [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.key("status")
      json.string(notice.isFiring ? "firing" : "resolved")
      json.key("labels")
      write(notice.labels, &json)
      json.key("annotations")
      write(notice.annotations, &json)
      json.key("startsAt")
      json.string(Instant.text(notice.startsAt))
      json.key("endsAt")
      json.string(notice.isFiring ? noEnd : Instant.text(notice.endsAt))
      json.key("generatorURL")
      json.string(notice.generatorURL)
      json.key("fingerprint")
      json.string(notice.fingerprint)
    }
    return json.bytes
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
