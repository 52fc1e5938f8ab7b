import Bytes
import Foundation
import Judging
import Storing

/// The settings file: YAML, read strictly, every error with its line and column.
enum SettingsFile {
  /// Reads the file into `settings`. Throws a sentence.
  static func read(_ path: String, into settings: inout ServerSettings) throws {
    guard let bytes = FileManager.default.contents(atPath: path) else {
      throw SettingsFailure("\(path): cannot be read")
    }
    let known = SettingsReading.names + ["webhooks", "tenants"]
    let root = try YAMLNode.document([UInt8](bytes), file: path).mapping(known)
    for pair in root.pairs where !pair.value.isNull {
      if pair.key == "webhooks" {
        settings.webhooks = try webhooks(pair.value)
      } else if pair.key == "tenants" {
        try readTenants(pair.value, into: &settings.store)
      } else {
        let text = try pair.value.text()
        let place = "\(path):\(pair.value.line):\(pair.value.column): \(pair.key)"
        try SettingsReading.set(pair.key, text, in: &settings, origin: place)
      }
    }
  }

  /// What is kept of tenants for whom the general bounds do not hold.
  private static func readTenants(
    _ node: YAMLNode, into store: inout StoreSettings
  ) throws {
    for pair in try node.mapping().pairs {
      let own = try pair.value.mapping(["retention", "max_bytes"])
      let tenant = ByteString(pair.key)
      func place(_ node: YAMLNode) -> String { "\(node.file):\(node.line):\(node.column)" }
      if let node = own["retention"] {
        store.retentionByTenant[tenant] = try SettingsReading.retention(node.text(), place(node))
      }
      if let node = own["max_bytes"] {
        store.bytesByTenant[tenant] = try SettingsReading.bytes(node.text(), place(node))
      }
    }
  }

  private static func webhooks(_ node: YAMLNode) throws -> [ServerSettings.Webhook] {
    var webhooks: [ServerSettings.Webhook] = []
    for element in try node.elements() {
      let mapping = try element.mapping(["name", "url", "send_resolved"])
      let url = try mapping.required("url")
      let webhook = try SettingsReading.webhook(
        name: try mapping.required("name").text(), url: try url.text(),
        sendsResolved: try mapping["send_resolved"]?.flag() ?? true,
        "\(url.file):\(url.line):\(url.column)")
      guard !webhooks.contains(where: { $0.name == webhook.name }) else {
        throw element.fault("webhook \(webhook.name) is declared twice")
      }
      webhooks.append(webhook)
    }
    return webhooks
  }
}
