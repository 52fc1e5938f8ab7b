import Bytes
import Judging
import Model
import Querying
import Support
import Testing

/// The shipped process file over records as Odoo's lines are decoded, through the real engines.
@Suite struct ShippedProcessesTests {
  private static let now: Int64 = 1_795_435_200 * Instant.second
  private static let cron: ByteString = "odoo.addons.base.models.ir_cron"
  private static let validate: ByteString =
    "/web/dataset/call_button/stock.picking/button_validate"

  private func processes() throws -> [BusinessProcess] {
    try ProcessFile.parse(
      Fixture.named("../rules/processes.yml").bytes(), file: "processes.yml")
  }

  private static func tenant(_ index: Int) -> ByteString {
    ByteString("tenant-" + Instant.padded(index, 2))
  }

  /// A fleet with ten operations a minute of each process for half an hour, after a thin day.
  private func fleet(
    broken: Range<Int> = 0..<0, process: Int = 0, minutes: Int = 3
  ) -> MemorySource {
    let old = DeployEvent(
      service: "odoo", environment: "production", tenants: nil, instances: nil,
      release: "17.0.41.0", previous: nil, kind: .deploy,
      start: Self.now - 5 * 86_400 * Instant.second, end: nil)
    let new = DeployEvent(
      service: "odoo", environment: "production", tenants: (0..<6).map(Self.tenant),
      instances: nil, release: "17.0.42.0", previous: "17.0.41.0", kind: .canary,
      start: Self.now - Int64(minutes) * 60 * Instant.second, end: nil)
    var source = MemorySource(timeline: Timeline([old, new]))
    var dice = SeededGenerator(seed: 3)
    for tenant in 0..<12 {
      for minute in 0..<1_440 {
        let count = minute < 30 ? 10 : minute % 6 == 0 ? 1 : 0
        for _ in 0..<count {
          let time =
            Self.now - Int64(minute) * 60 * Instant.second
            - Int64(SyntheticFleet.uniform(&dice) * 59e9) - 1
          for place in 0..<3 {
            let isBroken =
              broken.contains(tenant) && place == process && minute < minutes
              && SyntheticFleet.uniform(&dice) < 0.5
            add(
              place, fails: isBroken || SyntheticFleet.uniform(&dice) < 0.005,
              Self.tenant(tenant), time, &source)
          }
        }
      }
    }
    return source
  }

  private func add(
    _ process: Int, fails: Bool, _ tenant: ByteString, _ time: Int64, _ source: inout MemorySource
  ) {
    switch process {
    case 0:
      if fails {
        source.add(
          tenant, at: time, .error, "odoo.addons.queue_job.controllers.main",
          "Traceback (most recent call last):\nKeyError: 'sku'",
          [("exception", "KeyError", .text)])
        source.add(
          tenant, at: time, .error, "odoo.http",
          "Exception during request handling.\nTraceback (most recent call last):\nKeyError: 'sku'")
      }
      addAccess("GET", "/queue_job/runjob", fails ? "500" : "200", tenant, time, &source)
    case 1:
      let job: [(StaticString, ByteString, FieldKind)] = [
        ("job", "Update deliveries states", .text)
      ]
      source.add(
        tenant, at: time, .info, Self.cron, "Job 'Update deliveries states' (76) starting",
        job + [("job_state", "starting", .text)])
      if fails {
        source.add(
          tenant, at: time, .error, Self.cron,
          "Job 'Update deliveries states' (76) server action #812 failed\nTraceback",
          job + [("job_state", "failed", .text)])
        source.add(
          tenant, at: time, .info, Self.cron,
          "Job 'Update deliveries states' (76) failed (#loop 1; done 0; remaining 0; duration 1s)",
          job + [("job_state", "failed", .text), ("job_duration", "1", .decimal)])
      } else {
        source.add(
          tenant, at: time, .info, Self.cron,
          "Job 'Update deliveries states' (76) done in 1.5s",
          job + [("job_state", "done", .text), ("job_duration", "1.5", .decimal)])
      }
    default:
      if fails {
        source.add(
          tenant, at: time, .error, "odoo.http",
          "Exception during request handling.\nTraceback\n  line 9, in button_validate\nKeyError: 1"
        )
      }
      addAccess("POST", Self.validate, "200", tenant, time, &source)
    }
  }

  private func addAccess(
    _ method: ByteString, _ path: ByteString, _ status: ByteString, _ tenant: ByteString,
    _ time: Int64, _ source: inout MemorySource
  ) {
    source.add(
      tenant, at: time, .info, "werkzeug", "access",
      [
        ("method", method, .text), ("path", path, .text), ("status", status, .integer),
        ("duration", "0.250", .decimal),
      ])
  }

  @Test(arguments: 0..<3)
  func namesTheBrokenProcessAndItsTenants(process: Int) throws {
    let source = fleet(broken: 2..<5, process: process)
    let processes = try processes()
    let comparison = try ReleaseComparison(
      of: "17.0.42.0", processes: processes, timeline: source.timeline, now: Self.now,
      evaluator: Evaluator(source: source))
    #expect(comparison.warnings == [])
    #expect(comparison.rows.count == 18)
    let worse = comparison.rows.filter { $0.verdict == .worse }
    #expect(Set(worse.map(\.tenant)) == Set((2..<5).map(Self.tenant)))
    #expect(worse.allSatisfy { $0.process.name == processes[process].name })
    for row in comparison.rows {
      #expect(row.after.attempts == 30)
      #expect(row.before.slowest ?? 0 > 0.2)
    }

    let ranking = try AnomalyRanking(
      processes: processes, timeline: source.timeline,
      since: Self.now - 86_400 * Instant.second, now: Self.now,
      evaluator: Evaluator(source: source))
    let top = ranking.rows.prefix(3)
    #expect(Set(top.map(\.tenant)) == Set((2..<5).map(Self.tenant)))
    #expect(top.allSatisfy { $0.process.name == processes[process].name && $0.score > 6 })
    #expect(top.allSatisfy { $0.nearest?.release == "17.0.42.0" })
  }

  @Test func aScopedReadSeesOneTenant() throws {
    let source = fleet(broken: 2..<5, process: 0)
    let tenant = Self.tenant(2)
    let comparison = try ReleaseComparison(
      of: "17.0.42.0", processes: try processes(), timeline: source.timeline, owner: tenant,
      now: Self.now, evaluator: Evaluator(source: source, scope: .tenant(tenant)))
    #expect(comparison.rows.map(\.tenant) == [tenant, tenant, tenant])
    #expect(comparison.rows.first?.verdict == .worse)
    #expect(comparison.rows.first?.process.name == "order_import")
  }

  @Test func aCleanFleetIsFine() throws {
    let source = fleet()
    let comparison = try ReleaseComparison(
      of: "17.0.42.0", processes: try processes(), timeline: source.timeline, now: Self.now,
      evaluator: Evaluator(source: source))
    #expect(!comparison.rows.contains { $0.verdict == .worse })
    #expect(comparison.text.contains("nothing is worse"))
  }
}
