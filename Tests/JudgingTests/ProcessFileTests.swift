import Bytes
import Judging
import Model
import Querying
import Support
import Testing

/// Process files: the shipped one, and what is refused, where.
@Suite struct ProcessFileTests {
  /// A `.yml` file's golden `.fault` is the refusal.
  @Test(arguments: Fixture.all("judging/processes", suffix: ".yml"))
  func refusesWithThePlace(_ fixture: Fixture) throws {
    let name = String(fixture.description.split(separator: "/").last ?? "")
    let bytes = try fixture.bytes()
    let fault = #expect(throws: YAMLFault.self) { try ProcessFile.parse(bytes, file: name) }
    let actual = (fault?.description ?? "") + "\n"
    #expect(try fixture.golden(".fault", for: ".yml", actual: actual) == actual)
  }

  @Test func theShippedFileDeclaresThreeProcesses() throws {
    let bytes = try Fixture.named("../rules/processes.yml").bytes()
    let processes = try ProcessFile.parse(bytes, file: "processes.yml")
    #expect(processes.map(\.name) == ["order_import", "shipment_updates", "picking"])
    #expect(processes.map(\.unit) == ["orders", "updates", "pickings"])
    #expect(processes.map(\.basis) == [.good, .attempts, .attempts])
    #expect(processes.allSatisfy { $0.worth != nil && $0.timing != nil && $0.service == "odoo" })
  }

  /// Counters count by their increase; a restart starts from zero.
  @Test func countersAreCountedByTheirIncrease() throws {
    let process = BusinessProcess(
      name: "picking", title: "picking", unit: "pickings",
      done: [.init(.promql, "done_total")], bad: [.init(.promql, "failed_total")])
    let now = SyntheticFleet.now
    let evaluator = Evaluator { _, text, times in
      let isBad = text.contains("failed")
      let points = (0..<times.count).map { index in
        // Sixty per minute, and a restart 30 minutes ago; failures since ten minutes.
        let left = times.count - 1 - index
        let done = Double(left < 30 ? 60 * (30 - left) : 60 * index)
        return Point(
          time: times.instant(index), value: isBad ? Double(Swift.max(0, 10 - left) * 20) : done)
      }
      return .matrix([
        MatrixSeries(labels: Labels([Label("tenant", "acme"), Label("pod", "a")]), points: points)
      ])
    }
    let ranking = try AnomalyRanking(
      processes: [process], timeline: .empty, since: now - 3_600 * Instant.second, now: now,
      evaluator: evaluator)
    let row = try #require(ranking.rows.first)
    #expect(row.tenant == "acme" && row.strength == .strong)
    #expect(row.failures == 20 * Double(Swift.min(10, row.window / 60 / Instant.second)))
    #expect(row.attempts == row.failures + 60 * Double(row.window / 60 / Instant.second))
  }

  @Test func aScopedReadBelongsToItsOwner() throws {
    let evaluator = Evaluator { _, _, times in
      .matrix([
        MatrixSeries(
          labels: .empty,
          points: (0..<times.count).map { Point(time: times.instant($0), value: 1) })
      ])
    }
    let ranking = try AnomalyRanking(
      processes: SyntheticFleet.processes, timeline: .empty, owner: "acme",
      since: SyntheticFleet.now - 3_600 * Instant.second, now: SyntheticFleet.now,
      evaluator: evaluator)
    #expect(Set(ranking.rows.map(\.tenant)) == ["acme"])
  }

  @Test func failingQueriesAreReported() throws {
    let evaluator = Evaluator { _, text, _ in
      if text.contains("picking") { throw QueryFault(.timeout, "query timed out") }
      return .matrix([])
    }
    let ranking = try AnomalyRanking(
      processes: SyntheticFleet.processes, timeline: .empty, since: 0, now: SyntheticFleet.now,
      evaluator: evaluator)
    #expect(ranking.rows.isEmpty)
    #expect(ranking.warnings == ["picking: query timed out"])
    #expect(throws: QueryFault.self) {
      try AnomalyRanking(
        processes: [SyntheticFleet.processes[1]], timeline: .empty, since: 0,
        now: SyntheticFleet.now, evaluator: evaluator)
    }
  }
}
