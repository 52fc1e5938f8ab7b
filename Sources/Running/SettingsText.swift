import Bytes
import Storing

/// The settings in force as text: by flag, and as a settings file. URLs may hold secrets, so they
/// are masked.
enum SettingsText {
  private static let secret = "<secret>"

  /// Every single setting, by the name of its flag, in order of name; empty is not set.
  static func flags(_ settings: ServerSettings) -> [(name: String, value: String)] {
    values(settings).map { ($0.name.replacing("_", with: "-"), $0.value) }
      .sorted { $0.name < $1.name }
  }

  /// A settings file that would say the same.
  static func file(_ settings: ServerSettings) -> String {
    var text = ""
    for (name, value) in values(settings) where !value.isEmpty && name != "webhook" {
      text += "\(name): \(quoted(value))\n"
    }
    if !settings.webhooks.isEmpty { text += "webhooks:\n" }
    for webhook in settings.webhooks {
      text += "- name: \(quoted(webhook.name))\n  url: \(secret)\n"
      text += "  send_resolved: \(webhook.sendsResolved)\n"
    }
    let store = settings.store
    let tenants = Set(store.retentionByTenant.keys).union(store.bytesByTenant.keys).sorted()
    if !tenants.isEmpty { text += "tenants:\n" }
    for tenant in tenants {
      text += "  \(quoted(tenant.text)):\n"
      if let retention = store.retentionByTenant[tenant] {
        text += "    retention: \(duration(retention))\n"
      }
      if let bytes = store.bytesByTenant[tenant] { text += "    max_bytes: \(bytes)\n" }
    }
    return text
  }

  /// Nanoseconds in the largest unit that divides them, hours or more: `30d`.
  static func duration(_ nanoseconds: Int64) -> String {
    let hours = nanoseconds / 3_600_000_000_000
    let units: [(String, Int64)] = [("y", 8_760), ("d", 24)]
    for (unit, size) in units where hours >= size && hours % size == 0 {
      return "\(hours / size)\(unit)"
    }
    return "\(hours)h"
  }

  /// The values of `SettingsReading.names`, in its order.
  private static func values(_ settings: ServerSettings) -> [(name: String, value: String)] {
    SettingsReading.names.map { ($0, value($0, settings)) }
  }

  private static func value(_ name: String, _ settings: ServerSettings) -> String {
    let store = settings.store
    return switch name {
    case "data": settings.dataFolder
    case "rules": settings.rulesFolder ?? ""
    case "http": settings.http.text
    case "udp_lines": settings.udpLines?.text ?? "off"
    case "udp_syslog": settings.udpSyslog?.text ?? "off"
    case "udp_statsd": settings.udpStatsd?.text ?? "off"
    case "retention": duration(store.retention)
    case "max_bytes": store.bytesPerTenant.map(String.init) ?? ""
    case "min_free": store.minimumFree.map(String.init) ?? ""
    case "unsealed": String(store.unsealedBytes)
    case "webhook": settings.webhooks.isEmpty ? "" : secret
    case "insecure": String(settings.isInsecure)
    case "external_url": settings.externalURL
    default: QuerySettingsReading.text(name, settings.queries) ?? ""
    }
  }

  /// A double-quoted scalar: what is JSON is YAML as well.
  private static func quoted(_ text: String) -> String {
    var json = JSONWriter()
    json.string(text)
    return json.text
  }
}
