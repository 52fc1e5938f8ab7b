import Alerting
import Bytes
import Model
import Querying
import Testing

/// The book of alerts: labels, notices, limits, recorded series, and what is forgotten.
@Suite struct AlertBookTests {
  private static let plain = "{alert: A, expr: signal > 0}"

  private static func firing(_ rules: String = plain, group: String = "") throws -> AlertingWorld {
    var world = try AlertingWorld(rules, group: group)
    world.source.hold("signal", ["a": 1])
    world.evaluate(after: 0)
    return world
  }

  @Test func anAlertSaysWhatItIs() throws {
    var world = try AlertingWorld(
      "{alert: A, expr: signal > 0, for: 1m, labels: {severity: \"s{{ $value }}\", gone: \"\"}, "
        + "annotations: {summary: \"{{ $labels.part }} of {{ $labels.tenant }}\"}}")
    world.source.hold("signal", ["a": 2.5])
    world.evaluate(after: 0)
    let pending = try #require(world.alerts.first)
    #expect(world.alerts.count == 1 && pending.state == .pending && pending.value == 2.5)
    #expect(
      pending.labels
        == Labels([
          Label("alertname", "A"), Label("part", "a"), Label("severity", "s2.5"),
          Label("tenant", "acme"),
        ]))
    #expect(pending.annotations == Labels([Label("summary", "a of acme")]))
    #expect(pending.activeAt == AlertingWorld.start && pending.notifiedAt == nil)
    world.evaluate(after: 60)
    let fired = AlertingWorld.start + 60 * Instant.second
    var expected = pending
    expected.state = .firing
    expected.firedAt = fired
    expected.notifiedAt = fired
    #expect(world.alerts == [expected])
    #expect(world.book.firingCount == 1)
    let health = try #require(world.book.health(of: world.group, place: 0))
    #expect(health.error.isEmpty && health.evaluatedAt == fired)
  }

  /// The hold ends at the very instant, not a nanosecond earlier.
  @Test func firesAtTheInstant() throws {
    var world = try AlertingWorld("{alert: A, expr: signal > 0, for: 30s}")
    world.source.hold("signal", ["a": 1])
    let end = AlertingWorld.start + 30 * Instant.second
    for (now, state) in [
      (AlertingWorld.start, ActiveAlert.State.pending), (end - 1, .pending), (end, .firing),
    ] {
      _ = world.book.evaluate(world.group, over: world.source, now: now) { _ in }
      #expect(world.alerts.map(\.state) == [state])
    }
  }

  @Test func tellsAgainAfterFourHours() throws {
    var world = try Self.firing()
    var told: [Int64] = []
    for minute in 1...600 as ClosedRange<Int64> {
      if !world.evaluate(after: minute * 60).due.isEmpty { told.append(minute) }
      if minute % 97 == 0 { world.restart() }
    }
    #expect(told == [240, 480])
  }

  @Test func aResolvedAlertIsToldOnceAndForgottenAfterAQuarter() throws {
    var world = try Self.firing()
    let key = try #require(world.rows.keys.first)
    world.source.hold("signal", [:])
    let over = world.evaluate(after: 60).due
    #expect(over.map(\.state) == [.inactive] && over.first?.resolvedAt == over.first?.notifiedAt)
    #expect(world.alerts.isEmpty && world.book.firingCount == 0 && world.rows.count == 1)
    let last = world.evaluate(after: 60 + 900)
    #expect(last.due.isEmpty && last.removed.isEmpty && last.changed.isEmpty)
    let gone = world.evaluate(after: 60 + 901)
    #expect(gone.due.isEmpty && gone.removed == [key] && world.rows.isEmpty)
  }

  @Test func aPendingAlertThatVanishesIsNeverTold() throws {
    var world = try Self.firing("{alert: A, expr: signal > 0, for: 1m}")
    #expect(world.rows.count == 1)
    world.source.hold("signal", [:])
    let outcome = world.evaluate(after: 30)
    #expect(outcome.due.isEmpty && outcome.removed.count == 1 && world.rows.isEmpty)
  }

  @Test func aFailureIsSaidAndChangesNothing() throws {
    var world = try Self.firing()
    let before = (world.alerts, world.rows)
    world.source.fail()
    for hour in 1...10 as ClosedRange<Int64> {
      let outcome = world.evaluate(after: hour * 3_600)
      #expect(outcome.failures == ["a.yml: g: A: the storage is away"])
      #expect(outcome.due.isEmpty && outcome.changed.isEmpty && outcome.removed.isEmpty)
    }
    #expect(world.alerts == before.0 && world.rows == before.1)
    #expect(world.book.health(of: world.group, place: 0)?.error == "the storage is away")
    world.restart()
    world.evaluate(after: 40_000)
    #expect(world.alerts == before.0)
  }

  @Test func alertsOfOneLabelSetAreAnError() throws {
    var world = try Self.firing("{alert: A, expr: signal > 0, labels: {part: all}}")
    world.source.hold("signal", ["a": 1, "b": 1])
    let outcome = world.evaluate(after: 15)
    let text = "vector contains metrics with the same labelset after applying alert labels"
    #expect(outcome.failures == ["a.yml: g: A: \(text)"])
    #expect(world.alerts.count == 1 && world.book.firingCount == 1)
  }

  @Test func aLimitIsKept() throws {
    var world = try Self.firing(group: "limit: 1")
    #expect(world.alerts.count == 1)
    world.source.hold("signal", ["a": 1, "b": 1])
    let outcome = world.evaluate(after: 15)
    #expect(outcome.failures == ["a.yml: g: A: exceeded limit of 1 with 2 results"])
    #expect(world.alerts.count == 1)
  }

  @Test func recordedSeriesGetNameAndLabels() throws {
    var world = try AlertingWorld(
      "{record: 'a:b', expr: signal > 0, labels: {kind: \"{{ $labels.part }}!\", part: \"\"}}",
      group: "query_offset: 30s")
    world.source.hold("signal", ["a": 2])
    var recorded: [VectorElement] = []
    let outcome = world.evaluate(after: 60) { recorded += $0 }
    #expect(outcome.failures.isEmpty && outcome.changed.isEmpty)
    let labels = Labels([
      Label("__name__", "a:b"), Label("kind", "a!"), Label("tenant", "acme"),
    ])
    #expect(recorded.map(\.labels) == [labels])
    #expect(recorded.first?.point.value == 2)
    #expect(recorded.first?.point.time == (AlertingWorld.start / Instant.second + 30) * 1_000)
  }

  @Test func recordedSeriesOfOneLabelSetAreAnError() throws {
    var world = try AlertingWorld("{record: r, expr: signal, labels: {part: all}}")
    world.source.hold("signal", ["a": 1, "b": 1])
    let outcome = world.evaluate(after: 0) { _ in Issue.record("nothing to record") }
    #expect(
      outcome.failures == ["a.yml: g: r: vector contains metrics with the same labelset"])
  }

  /// A rule sees what the rule before it recorded, and one that fails does not stop the next.
  @Test func rulesRunInOrder() throws {
    var world = try AlertingWorld(
      "{alert: Early, expr: twice > 3}\n{record: twice, expr: signal * 2}\n"
        + "{alert: A, expr: twice > 3}\n{record: broken, expr: signal}\n"
        + "{alert: B, expr: vector(1)}")
    let source = world.source
    source.hold("signal", ["a": 2])
    let outcome = world.evaluate(after: 0) { series in
      for element in series {
        if element.labels["__name__"] == "broken" { throw QueryFault(.execution, "disk full") }
        source.add(element.labels.dropping(["tenant"]), element.point.value)
      }
    }
    #expect(outcome.failures == ["a.yml: g: broken: disk full"])
    let counts = world.group.rules.indices.map {
      world.book.alerts(of: world.group, place: $0).count
    }
    #expect(counts == [0, 0, 1, 0, 1])
    #expect(outcome.due.map { $0.labels["alertname"] } == ["A", "B"])
    #expect(world.book.alerts(of: world.group, place: 5).isEmpty)
    #expect(world.book.health(of: world.group, place: -1) == nil)
  }

  @Test func twoRulesOfOneNameKeepTheirOwnAlerts() throws {
    var world = try Self.firing(
      "{alert: A, expr: signal > 0, labels: {severity: low}}\n"
        + "{alert: A, expr: signal > 5, labels: {severity: high}}")
    world.source.hold("signal", ["a": 9])
    world.evaluate(after: 15)
    world.restart()
    #expect(world.evaluate(after: 30).due.isEmpty)
    for (place, severity) in (["low", "high"] as [ByteString]).enumerated() {
      let alerts = world.book.alerts(of: world.group, place: place)
      #expect(alerts.map { $0.labels["severity"] } == [severity])
      #expect(alerts.map(\.state) == [.firing])
    }
  }

  @Test func groupsThatAreGoneAreForgotten() throws {
    var world = try Self.firing()
    world.keepOnly([world.group])
    #expect(world.alerts.count == 1 && world.rows.count == 1)
    world.keepOnly([])
    #expect(world.alerts.isEmpty && world.rows.isEmpty && world.book.firingCount == 0)
    #expect(world.book.health(of: world.group, place: 0) == nil)
  }

  @Test func aRuleThatIsGoneIsForgottenAndOneThatMovedIsNot() throws {
    var world = try Self.firing("\(Self.plain)\n{alert: B, expr: signal > 0}")
    let before = world.book.alerts(of: world.group, place: 1)
    #expect(before.count == 1 && world.book.firingCount == 2)
    world.group = try AlertingWorld.group("{alert: B, expr: signal > 0}")
    world.keepOnly([world.group])
    #expect(world.rows.count == 1)
    let outcome = world.evaluate(after: 15)
    #expect(outcome.due.isEmpty && world.alerts == before && world.book.firingCount == 1)
  }

  /// A file that is refused at the start may be good again later: its alerts wait for it.
  @Test func restoredAlertsWaitForTheirGroup() throws {
    var world = try Self.firing()
    let before = world.alerts
    world.restart()
    world.keepOnly([try AlertingWorld.group(Self.plain, name: "other")])
    #expect(world.rows.count == 1 && world.book.firingCount == 0)
    #expect(world.evaluate(after: 15).due.isEmpty)
    #expect(world.alerts == before)
  }

  @Test func rowsThatCannotBeReadAreSkipped() throws {
    var world = try Self.firing()
    let good = try #require(world.rows.values.first)
    var rows = ["", "{}", "[]", "null", "{\"group\":1}", "\u{0}"].map { ByteString($0) }
    for length in 0..<good.count { rows.append(ByteString(good.bytes[..<length])) }
    world.book = AlertBook(restoring: rows)
    #expect(world.evaluate(after: 15).due.count == 1)
    world.book = AlertBook(restoring: rows + [good])
    #expect(world.evaluate(after: 15).due.isEmpty)
  }

  @Test func aValueThatIsNoNumberSurvives() throws {
    var world = try AlertingWorld("{alert: A, expr: signal, keep_firing_for: 1h}")
    world.source.hold("signal", ["a": .nan, "b": -.infinity])
    world.evaluate(after: 0)
    world.source.hold("signal", [:])
    world.evaluate(after: 15)
    world.restart()
    world.evaluate(after: 30)
    #expect(world.alerts.map { $0.value.bitPattern } == [Double.nan, -.infinity].map(\.bitPattern))
  }
}
