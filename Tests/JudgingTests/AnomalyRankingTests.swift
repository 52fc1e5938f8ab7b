import Bytes
import Judging
import Model
import Testing

/// Rankings over made-up fleets whose truth is known.
@Suite struct AnomalyRankingTests {
  private func rank(
    _ fleet: SyntheticFleet, minutes: Int = 5, hours: Int64 = 24
  ) throws -> AnomalyRanking {
    try AnomalyRanking(
      processes: SyntheticFleet.processes,
      timeline: SyntheticFleet.timeline(0..<6, minutes: minutes),
      since: SyntheticFleet.now - hours * 3_600 * Instant.second, now: SyntheticFleet.now,
      evaluator: fleet.evaluator)
  }

  /// Broken minutes ago with half of the operations failing: first, even when a day is asked for.
  @Test(arguments: [2, 3, 20, 400])
  func putsTheBrokenFirst(minutes: Int) throws {
    for seed in 1...3 as ClosedRange<UInt64> {
      let fleet = SyntheticFleet(
        seed: seed, perMinute: 40,
        breakage: .init(tenants: 3..<6, process: 0, minutes: minutes, share: 0.5))
      let ranking = try rank(fleet, minutes: minutes)
      let top = ranking.rows.prefix(3)
      #expect(Set(top.map(\.tenant)) == Set((3..<6).map(SyntheticFleet.tenant)), "seed \(seed)")
      #expect(top.allSatisfy { $0.process.name == "order_import" && $0.strength == .strong })
      #expect(top.allSatisfy { $0.evidence?.kind == .failures })
      for row in top {
        let change = try #require(row.nearest)
        #expect(change.release == "17.0.2")
        #expect(abs(change.distance) <= 6 * 60 * Instant.second)
      }
      #expect((ranking.rows.dropFirst(3).first?.score ?? 0) < top.map(\.score).min() ?? 0)
    }
  }

  @Test func cleanFleetsAreUsual() throws {
    var scores: [Double] = []
    for seed in 1...20 as ClosedRange<UInt64> {
      let ranking = try rank(SyntheticFleet(seed: 2_000 + seed))
      #expect(ranking.rows.count == 24)
      scores.append(ranking.rows.first?.score ?? 0)
    }
    #expect(scores.max() ?? 0 < 6, "\(scores)")
    #expect(scores.count { $0 >= 3 } <= 8, "\(scores)")
  }

  /// Quiet hours of the night are as usual as busy ones.
  @Test(arguments: [6, 12, 18, 24] as [Int64])
  func dailyRhythmIsUsual(hours: Int64) throws {
    let ranking = try rank(SyntheticFleet(seed: 31, perMinute: 40), hours: hours)
    #expect(ranking.rows.allSatisfy { $0.score < 6 })
  }

  @Test func vanishedOperationsMove() throws {
    let fleet = SyntheticFleet(
      seed: 32, perMinute: 40,
      breakage: .init(tenants: 4..<6, process: 1, minutes: 15, share: 0, vanishes: true))
    let top = try rank(fleet, minutes: 15).rows.prefix(2)
    #expect(Set(top.map(\.tenant)) == Set((4..<6).map(SyntheticFleet.tenant)))
    #expect(top.allSatisfy { $0.evidence?.kind == .volume && $0.strength == .strong })
  }

  @Test func aFleetWithHoursOfHistoryIsRanked() throws {
    let fleet = SyntheticFleet(
      seed: 33, perMinute: 40, days: 1,
      breakage: .init(tenants: 0..<1, process: 0, minutes: 5, share: 0.5))
    #expect(try rank(fleet).rows.first?.tenant == SyntheticFleet.tenant(0))
  }

  @Test func rendersTextAndJSON() throws {
    let fleet = SyntheticFleet(
      seed: 34, perMinute: 40,
      breakage: .init(tenants: 0..<1, process: 0, minutes: 5, share: 0.5))
    let ranking = try rank(fleet)
    #expect(ranking.text(limit: 3).contains("17.0.2"))
    #expect(ranking.text(limit: 1).split(separator: "\n").count == 2)
    var json = JSONWriter()
    ranking.write(&json, limit: 5)
    let value = try JSONValue(parsing: json.bytes)
    #expect(value["rows"]?.elements?.count == 5)
    #expect(
      value["rows"]?.elements?.first?["nearestChange"]?["release"]?.text == "17.0.2")
  }
}
