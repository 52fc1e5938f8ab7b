import Bytes
import Judging
import Model
import Testing

/// Verdicts over made-up fleets whose truth is known.
@Suite struct ReleaseComparisonTests {
  private func compare(
    _ fleet: SyntheticFleet, exposed: Range<Int>, minutes: Int, baseline: ByteString? = nil
  ) throws -> ReleaseComparison {
    try ReleaseComparison(
      of: "17.0.2", baseline: baseline, processes: SyntheticFleet.processes,
      timeline: SyntheticFleet.timeline(exposed, minutes: minutes), now: SyntheticFleet.now,
      evaluator: fleet.evaluator)
  }

  private func worse(_ comparison: ReleaseComparison) -> [String] {
    comparison.rows.filter { $0.verdict == .worse }.map { "\($0.tenant) \($0.process.name)" }
      .sorted()
  }

  @Test(arguments: [3, 10, 60, 600])
  func namesExactlyTheBrokenTenants(minutes: Int) throws {
    for seed in 1...3 as ClosedRange<UInt64> {
      let fleet = SyntheticFleet(
        seed: seed, perMinute: minutes < 60 ? 20 : 6,
        breakage: .init(tenants: 2..<5, process: 0, minutes: minutes, share: 0.5))
      let comparison = try compare(fleet, exposed: 0..<6, minutes: minutes)
      #expect(comparison.rows.count == 12)
      let expected = (2..<5).map { "\(SyntheticFleet.tenant($0)) order_import" }
      // In three minutes of the night a small tenant may not have tried often enough.
      let found = worse(comparison)
      #expect(Set(found).isSubset(of: expected), "seed \(seed)")
      if minutes >= 60 { #expect(found == expected, "seed \(seed)") }
      let top = comparison.rows.prefix(3).map { "\($0.tenant) \($0.process.name)" }.sorted()
      #expect(top == expected, "seed \(seed)")
    }
  }

  @Test func cleanFleetsAreNeverWorse() throws {
    var suspicious = 0
    for seed in 1...20 as ClosedRange<UInt64> {
      let fleet = SyntheticFleet(seed: 1_000 + seed, days: 2)
      for minutes in [5, 120] {
        let comparison = try compare(fleet, exposed: 0..<6, minutes: minutes)
        #expect(worse(comparison) == [], "seed \(seed)")
        suspicious += comparison.rows.count { $0.verdict == .maybeWorse }
      }
    }
    // 480 rows of three or four tests at 1 % each.
    #expect(suspicious <= 12, "\(suspicious)")
  }

  @Test func smallTenantsAreUndecided() throws {
    let fleet = SyntheticFleet(seed: 7, perMinute: 0.02)
    let comparison = try compare(fleet, exposed: 0..<6, minutes: 60)
    #expect(!comparison.rows.isEmpty)
    #expect(comparison.rows.allSatisfy { $0.verdict == .notEnoughData })
  }

  @Test func healthyTenantsWithTrafficShowNoChange() throws {
    let fleet = SyntheticFleet(seed: 8, perMinute: 30)
    let comparison = try compare(fleet, exposed: 0..<6, minutes: 240)
    #expect(comparison.rows.count { $0.verdict == .noChange } >= 10)
  }

  @Test func vanishedOperationsAreHarm() throws {
    let fleet = SyntheticFleet(
      seed: 9, breakage: .init(tenants: 1..<3, process: 1, minutes: 20, share: 0, vanishes: true))
    let comparison = try compare(fleet, exposed: 0..<6, minutes: 20)
    #expect(worse(comparison) == (1..<3).map { "\(SyntheticFleet.tenant($0)) picking" })
    #expect(comparison.rows.first?.evidence?.kind == .volume)
  }

  @Test func slowOperationsAreHarm() throws {
    let fleet = SyntheticFleet(
      seed: 10, breakage: .init(tenants: 1..<3, process: 1, minutes: 40, share: 0, slowness: 6))
    let comparison = try compare(fleet, exposed: 0..<6, minutes: 40)
    #expect(worse(comparison) == (1..<3).map { "\(SyntheticFleet.tenant($0)) picking" })
    #expect(comparison.rows.first?.evidence?.kind == .duration)
    let row = try #require(comparison.rows.first)
    #expect(try #require(row.after.slowest) > 2 * #require(row.before.slowest))
  }

  /// What befalls the tenants that changed nothing as well is not the release's doing.
  @Test func sharedOutagesAreNotBlamedOnTheRelease() throws {
    let fleet = SyntheticFleet(
      seed: 11, breakage: .init(tenants: 0..<12, process: 0, minutes: 30, share: 0.2))
    #expect(worse(try compare(fleet, exposed: 0..<4, minutes: 30)) == [])
  }

  @Test func baselineThatNobodyRanGivesNoRows() throws {
    let fleet = SyntheticFleet(seed: 12, days: 2)
    #expect(try compare(fleet, exposed: 0..<6, minutes: 60, baseline: "9.9").rows.isEmpty)
    let comparison = try compare(fleet, exposed: 0..<6, minutes: 60, baseline: "17.0.1")
    #expect(comparison.rows.count == 12)
  }

  @Test func rendersTextAndJSON() throws {
    let fleet = SyntheticFleet(
      seed: 13, breakage: .init(tenants: 2..<4, process: 0, minutes: 60, share: 0.5))
    let comparison = try compare(fleet, exposed: 0..<6, minutes: 60)
    let text = comparison.text
    #expect(text.contains("worse for 2 (tenant-02, tenant-03) in order_import"))
    #expect(text.contains("EUR per hour"))
    #expect(text.split(separator: "\n").allSatisfy { !$0.hasSuffix(" ") })
    var json = JSONWriter()
    comparison.write(&json)
    let value = try JSONValue(parsing: json.bytes)
    #expect(value["rows"]?.elements?.count == 12)
    #expect(value["rows"]?.elements?.first?["verdict"]?.text == "worse")
    #expect(value["rows"]?.elements?.first?["after"]?["failureRate"]?.number ?? 0 > 0.3)
  }
}
