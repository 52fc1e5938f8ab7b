package import Bytes
package import Model

/// A deploy event as JSON: what `POST /api/v1/deploys` takes and the API shows.
package enum DeployRequest {
  /// Why a request is refused, as a sentence for its sender.
  package struct Refusal: Error, Sendable, Equatable, CustomStringConvertible {
    package let message: String

    package init(message: String) {
      self.message = message
    }

    package var description: String { message }
  }

  /// The longest list of tenants or instances.
  private static let listLength = 100_000
  private static let textBytes = 1_024
  private static let known = [
    "service", "environment", "tenants", "instances", "release", "previous", "kind", "start",
    "end", "status", "actor", "link",
  ]

  /// Reads a request. Defaults: service `odoo`, every environment, all tenants and instances, kind
  /// `deploy`, started `now` (nanoseconds); `status` `finished` ends it now. Unknown members are
  /// refused, since a misspelt one would deploy to everybody.
  package static func parse(_ body: [UInt8], now: Int64) throws(Refusal) -> DeployEvent {
    let document: JSONValue
    do {
      document = try JSONValue(parsing: body)
    } catch {
      throw Refusal(message: "not JSON: \(error.reason) at byte \(error.position)")
    }
    guard let members = document.members else {
      throw Refusal(message: "a deploy must be a JSON object")
    }
    if let stranger = members.first(where: { !known.contains($0.key.text) }) {
      throw Refusal(message: "unknown member \"\(shown(stranger.key))\"")
    }
    guard let release = try word("release", in: document), !release.isEmpty else {
      throw Refusal(message: "release is missing")
    }
    let start = try instant("start", in: document, now: now) ?? now
    let end = try end(in: document, start: start, now: now)
    return DeployEvent(
      service: try word("service", in: document) ?? "odoo",
      environment: try word("environment", in: document) ?? .empty,
      tenants: try tenants(in: document),
      instances: try list("instances", in: document), release: release,
      previous: try word("previous", in: document).flatMap { $0.isEmpty ? nil : $0 },
      kind: try kind(in: document), start: start, end: end,
      actor: try word("actor", in: document)?.text ?? "",
      link: try word("link", in: document)?.text ?? "")
  }

  /// Writes an event as the API shows it: a request with `id` and `inferred` added where they say
  /// something.
  package static func write(_ event: DeployEvent, _ json: inout JSONWriter) {
    json.object { json in
      if event.id != 0 {
        json.key("id")
        json.integer(event.id)
      }
      json.key("service")
      json.string(event.service)
      json.key("environment")
      json.string(event.environment)
      json.key("tenants")
      write(event.tenants, &json)
      json.key("instances")
      write(event.instances, &json)
      json.key("release")
      json.string(event.release)
      if let previous = event.previous {
        json.key("previous")
        json.string(previous)
      }
      json.key("kind")
      json.string(event.kind.rawValue)
      json.key("start")
      json.string(Instant.text(event.start))
      if let end = event.end {
        json.key("end")
        json.string(Instant.text(end))
      }
      for (key, text) in [("actor", event.actor), ("link", event.link)] where !text.isEmpty {
        json.key(key)
        json.string(text)
      }
      if event.isInferred {
        json.key("inferred")
        json.boolean(true)
      }
    }
  }

  private static func write(_ names: [ByteString]?, _ json: inout JSONWriter) {
    guard let names else {
      json.string("all")
      return
    }
    json.array { json in
      for name in names { json.string(name) }
    }
  }

  private static func tenants(in document: JSONValue) throws(Refusal) -> [ByteString]? {
    guard let names = try list("tenants", in: document) else { return nil }
    for name in names where !Tenant.isValid(name.bytes.span) {
      throw Refusal(
        message: "tenant \"\(shown(name))\" is not a valid name: 1 to 63 of A-Z a-z 0-9 . _ -")
    }
    return names
  }

  private static func kind(in document: JSONValue) throws(Refusal) -> DeployEvent.Kind {
    guard let name = try word("kind", in: document) else { return .deploy }
    guard let kind = DeployEvent.Kind(rawValue: name.text) else {
      let names = DeployEvent.Kind.allCases.map(\.rawValue).joined(separator: ", ")
      throw Refusal(message: "kind must be one of \(names), not \"\(shown(name))\"")
    }
    return kind
  }

  private static func end(
    in document: JSONValue, start: Int64, now: Int64
  ) throws(Refusal) -> Int64? {
    var end = try instant("end", in: document, now: now)
    if let status = try word("status", in: document) {
      switch status.text {
      case "started" where end == nil: break
      case "finished": end = end ?? Swift.max(start, now)
      case "started": throw Refusal(message: "status started contradicts an end")
      default:
        throw Refusal(
          message: "status must be started or finished, not \"\(shown(status))\"")
      }
    }
    if let end, end < start { throw Refusal(message: "end is before start") }
    return end
  }

  /// RFC 3339, or a number since the epoch in seconds, milliseconds, microseconds or nanoseconds.
  private static func instant(
    _ name: String, in document: JSONValue, now: Int64
  ) throws(Refusal) -> Int64? {
    let parsed: Int64?
    switch document[name] {
    case nil, .null?: return nil
    case .string(let text)?:
      parsed = Instant.parse(text.bytes.span) ?? Instant.parseEpoch(text.bytes.span)
    case .number(let digits)?: parsed = Instant.parseEpoch(digits.bytes.span)
    default: parsed = nil
    }
    guard let parsed else {
      throw Refusal(message: "\(name) must be an RFC 3339 time or a number since the epoch")
    }
    if let limit = now.adding(Limits.futureNanoseconds), parsed > limit {
      throw Refusal(message: "\(name) is more than 10 minutes ahead")
    }
    return parsed
  }

  private static func word(
    _ name: String, in document: JSONValue
  ) throws(Refusal) -> ByteString? {
    switch document[name] {
    case nil, .null?: return nil
    case .string(let text)? where text.count <= textBytes && UTF8Check.isValid(text.bytes.span):
      return text
    default: throw Refusal(message: "\(name) must be a string of at most \(textBytes) bytes")
    }
  }

  private static func list(
    _ name: String, in document: JSONValue
  ) throws(Refusal) -> [ByteString]? {
    let refusal = Refusal(message: "\(name) must be \"all\" or a list of names that is not empty")
    switch document[name] {
    case nil, .null?: return nil
    case .string("all")?: return nil
    case .array(let elements)? where !elements.isEmpty && elements.count <= listLength:
      var names: [ByteString] = []
      for element in elements {
        guard let text = element.bytes, !text.isEmpty, text.count <= textBytes else {
          throw refusal
        }
        names.append(text)
      }
      return names
    default: throw refusal
    }
  }

  private static func shown(_ text: ByteString) -> String { String(text.text.prefix(64)) }
}
