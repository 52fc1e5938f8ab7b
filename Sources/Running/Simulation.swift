import Bytes
import Model
package import Simulating

/// Sends a fleet's bytes to a server's real ports: the past over HTTP, then the present at the
/// speed of the clock over UDP and HTTP.
package struct Simulation: Sendable {
  /// Where the fleet ships to.
  package struct Target: Sendable {
    package var http: String
    package var host: String
    package var linesPort: Int
    package var syslogPort: Int
    package var statsdPort: Int

    package init(
      http: String, host: String, linesPort: Int, syslogPort: Int, statsdPort: Int
    ) {
      self.http = http
      self.host = host
      self.linesPort = linesPort
      self.syslogPort = syslogPort
      self.statsdPort = statsdPort
    }
  }

  /// Lines of the past go out in bodies of about this size.
  private static let bodyBytes = 1 << 20
  /// The past is made in pieces of this many nanoseconds.
  private static let pastPiece: Int64 = 600 * 1_000_000_000
  private static let livePause = 200

  private var fleet: Fleet
  private let target: Target
  private let caller: HTTPCaller
  private let report: @Sendable (String) -> Void

  package init(
    fleet: Fleet, target: Target, caller: HTTPCaller,
    report: @escaping @Sendable (String) -> Void
  ) {
    self.fleet = fleet
    self.target = target
    self.caller = caller
    self.report = report
  }

  /// Ships `from..<to` (nanoseconds) as fast as the server takes it. Throws when it does not.
  package mutating func backfill(from: Int64, to: Int64) async throws {
    for event in fleet.deploys where event.start < to { try await post(event) }
    var lines: [ByteString: [UInt8]] = [:]
    var samples: [SimulatedSample] = []
    var start = from
    var told = WallClock.monotonic()
    while start < to {
      let end = min(start + Self.pastPiece, to)
      for emission in fleet.emissions(from: start, to: end) {
        switch emission {
        case .odooLines(let host, let bytes, _): lines[host, default: []] += bytes
        case .statsd: break
        case .samples(let more): samples += more
        }
      }
      for (host, bytes) in lines where bytes.count >= Self.bodyBytes {
        try await post(bytes, host: host)
        lines[host] = nil
      }
      if samples.count >= 20_000 {
        try await post(samples)
        samples = []
      }
      start = end
      if WallClock.monotonic() - told > 2_000_000_000 {
        told = WallClock.monotonic()
        report("backfill: \((start - from) * 100 / max(to - from, 1)) %")
      }
    }
    for (host, bytes) in lines { try await post(bytes, host: host) }
    if !samples.isEmpty { try await post(samples) }
  }

  /// Ships what happens from `start` on as it happens, until cancelled or for `seconds`.
  package mutating func live(from start: Int64, seconds: Int64?) async throws {
    let ports = try LivePorts(target, fleet.plan)
    var from = start
    var due = fleet.deploys.filter { $0.start >= start }.sorted { $0.start < $1.start }
    let end = seconds.map { start + $0 * 1_000_000_000 } ?? .max
    while !Task.isCancelled, from < end {
      let now = min(WallClock.now(), end)
      while let event = due.first, event.start <= now {
        due.removeFirst()
        do {
          try await post(event)
          let tenants = event.tenants.map { $0.map(\.text).joined(separator: ", ") } ?? "all"
          report("release \(event.release) reaches \(tenants)")
        } catch {
          report("\(error)")
        }
      }
      if now > from {
        for emission in fleet.emissions(from: from, to: now) { await ship(emission, ports) }
        from = now
      }
      try? await Task.sleep(for: .milliseconds(Self.livePause))
    }
  }

  private func ship(_ emission: Emission, _ ports: LivePorts) async {
    do {
      switch emission {
      case .odooLines(let host, let bytes, let time):
        if !ports.send(bytes, host: host, time: time) { try await post(bytes, host: host) }
      case .statsd(let bytes, _): ports.statsd.send(bytes)
      case .samples(let samples): try await post(samples)
      }
    } catch {
      report("\(error)")
    }
  }

  private func post(_ bytes: [UInt8], host: ByteString) async throws {
    try await post("/ingest/odoo?host=\(HTTPCaller.escape(host.text))", [], bytes)
  }

  private func post(_ samples: [SimulatedSample]) async throws {
    let headers = [
      ("Content-Encoding", "snappy"), ("Content-Type", "application/x-protobuf"),
      ("X-Prometheus-Remote-Write-Version", "0.1.0"),
    ]
    try await post("/api/v1/write", headers, RemoteWriteBody.encode(samples))
  }

  private func post(_ event: DeployEvent) async throws {
    var json = JSONWriter()
    json.object { json in
      for (name, value) in [
        ("service", event.service.text), ("environment", event.environment.text),
        ("release", event.release.text), ("kind", event.kind.rawValue),
        ("start", Instant.text(event.start)), ("actor", event.actor), ("link", event.link),
      ] {
        json.key(name)
        json.string(value)
      }
      if let previous = event.previous {
        json.key("previous")
        json.string(previous)
      }
      if let end = event.end {
        json.key("end")
        json.string(Instant.text(end))
      }
      if let tenants = event.tenants {
        json.key("tenants")
        json.array { json in for tenant in tenants { json.string(tenant) } }
      }
    }
    try await post("/api/v1/deploys", [("Content-Type", "application/json")], json.bytes)
  }

  private func post(_ path: String, _ headers: [(String, String)], _ body: [UInt8]) async throws {
    for attempt in 0..<5 {
      let answer = try await caller.call(
        "POST", target.http + path, headers: headers, body: body)
      if (200..<300).contains(answer.status) { return }
      guard answer.status == 503, attempt < 4 else {
        throw CallFailure(description: "POST \(path): \(answer.status) \(answer.text.prefix(300))")
      }
      try await Task.sleep(for: .seconds(1))
    }
  }
}

