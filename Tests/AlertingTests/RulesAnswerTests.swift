import Alerting
import Bytes
import Support
import Testing

/// The JSON of the rules and alerts of a small book, byte for byte.
@Suite struct RulesAnswerTests {
  private static let rules = """
    {alert: Down, expr: signal > 0, labels: {severity: "s{{ $value }}"}, \
    annotations: {summary: "\\"{{ $labels.part }}\\""}}
    {alert: Slow, expr: signal > 1, for: 90s, keep_firing_for: 1m}
    {alert: Quiet, expr: absent > 0}
    {alert: ManyErrors, type: logql, expr: 'sum(count_over_time({level="ERROR"} [5m])) > 3'}
    {record: 'part:signal:sum', expr: sum by (part) (signal), labels: {team: core}}
    {alert: Twice, expr: signal, labels: {part: all}}
    """

  private static func check(_ name: String, _ bytes: [UInt8]) throws {
    let actual = String(decoding: bytes, as: UTF8.self) + "\n"
    let fixture = Fixture.named("rules/answers/" + name)
    #expect(try fixture.golden(name, for: name, actual: actual) == actual)
    _ = try JSONValue(parsing: bytes)
  }

  @Test func ofASmallBook() throws {
    var world = try AlertingWorld(Self.rules, group: "interval: 30s")
    let other = try AlertingWorld.group("{alert: New, expr: up}", "limit: 5", name: "next")
    world.source.hold("signal", ["a": 1, "b": .infinity])
    world.evaluate(after: 0)
    let groups = [world.group, other]
    try Self.check("rules.json", RulesAnswer.rules(groups, world.book))
    try Self.check("alerts.json", RulesAnswer.alerts(groups, world.book))
  }

  @Test func ofNothing() throws {
    let rules = RulesAnswer.rules([], AlertBook())
    #expect(String(decoding: rules, as: UTF8.self) == #"{"status":"success","data":{"groups":[]}}"#)
    let alerts = RulesAnswer.alerts([], AlertBook())
    #expect(
      String(decoding: alerts, as: UTF8.self) == #"{"status":"success","data":{"alerts":[]}}"#)
  }
}
