import Bytes
import Model
import Querying
import Testing

/// Tenants and releases in queries, and the metadata calls.
struct PromQLReleaseTests {
  private static let second: Int64 = 1_000_000_000

  /// Two tenants' counters, a sample every 15 s for 20 minutes.
  private static func source(_ events: [DeployEvent]) -> PromQLMemorySource {
    var source = PromQLMemorySource()
    for (index, tenant) in ["acme", "bolt"].enumerated() {
      let labels = Labels([
        Label("__name__", "x_total"), Label("job", "odoo"), Label("path", "/web"),
      ])
      let steps = 0...80
      source.stored.append(
        StoredSeries(
          tenant: ByteString(tenant), labels: labels, times: steps.map { Int64($0) * 15_000 },
          values: steps.map { Double($0 * (index + 1)) * 1.7 }))
    }
    source.timeline = Timeline(events)
    return source
  }

  private static func deploy(_ release: ByteString, at seconds: Int64) -> DeployEvent {
    DeployEvent(
      service: "odoo", environment: "", tenants: ["acme"], instances: nil, release: release,
      previous: nil, kind: .deploy, start: seconds * second, end: nil)
  }

  private static let events = [deploy("1.0", at: 0), deploy("1.1", at: 607)]

  private func vector(
    _ query: String, at seconds: Int64, scope: Scope = .tenant("acme"),
    _ source: PromQLMemorySource = source(events)
  ) throws -> [String: Double] {
    let value = try PromQL.evaluate(
      try PromQL.parse(ByteString(query)), from: source, scope: scope,
      times: EvaluationTimes(at: seconds * 1_000), isInstant: true)
    guard case .vector(let elements) = value else { return [:] }
    var found: [String: Double] = [:]
    for element in elements { found[LabelsText.text(element.labels)] = element.point.value }
    return found
  }

  @Test func aDeployChangesNoQueryThatDoesNotNameRelease() throws {
    for query in ["sum(rate(x_total[5m]))", "x_total", "sum without (release) (rate(x_total[5m]))"]
    {
      for seconds in stride(from: Int64(300), through: 1_200, by: 13) {
        let with = try vector(query, at: seconds, scope: .fleet)
        let without = try vector(query, at: seconds, scope: .fleet, Self.source([]))
        #expect(with.mapValues(\.bitPattern) == without.mapValues(\.bitPattern))
        #expect(!with.keys.contains { $0.contains("release") })
      }
    }
  }

