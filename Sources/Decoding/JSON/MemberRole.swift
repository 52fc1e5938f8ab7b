import Bytes

/// What a member of a JSON log row means to a record.
enum MemberRole {
  /// A time; `date` and `created` are weaker than the others, since documents of the business have
  /// them too.
  case time, weakTime
  case level, message, tenant, release, service, host, environment, logger
  /// A traceback beside the message.
  case traceback
  /// A name that we write ourselves: a sender's is renamed.
  case reserved

  /// The role of a name, nested names joined by dots; nil makes it an ordinary field.
  init?(_ name: Span<UInt8>) {
    guard name.count < Self.byLength.count else { return nil }
    for known in Self.byLength[name.count] where name.equals(known.name) {
      self = known.role
      return
    }
    return nil
  }

  private typealias Known = (name: StaticString, role: MemberRole)

  private static let known: [Known] = [
    ("time", .time), ("timestamp", .time), ("@timestamp", .time), ("ts", .time),
    ("_time", .time), ("asctime", .time), ("date", .weakTime), ("created", .weakTime),
    ("level", .level), ("severity", .level), ("levelname", .level), ("log.level", .level),
    ("lvl", .level), ("error_severity", .level),
    ("message", .message), ("msg", .message), ("log", .message), ("body", .message),
    ("_msg", .message),
    ("tenant", .tenant), ("dbname", .tenant), ("db", .tenant), ("odoo.db", .tenant),
    ("tenant_id", .tenant),
    ("release", .release), ("service.version", .release), ("service_version", .release),
    ("service", .service), ("service.name", .service), ("service_name", .service),
    ("app", .service),
    ("host", .host), ("hostname", .host), ("host.name", .host), ("instance", .host),
    ("environment", .environment), ("env", .environment),
    ("deployment.environment", .environment), ("deployment.environment.name", .environment),
    ("logger", .logger), ("name", .logger), ("log.logger", .logger),
    ("exc_info", .traceback),
    ("_error", .reserved), ("_truncated", .reserved), ("_dup_key", .reserved),
    ("_empty", .reserved), ("_stream", .reserved),
  ]

  /// The known names by their length, so that most names are compared with two or three others.
  private static let byLength: [[Known]] = {
    var table: [[Known]] = []
    for entry in known {
      let length = entry.name.utf8CodeUnitCount
      while table.count <= length { table.append([]) }
      table[length].append(entry)
    }
    return table
  }()
}

/// What the name of a field says of the row that has it.
struct MemberHints: OptionSet {
  let rawValue: UInt8

  /// The status and the path of a request: with both, the sender has read its access line itself.
  static let status = MemberHints(rawValue: 1)
  static let path = MemberHints(rawValue: 2)
  /// A name of another formatter for what we have a name for.
  static let alias = MemberHints(rawValue: 4)

  static let request: MemberHints = [.status, .path]

  init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  init(_ name: Span<UInt8>) {
    self = OdooMembers.isAlias(name) ? .alias : []
    if name.equals("status") || name.equals("http.response.status_code") { insert(.status) }
    if name.equals("path") || name.equals("url.path") { insert(.path) }
  }
}
