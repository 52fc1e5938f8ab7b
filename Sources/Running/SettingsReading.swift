import Foundation
import Bytes
import Storing

/// Settings that do not go together, or cannot be read; one line.
package struct SettingsFailure: Error, CustomStringConvertible {
  package let description: String

  package init(_ description: String) {
    self.description = description
  }
}

/// Puts the settings together: file, then environment, then flags.
package enum SettingsReading {
  /// The names of single values: in the file as they are, in the environment as `PLIMSOLL_` and
  /// capitals, as flags with dashes.
  static let names =
    [
      "data", "rules", "http", "udp_lines", "udp_syslog", "udp_statsd", "retention", "max_bytes",
      "min_free", "unsealed", "webhook", "insecure", "external_url",
    ] + QuerySettingsReading.all.map(\.name)

  /// Reads everything; `flags` by name. Throws `SettingsFailure`.
  package static func read(
    flags: [String: String], environment: [String: String]
  ) throws -> ServerSettings {
    var settings = ServerSettings()
    if let path = flags["config"] ?? environment["PLIMSOLL_CONFIG"], !path.isEmpty {
      try SettingsFile.read(path, into: &settings)
    }
    for name in names {
      if let value = environment["PLIMSOLL_" + name.uppercased()], !value.isEmpty {
        try set(name, value, in: &settings, origin: "PLIMSOLL_" + name.uppercased())
      }
      if let value = flags[name] {
        let flag = "--" + name.replacingOccurrences(of: "_", with: "-")
        try set(name, value, in: &settings, origin: flag)
      }
    }
    return settings
  }

  /// Sets one value from its text. Throws with the origin's name when the text is none of it.
  static func set(
    _ name: String, _ text: String, in settings: inout ServerSettings, origin: String
  ) throws {
    switch name {
    case "data": settings.dataFolder = text
    case "rules": settings.rulesFolder = text
    case "http": settings.http = try address(text, origin)
    case "udp_lines": settings.udpLines = try optionalAddress(text, origin)
    case "udp_syslog": settings.udpSyslog = try optionalAddress(text, origin)
    case "udp_statsd": settings.udpStatsd = try optionalAddress(text, origin)
    case "retention": settings.store.retention = try retention(text, origin)
    case "max_bytes": settings.store.bytesPerTenant = try bytes(text, origin)
    case "min_free": settings.store.minimumFree = text == "0" ? 0 : try bytes(text, origin)
    case "unsealed": settings.store.unsealedBytes = try bytes(text, origin)
    case "webhook": settings.webhooks = [try webhook(name: "default", url: text, origin)]
    case "external_url": settings.externalURL = text
    case "insecure":
      switch text.lowercased() {
      case "1", "true", "yes": settings.isInsecure = true
      case "0", "false", "no": settings.isInsecure = false
      default: throw SettingsFailure("\(origin): \"\(text)\" is neither true nor false")
      }
    default:
      guard try QuerySettingsReading.set(name, text, in: &settings.queries, origin: origin) else {
        throw SettingsFailure("\(origin): no such setting")
      }
    }
  }

  static func webhook(
    name: String, url: String, sendsResolved: Bool = true, _ origin: String
  ) throws -> ServerSettings.Webhook {
    guard let parsed = URL(string: url), ["http", "https"].contains(parsed.scheme ?? ""),
      parsed.host?.isEmpty == false
    else { throw SettingsFailure("\(origin): \"\(url)\" is not an http or https URL") }
    return ServerSettings.Webhook(name: name, url: url, sendsResolved: sendsResolved)
  }

  private static func address(
    _ text: String, _ origin: String
  ) throws -> ServerSettings.Address {
    guard let address = ServerSettings.Address(parsing: text) else {
      throw SettingsFailure("\(origin): \"\(text)\" is not HOST:PORT")
    }
    return address
  }

  private static func optionalAddress(
    _ text: String, _ origin: String
  ) throws -> ServerSettings.Address? {
    text == "off" ? nil : try address(text, origin)
  }

  /// Nanoseconds of `30d`, `12h`, `10y`; at least an hour, at most 290 years.
  static func retention(_ text: String, _ origin: String) throws -> Int64 {
    let units: [Character: Int64] = ["h": 3_600, "d": 86_400, "w": 604_800, "y": 31_536_000]
    guard let unit = text.last.flatMap({ units[$0] }), let amount = Int64(text.dropLast()),
      amount > 0, let seconds = amount.multiplied(by: unit),
      let nanoseconds = seconds.multiplied(by: 1_000_000_000)
    else {
      throw SettingsFailure("\(origin): \"\(text)\" is not a duration such as 12h, 30d, 10y")
    }
    return nanoseconds
  }

  /// Bytes of `512MiB`, `20GB`, `1000`; at least 1.
  static func bytes(_ text: String, _ origin: String) throws -> Int {
    let units = [
      "": 1, "B": 1, "KB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000, "TB": 1_000_000_000_000,
      "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40,
    ]
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let unit = text.dropFirst(digits.count).drop { $0 == " " }
    guard let amount = Int(digits), amount > 0, let factor = units[String(unit)] else {
      throw SettingsFailure("\(origin): \"\(text)\" is not a size such as 512MiB, 20GB")
    }
    let (size, overflow) = amount.multipliedReportingOverflow(by: factor)
    guard !overflow else { throw SettingsFailure("\(origin): \(text) is too large") }
    return size
  }
}
