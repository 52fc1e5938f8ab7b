import Foundation
import Support
import Testing

/// Rules, alerts and webhooks of the running program.
@Suite struct AlertFlowTests {
  private static let rule = """
    groups:
      - name: g
        type: logql
        interval: 1s
        rules:
          - alert: Broken
            expr: sum by (tenant) (count_over_time({service="s", level="error"}[1h])) > 1
            annotations: {summary: '{{ $labels.tenant }} has {{ $value }}'}
    """

  private func folder(_ text: String) throws -> String {
    let path = NSTemporaryDirectory() + "/plimsoll-rules-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    try text.write(toFile: path + "/a.yml", atomically: true, encoding: .utf8)
    return path
  }

  @Test func anAlertFiresReachesTheWebhookAndSurvivesAKill() async throws {
    let rules = try folder(Self.rule)
    defer { try? FileManager.default.removeItem(atPath: rules) }
    // The first two attempts are refused: they are retried.
    let receiver = try WebhookReceiver(firstStatuses: [500, 503])
    let data = NSTemporaryDirectory() + "/plimsoll-flow-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: data) }
    let webhook = ["--webhook", "http://127.0.0.1:\(receiver.port)/"]
    var server = try ServerProcess(folder: data, rules: rules, arguments: webhook)
    let lines = (0..<3).map { _ in
      #"{"service":"s","level":"error","tenant":"nordlog","message":"x"}"#
    }
    _ = try await server.call(
      "POST", "/ingest/json", body: Data(lines.joined(separator: "\n").utf8))
    let alerts = try await server.wait("/api/v1/alerts") { $0.contains(#""state":"firing""#) }
    #expect(alerts.contains(#""alertname":"Broken""#))
    #expect(alerts.contains(#""summary":"nordlog has 3""#))
    _ = try await server.wait("/metrics") { _ in !receiver.received.isEmpty }
    let body = try #require(receiver.received.first)
    #expect(body.contains(#""version":"4""#))
    #expect(body.contains(#""status":"firing""#))
    #expect(body.contains(#""tenant":"nordlog""#))
    server.kill()
    server = try ServerProcess(folder: data, rules: rules, arguments: webhook)
    _ = try await server.wait("/api/v1/rules") { $0.contains(#""state":"firing""#) }
    // Told once: the restart does not announce it anew.
    let evaluations = #"plimsoll_rule_group_evaluations_total 3"#
    _ = try await server.wait("/metrics") { $0.contains(evaluations) }
    #expect(receiver.received.count == 1)
    #expect(server.stop() == 0)
  }

  @Test func aBrokenFileKeepsItsLastGoodVersion() async throws {
    let rules = try folder(Self.rule)
    defer { try? FileManager.default.removeItem(atPath: rules) }
    let server = try ServerProcess(rules: rules)
    defer { server.remove() }
    try "groups: [".write(toFile: rules + "/a.yml", atomically: true, encoding: .utf8)
    let refused = try await server.call("POST", "/-/reload")
    #expect(refused.status == 500)
    #expect(refused.text.contains("a.yml:"))
    #expect(try await server.call("GET", "/api/v1/rules").text.contains("Broken"))
    let renamed = Self.rule.replacingOccurrences(of: "Broken", with: "Mended")
    try renamed.write(toFile: rules + "/a.yml", atomically: true, encoding: .utf8)
    server.signal(SIGHUP)
    _ = try await server.wait("/api/v1/rules") { $0.contains("Mended") }
  }

  @Test func shippedRulesPassTheirChecksAndTests() throws {
    for command in ["check", "test"] {
      let outcome = try run(ServerProcess.program, ["rules", command, Fixture.root + "/rules"])
      #expect(outcome.status == 0, "\(outcome.output)")
    }
    guard let promtool = installed("promtool") else {
      print("skipped: promtool is not installed (make test installs it)")
      return
    }
    let folder = Fixture.root + "/rules"
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    for name in names where name.hasSuffix(".yml") && name != "processes.yml" {
      let text = try String(contentsOfFile: folder + "/" + name, encoding: .utf8)
      // LogQL is not promtool's; log lines and deploys are our addition to its tests.
      if text.contains("type: logql") || text.contains("input_logs:") { continue }
      let verb = name.hasSuffix(".test.yml") ? "test" : "check"
      let outcome = try run(promtool, [verb, "rules", folder + "/" + name])
      #expect(outcome.status == 0, "\(outcome.output)")
    }
  }

  @Test(arguments: [
    ["serve", "--http", "0.0.0.0:0"], ["serve", "--http", "nonsense"],
    ["serve", "--retention", "5"], ["serve", "--rules", "/nowhere/at/all"],
    ["serve", "--config", "/nowhere"], ["serve", "--webhook", "ftp://x"],
  ])
  func whatCannotStartSaysWhyInOneLine(_ arguments: [String]) throws {
    let data = NSTemporaryDirectory() + "/plimsoll-refused-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: data) }
    let outcome = try run(
      ServerProcess.program,
      arguments + [
        "--data", data, "--udp-lines", "off", "--udp-syslog", "off", "--udp-statsd", "off",
      ])
    #expect(outcome.status != 0)
    #expect(outcome.output.split(separator: "\n").count == 1, "\(outcome.output)")
  }
}
