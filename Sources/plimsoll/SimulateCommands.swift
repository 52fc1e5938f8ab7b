import ArgumentParser
import Foundation
import Running
import Simulating

/// Which fleet.
struct FleetOptions: ParsableArguments {
  @Option(help: "The same seed makes the same fleet.") var seed: UInt64 = 1
  @Option(help: "How many tenants.") var tenants = 12
  @Option(help: "How many hosts.") var hosts = 3
  @Option(help: "Log lines a second at the busiest hour, all tenants together.")
  var rate: Double = 40
  @Option(help: "Days of history before now.") var days: Double = 3
  @Flag(help: "A fleet in which nothing breaks.") var clean = false

  var settings: FleetSettings {
    FleetSettings(
      seed: seed, tenantCount: tenants, hostCount: hosts, rate: rate, backfillDays: days,
      isClean: clean)
  }
}

/// `plimsoll simulate`: a fleet that ships to a server.
struct Simulate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Ship a deterministic fleet's logs and metrics to a server.",
    discussion: """
      It backfills some days that end now, then goes on live: native Odoo lines over UDP and \
      HTTP, statsd timers, remote write, and a rollout in waves in which, unless --clean, one \
      business process breaks for one wave. The seed decides which, how and for whom.
      """)

  @OptionGroup var fleet: FleetOptions
  @Option(help: "The server's HTTP address.") var http = "127.0.0.1:9480"
  @Option(help: "Its UDP port for lines.") var linesPort = 9_481
  @Option(help: "Its UDP port for syslog.") var syslogPort = 5_514
  @Option(help: "Its UDP port for statsd.") var statsdPort = 8_125
  @Option(help: "End after this many live seconds.") var seconds: Int64?

  func run() async throws {
    let base = Remote.base(of: http)
    let address = base.split(separator: "/").last ?? "127.0.0.1"
    let host = String(address.split(separator: ":").first ?? "127.0.0.1")
    let target = Simulation.Target(
      http: base, host: host, linesPort: linesPort, syslogPort: syslogPort,
      statsdPort: statsdPort)
    do {
      try await ship(fleet.settings, to: target, seconds: seconds)
    } catch {
      Terminal.fail("\(error)")
      throw ExitCode(1)
    }
  }
}

/// Backfills, tells what will happen, and ships on.
func ship(
  _ settings: FleetSettings, to target: Simulation.Target, seconds: Int64?
) async throws {
  let caller = HTTPCaller()
  // The rest of the past is made after this instant, so that live begins when the plan says.
  let liveStart = WallClock.now() + 15_000_000_000
  let fleet = Fleet(settings: settings, liveStart: liveStart)
  var simulation = Simulation(fleet: fleet, target: target, caller: caller) { line in
    Terminal.line(Terminal.paint("fleet: ", .gray) + line)
  }
  let pastEnd = liveStart - 15_000_000_000
  try await simulation.backfill(from: fleet.plan.backfillStart, to: pastEnd)
  for line in fleet.plan.describe() { Terminal.line(Terminal.paint("fleet: ", .gray) + line) }
  try await simulation.live(from: pastEnd, seconds: seconds)
  await caller.close()
}

/// `plimsoll demo`: a server and a fleet in one.
struct Demo: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Serve, with a fleet whose release goes wrong: where `make run` takes you.",
    discussion: """
      The data folder is made anew in the system's temporary folder unless --data is given.
      """)

  @OptionGroup var options: ServeOptions
  @OptionGroup var fleet: FleetOptions

  func run() async throws {
    var settings = try options.settings()
    if options.data == nil {
      settings.dataFolder =
        NSTemporaryDirectory() + "plimsoll-demo-\(ProcessInfo.processInfo.processIdentifier)"
    }
    let server = try start(settings)
    let chosen = fleet.settings
    try await serve(server) {
      let target = Simulation.Target(
        http: "http://" + server.address("http"), host: "127.0.0.1",
        linesPort: server.port("odoo"), syslogPort: server.port("syslog"),
        statsdPort: server.port("statsd"))
      Terminal.line("")
      Terminal.line(
        Terminal.paint("Open http://\(server.address("http"))/", .bold) + "  (Ctrl-C ends it)")
      Terminal.line("")
      try await ship(chosen, to: target, seconds: nil)
    }
  }
}
