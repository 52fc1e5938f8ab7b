import Bytes
import Model
import Notifying
import Support
import Testing

/// Golden webhook bodies: an `.in` file lists notices, its `.out` the bodies they become.
@Suite struct WebhookPayloadTests {
  @Test(arguments: Fixture.all("notify/webhook", suffix: ".in"))
  func writesTheBody(_ fixture: Fixture) throws {
    let input = try JSONValue(parsing: try fixture.bytes())
    let receiver = WebhookReceiver(
      name: input["receiver"]?.text ?? "", url: "http://127.0.0.1/",
      sendResolved: input["sendResolved"]?.flag ?? true)
    let notices = try #require(input["notices"]?.elements).map(notice)
    let bodies = receiver.bodies(for: notices, externalURL: "http://127.0.0.1:9480")
    let actual = bodies.map { String(decoding: $0, as: UTF8.self) + "\n" }.joined()
    #expect(try fixture.golden(".out", for: ".in", actual: actual) == actual)
    for body in bodies { _ = try JSONValue(parsing: body) }
  }

  private func notice(_ value: JSONValue) throws -> Notice {
    func labels(_ name: String) -> Labels {
      Labels((value[name]?.members ?? []).map { Label($0.key, $0.value.bytes ?? .empty) })
    }
    func instant(_ name: String) -> Int64 {
      value[name]?.bytes.flatMap { Instant.parse($0.bytes.span) } ?? 0
    }
    return Notice(
      labels: labels("labels"), annotations: labels("annotations"), startsAt: instant("startsAt"),
      endsAt: instant("endsAt"), isFiring: value["endsAt"] == nil,
      generatorURL: value["generatorURL"]?.text ?? "")
  }

  @Test func truncatesAndCounts() throws {
    let notices = (0..<100).map { index in
      Notice(
        labels: Labels([
          Label("alertname", "A"), Label("tenant", ByteString("t\(index)")),
        ]), annotations: .empty, startsAt: 0, endsAt: 1, isFiring: index == 99)
    }
    let group = try #require(NoticeGroup.groups(of: notices).first)
    let body = WebhookPayload(group: group, receiver: "r", externalURL: "").body(limit: 2_000)
    #expect(body.count < 2_500)
    let value = try JSONValue(parsing: body)
    let alerts = try #require(value["alerts"]?.elements)
    #expect(value["truncatedAlerts"]?.integer == Int64(100 - alerts.count))
    #expect(alerts.first?["status"]?.text == "firing")
    #expect(value["status"]?.text == "firing")
  }

  /// The empty set's hash is FNV's offset basis; the order of labels does not matter.
  @Test func fingerprintsLabelSets() {
    #expect(Notice.fingerprint(of: .empty) == "cbf29ce484222325")
    let one = Labels([Label("a", "1"), Label("b", "2")])
    let other = Labels([Label("b", "2"), Label("a", "1")])
    #expect(Notice.fingerprint(of: one) == Notice.fingerprint(of: other))
    #expect(Notice.fingerprint(of: one).count == 16)
  }
}