/// How hosts ship in the present, one way each: forwarded by rsyslog, as lines that carry
/// journald's prefix, or as bodies over HTTP.
private struct LivePorts: Sendable {
  let statsd: DatagramSender
  private let lines: DatagramSender
  private let syslog: DatagramSender
  private let ways: [ByteString: Int]

  init(_ target: Simulation.Target, _ plan: FleetPlan) throws(CallFailure) {
    statsd = try DatagramSender(host: target.host, port: target.statsdPort)
    lines = try DatagramSender(host: target.host, port: target.linesPort)
    syslog = try DatagramSender(host: target.host, port: target.syslogPort)
    var ways: [ByteString: Int] = [:]
    for (index, host) in plan.hosts.enumerated() { ways[host.name] = index % 3 }
    self.ways = ways
  }

  /// Sends over UDP; false when this host ships over HTTP.
  func send(_ bytes: [UInt8], host: ByteString, time: Int64) -> Bool {
    guard let way = ways[host], way < 2 else { return false }
    let stamp = Self.syslogStamp(time)
    var process = 1
    for line in bytes.split(separator: 10, omittingEmptySubsequences: false).dropLast() {
      // The head line's process sends the lines that follow it too, as journald would say.
      process = Self.process(line) ?? process
      let head = "\(stamp) \(host.text) odoo[\(process)]: "
      if way == 0 {
        syslog.send(Array("<14>\(head)".utf8) + line)
      } else {
        lines.send(Array(head.utf8) + line + [10])
      }
    }
    return true
  }

  private static func process(_ line: ArraySlice<UInt8>) -> Int? {
    let parts = line.prefix(48).split(separator: 32, maxSplits: 3)
    guard parts.count > 2, parts[0].count == 10 else { return nil }
    return Int(String(decoding: parts[2], as: UTF8.self))
  }

  /// `Mmm dd hh:mm:ss` (RFC 3164, 4.1.2).
  private static func syslogStamp(_ time: Int64) -> String {
    let months = [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    let seconds = time / 1_000_000_000
    let date = Instant.date(days: Int(seconds / 86_400))
    let clock = Int(seconds % 86_400)
    let day = date.day < 10 ? " \(date.day)" : "\(date.day)"
    return "\(months[(date.month - 1) % 12]) \(day) "
      + "\(Instant.padded(clock / 3_600, 2)):\(Instant.padded(clock / 60 % 60, 2))"
      + ":\(Instant.padded(clock % 60, 2))"
  }
}
