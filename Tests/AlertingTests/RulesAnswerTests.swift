import Alerting
import Bytes
import Querying
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
    try Self.check("rules.json", try RulesAnswer.rules(groups, world.book))
    try Self.check("alerts.json", RulesAnswer.alerts(groups, world.book))
  }

  /// What a selection shows: the names of the rules of each group, and where it goes on.
  private static func shown(
    _ groups: [RuleGroup], _ book: AlertBook, _ change: (inout RulesSelection) throws -> Void
  ) throws -> (groups: [String: [String]], next: String?) {
    var selection = RulesSelection()
    try change(&selection)
    let answer = try JSONValue(parsing: try RulesAnswer.rules(groups, book, selection))["data"]
    var shown: [String: [String]] = [:]
    for group in answer?["groups"]?.elements ?? [] {
      let rules = group["rules"]?.elements ?? []
      shown[group["name"]?.text ?? ""] = rules.compactMap { $0["name"]?.text }
    }
    return (shown, answer?["groupNextToken"]?.text)
  }

  @Test func ofASelection() throws {
    let world = try AlertingWorld(Self.rules, group: "interval: 30s")
    let other = try AlertingWorld.group("{alert: New, expr: up}", "limit: 5", name: "next")
    let groups = [world.group, other]
    func shown(
      _ change: (inout RulesSelection) throws -> Void
    ) throws -> (groups: [String: [String]], next: String?) {
      try Self.shown(groups, world.book, change)
    }
    let own = world.group.name
    #expect(try shown { $0.type = "record" }.groups == [own: ["part:signal:sum"]])
    #expect(try shown { $0.names = ["New", "Slow"] }.groups == [own: ["Slow"], "next": ["New"]])
    #expect(try shown { $0.groups = ["next"] }.groups == ["next": ["New"]])
    #expect(try shown { $0.files = ["nowhere"] }.groups.isEmpty)
    #expect(
      try shown { $0.selectors = [try PromQL.selector("{team=\"core\"}")] }.groups
        == [own: ["part:signal:sum"]])
    // A templated label is not known.
    #expect(try shown { $0.selectors = [try PromQL.selector("{severity!=\"\"}")] }.groups.isEmpty)
    let first = try shown { $0.groupLimit = 1 }
    #expect(first.groups.keys.sorted() == [own])
    let second = try shown {
      $0.groupLimit = 1
      $0.nextGroup = first.next ?? ""
    }
    #expect(second.groups == ["next": ["New"]])
    #expect(second.next == nil)
    #expect(throws: QueryFault.self) { _ = try shown { $0.nextGroup = "gone" } }
  }

  @Test func withoutItsAlerts() throws {
    var world = try AlertingWorld(Self.rules, group: "interval: 30s")
    world.source.hold("signal", ["a": 1])
    world.evaluate(after: 0)
    var selection = RulesSelection()
    selection.showsAlerts = false
    let rules = try RulesAnswer.rules([world.group], world.book, selection)
    let text = String(decoding: rules, as: UTF8.self)
    #expect(text.contains(#""state":"firing""#))
    #expect(!text.contains("activeAt"))
  }

  @Test func ofNothing() throws {
    let rules = try RulesAnswer.rules([], AlertBook())
    #expect(String(decoding: rules, as: UTF8.self) == #"{"status":"success","data":{"groups":[]}}"#)
    let alerts = RulesAnswer.alerts([], AlertBook())
    #expect(
      String(decoding: alerts, as: UTF8.self) == #"{"status":"success","data":{"alerts":[]}}"#)
  }
}