  @Test func queriesThatNameReleaseSplitAtTheChange() throws {
    #expect(
      Array(try vector("count by (release) (x_total)", at: 600).keys) == ["{release=\"1.0\"}"])
    // The change is at 607 s; 1.0 has its marker there, and the first sample of 1.1 is at 615 s.
    #expect(try vector("count by (release) (x_total)", at: 610).isEmpty)
    #expect(
      Array(try vector("count by (release) (x_total)", at: 615).keys) == ["{release=\"1.1\"}"])
    #expect(try vector("x_total{release=\"1.0\"}", at: 606).count == 1)
    #expect(try vector("x_total{release=\"1.0\"}", at: 620).isEmpty)
    #expect(try vector("x_total{release!=\"1.0\"}", at: 620).count == 1)
    #expect(try vector("x_total{release=\"\"}", at: 620).isEmpty)
  }

  @Test func nothingIsCountedTwiceAcrossTheChange() throws {
    let samples = try vector("count_over_time(x_total[5m])", at: 700)
    let split = try vector("sum by (release) (count_over_time(x_total[5m]))", at: 700)
    #expect(split.count == 2)
    #expect(split.values.reduce(0, +) == samples.values.reduce(0, +))
    // 14 samples of 1.0 and 6 of 1.1 lie in (400 s, 700 s].
    #expect(split == ["{release=\"1.0\"}": 14, "{release=\"1.1\"}": 6])
    let whole = try vector("sum(increase(x_total[5m]))", at: 700).values.reduce(0, +)
    let parts = try vector("sum by (release) (increase(x_total[5m]))", at: 700)
    #expect(parts.values.reduce(0, +) <= whole * 1.0001)
    #expect(parts.values.reduce(0, +) > whole * 0.9)
  }

  /// The same as a range query, each point, bit by bit.
  @Test(arguments: [
    "sum(rate(x_total[5m]))", "rate(x_total[5m])", "sum by (tenant) (increase(x_total[2m]))",
    "max_over_time(sum(rate(x_total[5m]))[5m:30s])",
  ])
  func aDeployChangesNoPointOfARange(query: String) throws {
    func points(_ events: [DeployEvent]) throws -> [Labels: [UInt64]] {
      let value = try PromQL.evaluate(
        try PromQL.parse(ByteString(query)), from: Self.source(events), scope: .fleet,
        times: EvaluationTimes(from: 300_000, through: 1_200_000, step: 7_000), isInstant: false)
      guard case .matrix(let matrix) = value else { return [:] }
      return Dictionary(
        uniqueKeysWithValues: matrix.map { series in
          (series.labels, series.points.flatMap { [UInt64($0.time), $0.value.bitPattern] })
        })
    }
    let with = try points(Self.events)
    #expect(with == (try points([])))
    #expect(!with.isEmpty)
  }

  /// At no instant of the look-back do both releases answer, and each range holds a sample once.
  @Test func theLookBackCountsNothingTwice() throws {
    for seconds in Int64(595)...920 {
      let heads = try vector("count by (release) (x_total)", at: seconds)
      #expect(heads.values.reduce(0, +) <= 1)
      let whole = try vector("count_over_time(x_total[5m])", at: seconds)
      let parts = try vector("sum by (release) (count_over_time(x_total[5m]))", at: seconds)
      #expect(parts.values.reduce(0, +) == whole.values.reduce(0, +))
      // What the counter grew between the releases, one step, is neither's.
      let spread = "(max_over_time(x_total[5m]) - min_over_time(x_total[5m]))"
      let grown = try vector("sum" + spread, at: seconds).values.reduce(0, +)
      let split = try vector("sum by (release) " + spread, at: seconds).values.reduce(0, +)
      let gap = parts.count == 2 ? 1.7 : 0
      #expect(abs(grown - split - gap) < 1e-9)
    }
  }

  /// A rate by release is the whole rate as long as the window holds one release.
  @Test func aRateByReleaseSplitsAtTheChange() throws {
    for seconds in stride(from: Int64(301), through: 1_200, by: 7) {
      let whole = try vector("sum(rate(x_total[5m]))", at: seconds)
      let split = try vector("sum by (release) (rate(x_total[5m]))", at: seconds)
      switch seconds {
      // Two samples make a rate: those of 1.1 are at 615 s and 630 s.
      case ..<630: #expect(Set(split.keys) == ["{release=\"1.0\"}"])
      // The last two of 1.0 are at 585 s and 600 s.
      case 630..<885: #expect(split.count == 2)
      default: #expect(Set(split.keys) == ["{release=\"1.1\"}"])
      }
      if seconds < 607 || seconds >= 907 {
        #expect(split.values.map(\.bitPattern) == whole.values.map(\.bitPattern))
      }
      #expect(split.values.reduce(0, +) <= (whole.values.first ?? 0) * 1.0001)
    }
  }

  @Test func aStatedReleaseWins() throws {
    var source = Self.source(Self.events)
    source.stored[0] = StoredSeries(
      tenant: "acme", labels: source.stored[0].labels.setting("release", "stated"),
      times: source.stored[0].times, values: source.stored[0].values)
    #expect(
      try vector("count by (release) (x_total)", at: 700, source) == ["{release=\"stated\"}": 1])
  }

  @Test func aReleaseThatComesBackIsOneSeries() throws {
    let source = Self.source(Self.events + [Self.deploy("1.0", at: 900)])
    let split = try vector("sum by (release) (count_over_time(x_total[20m]))", at: 1_200, source)
    #expect(split == ["{release=\"1.0\"}": 61, "{release=\"1.1\"}": 19])
  }

  @Test func fleetReadsShowTenants() throws {
    var source = Self.source([])
    source.stored[0] = StoredSeries(
      tenant: "acme", labels: source.stored[0].labels.setting("tenant", "mine"),
      times: source.stored[0].times, values: source.stored[0].values)
    #expect(
      Set(try vector("x_total", at: 60, scope: .fleet, source).keys) == [
        "x_total{exported_tenant=\"mine\", job=\"odoo\", path=\"/web\", tenant=\"acme\"}",
        "x_total{job=\"odoo\", path=\"/web\", tenant=\"bolt\"}",
      ])
    #expect(try vector("x_total{tenant=\"acme\"}", at: 60, scope: .fleet, source).count == 1)
    #expect(try vector("x_total{tenant=\"mine\"}", at: 60, scope: .fleet, source).isEmpty)
    #expect(
      try vector("x_total{exported_tenant=\"mine\"}", at: 60, scope: .fleet, source).count == 1)
    #expect(try vector("x_total{exported_tenant=\"\"}", at: 60, scope: .fleet, source).count == 1)
    #expect(
      Set(try vector("x_total", at: 60, source).keys) == [
        "x_total{job=\"odoo\", path=\"/web\", tenant=\"mine\"}"
      ])
    #expect(try vector("x_total{tenant=\"mine\"}", at: 60, source).count == 1)
  }

  @Test func metadataShowsWhatQueriesShow() throws {
    let source = Self.source(Self.events)
    let fleet = MetadataReading(source: source, scope: .fleet)
    // What is computed from the timeline shows with the rest, from the first deploy on.
    #expect(try fleet.labelNames(from: -2_000, through: -1) == [])
    #expect(
      try fleet.labelNames(from: .min, through: .max) == [
        "__name__", "job", "path", "release", "service", "tenant",
      ])
    #expect(
      try fleet.labelValues(of: "__name__", from: 0, through: 1_000_000) == [
        "plimsoll_deploy_timestamp_seconds", "plimsoll_exposure", "plimsoll_release_age_seconds",
        "x_total",
      ])
    let own = try PromQL.selector("x_total")
    let names: [ByteString] = ["__name__", "job", "path", "tenant"]
    #expect(try fleet.labelNames(matching: [own], from: .min, through: .max) == names)
    let exposure = try PromQL.selector("plimsoll_exposure{release=~\".+\"}")
    #expect(
      try fleet.series(matching: [exposure], from: 700_000, through: .max).map(LabelsText.text)
        == ["plimsoll_exposure{release=\"1.1\", service=\"odoo\", tenant=\"acme\"}"])
    #expect(
      try fleet.labelValues(of: "tenant", from: 0, through: 1_000_000) == ["acme", "bolt"])
    #expect(try fleet.labelValues(of: "release", from: .min, through: .max) == ["1.0", "1.1"])
    #expect(try fleet.labelValues(of: "release", from: 0, through: 600_000) == ["1.0"])
    let selector = try PromQL.selector("x_total{tenant=\"bolt\"}")
    #expect(try fleet.series(matching: [selector], from: 0, through: 1_000).count == 1)
    #expect(try fleet.series(matching: [selector], from: 2_000_000, through: 3_000_000).isEmpty)
    let scoped = MetadataReading(source: source, scope: .tenant("acme"))
    #expect(
      try scoped.labelNames(matching: [own], from: 0, through: 1_000_000)
        == ["__name__", "job", "path"])
    let bolt = MetadataReading(source: source, scope: .tenant("bolt"))
    #expect(try bolt.series(matching: [exposure], from: .min, through: .max).isEmpty)
    #expect(throws: QueryFault.self) { try PromQL.selector("sum(x)") }
  }
}
