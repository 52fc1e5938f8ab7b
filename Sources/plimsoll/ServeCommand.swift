import ArgumentParser
import Foundation
import Running

/// What `serve` and `demo` share: where to listen, where to keep things.
struct ServeOptions: ParsableArguments {
  @Option(help: "A YAML settings file. Also PLIMSOLL_CONFIG.") var config: String?
  @Option(help: "The data folder. Also PLIMSOLL_DATA. (default: data)") var data: String?
  @Option(help: "The folder of rules and processes. Also PLIMSOLL_RULES. (default: rules)")
  var rules: String?
  @Option(help: "HTTP for everything. Also PLIMSOLL_HTTP. (default: 127.0.0.1:9480)")
  var http: String?
  @Option(help: "UDP for JSON and Odoo lines, or off. (default: 127.0.0.1:9481)")
  var udpLines: String?
  @Option(help: "UDP for syslog, or off. (default: 127.0.0.1:5514)") var udpSyslog: String?
  @Option(help: "UDP for statsd, or off. (default: 127.0.0.1:8125)") var udpStatsd: String?
  @Option(help: "How long rows are kept, such as 30d, 10y. Also PLIMSOLL_RETENTION. (default: 30d)")
  var retention: String?
  @Option(
    help: "Most bytes a tenant keeps; the oldest go. Also PLIMSOLL_MAX_BYTES. (default: none)")
  var maxBytes: String?
  @Option(help: "Disk to leave free. Also PLIMSOLL_MIN_FREE. (default: a twentieth, at most 1 GiB)")
  var minFree: String?
  @Option(help: "Send alerts to this URL, in Alertmanager's webhook form. Also PLIMSOLL_WEBHOOK.")
  var webhook: String?
  @Flag(help: "Serve beyond loopback without tokens and TLS. Also PLIMSOLL_INSECURE=1.")
  var insecure = false
  @OptionGroup(title: "What queries may use") var queries: QueryOptions

  /// The settings these flags, the environment and the settings file give together. Ends the
  /// command with one line when they do not go together.
  func settings() throws -> ServerSettings {
    var flags: [String: String] = [:]
    flags["config"] = config
    flags["data"] = data
    flags["rules"] = rules
    flags["http"] = http
    flags["udp_lines"] = udpLines
    flags["udp_syslog"] = udpSyslog
    flags["udp_statsd"] = udpStatsd
    flags["retention"] = retention
    flags["max_bytes"] = maxBytes
    flags["min_free"] = minFree
    flags["webhook"] = webhook
    if insecure { flags["insecure"] = "true" }
    for (name, value) in queries.flags { flags[name] = value }
    do {
      let settings = try SettingsReading.read(
        flags: flags, environment: ProcessInfo.processInfo.environment)
      if let refusal = settings.refusal { throw SettingsFailure(refusal) }
      return settings
    } catch {
      Terminal.fail("\(error)")
      throw ExitCode(2)
    }
  }
}

/// `plimsoll serve`: the product.
struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Take rows, answer queries, watch the rules.",
    discussion: """
      Each listener's real address is printed as a line `listening NAME HOST:PORT`; port 0 picks \
      a free one. SIGHUP and POST /-/reload read the rules anew; SIGTERM ends it, losing nothing.
      """)

  @OptionGroup var options: ServeOptions

  func run() async throws {
    let server = try start(options.settings())
    try await serve(server) {}
  }
}

/// Opens a server; what cannot start says why in one line and ends the command.
func start(_ settings: ServerSettings) throws -> PlimsollServer {
  do {
    return try PlimsollServer(settings)
  } catch {
    Terminal.fail("\(error)")
    throw ExitCode(1)
  }
}

/// Runs a server until a signal ends it; `beside` runs once it listens.
func serve(
  _ server: PlimsollServer, beside: @escaping @Sendable () async throws -> Void
) async throws {
  do {
    try await server.run { listeners in
      for listener in listeners { Terminal.line("listening \(listener.name) \(listener.address)") }
      Terminal.line("ready")
      try await beside()
    }
  } catch {
    Terminal.fail("\(error)")
    throw ExitCode(1)
  }
}
