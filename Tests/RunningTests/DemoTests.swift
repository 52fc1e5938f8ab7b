import Foundation
import Support
import Testing

/// The demo as a user sees it, in real time: a process breaks, the alert names release and
/// tenants, the webhook hears of it, compare and anomalies put it first.
@Suite struct DemoTests {
  @Test(.timeLimit(.minutes(6))) func theBrokenProcessIsNamedWithinThreeMinutes() async throws {
    let receiver = try WebhookReceiver()
    let server = try ServerProcess(
      rules: Fixture.root + "/rules",
      arguments: ["--webhook", "http://127.0.0.1:\(receiver.port)/"])
    defer { server.remove() }
    let fleet = Process()
    fleet.executableURL = URL(fileURLWithPath: ServerProcess.program)
    fleet.arguments = [
      "simulate", "--seed", "1", "--days", "0.1", "--seconds", "200", "--http",
      String(server.http.dropFirst("http://".count)),
      "--lines-port", "\(server.ports["odoo"] ?? 0)",
      "--syslog-port", "\(server.ports["syslog"] ?? 0)",
      "--statsd-port", "\(server.ports["statsd"] ?? 0)",
    ]
    fleet.standardOutput = FileHandle.nullDevice
    fleet.standardInput = FileHandle.nullDevice
    try fleet.run()
    defer { fleet.terminate() }
    let broken = ["larch_supply", "polderpost", "tenant-fr-0093", "tidewater"]
    let alerts = try await server.wait("/api/v1/alerts", seconds: 200) { text in
      broken.allSatisfy { tenant in
        text.contains("\"tenant\":\"\(tenant)\"")
      } && !text.contains(#""state":"pending""#) && text.contains("OrderImportFailing")
    }
    #expect(alerts.contains(#""release":"18.0.57.0""#))
    #expect(alerts.components(separatedBy: #""alertname""#).count == broken.count + 1)
    _ = try await server.wait("/metrics") { _ in
      broken.allSatisfy { receiver.received.joined().contains("\"tenant\":\"\($0)\"") }
    }
    let comparison = try run(
      ServerProcess.program, ["release", "compare", "18.0.57.0", "--server", server.http])
    let rows = comparison.output.split(separator: "\n").dropFirst(2).prefix(broken.count)
    #expect(Set(rows.map { String($0.prefix { $0 != " " }) }) == Set(broken))
    #expect(rows.allSatisfy { $0.contains("order import") && $0.contains("worse") })
    let anomalies = try run(
      ServerProcess.program, ["anomalies", "--since", "24h", "--server", server.http])
    let first = anomalies.output.split(separator: "\n").dropFirst().prefix(broken.count)
    #expect(Set(first.map { String($0.prefix { $0 != " " }) }) == Set(broken))
    #expect(first.allSatisfy { $0.contains("18.0.57.0") })
  }
}
