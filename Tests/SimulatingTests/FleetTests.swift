import Bytes
import Model
import Simulating
import Support
import Testing

/// The fleet's promises: the same bytes for the same seed, only shapes that Odoo writes, and a
/// defect that shows where, and only where, it was put.
struct FleetTests {
  /// 2026-11-20 09:30:00 UTC.
  static let liveStart: Int64 = 1_795_167_000 * Instant.second
  static let second = Instant.second

  static func fleet(
    _ seed: UInt64, days: Double = 0, isClean: Bool = false, rate: Double = 20
  ) -> Fleet {
    Fleet(
      settings: FleetSettings(
        seed: seed, rate: rate, backfillDays: days, backfillLines: 4_000, warmMinutes: 2,
        isClean: isClean),
      liveStart: liveStart)
  }

  /// All records of the first seconds after going live.
  static func records(_ fleet: Fleet, seconds: Int64) throws -> [EmittedRecord] {
    var fleet = fleet
    return try fleet.emissions(from: liveStart, to: liveStart + seconds * second).flatMap {
      try EmittedRecord.read($0, liveStart: liveStart)
    }
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func theCutIntoCallsChangesNothing(seed: UInt64) {
    var whole = Self.fleet(seed, days: 0.02)
    let from = whole.plan.backfillStart
    let to = Self.liveStart + 90 * Self.second
    let expected = whole.emissions(from: from, to: to)
    #expect(expected.count > 2_000)
    var generator = SeededGenerator(seed: seed)
    var cut = Self.fleet(seed, days: 0.02)
    var parts: [Emission] = []
    var position = from
    while position < to {
      let next = min(to, position + Int64.random(in: 1...(40 * Self.second), using: &generator))
      parts += cut.emissions(from: position, to: next)
      position = next
    }
    #expect(parts == expected)
    let again = cut.emissions(from: to - 30 * Self.second, to: to)
    #expect(again == Array(expected.suffix(again.count)) && !again.isEmpty)
    var skipping = Self.fleet(seed, days: 0.02)
    #expect(skipping.emissions(from: to - 30 * Self.second, to: to) == again)
    #expect(cut.emissions(from: to, to: to).isEmpty)
  }

  @Test func emissionsKeepTheirTimeAndOrder() {
    var fleet = Self.fleet(4)
    var last = Self.liveStart
    for step in 0..<40 {
      let from = Self.liveStart + Int64(step) * Self.second
      for emission in fleet.emissions(from: from, to: from + Self.second) {
        let time = emission.time
        #expect(time >= from && time < from + Self.second && time >= last)
        last = time
      }
    }
  }

  @Test func otherSeedsAreOtherFleets() {
    let plans = (1...8).map { Self.fleet($0).plan }
    #expect(Set(plans.map { $0.tenants.map(\.name) }).count == 8)
    let names = plans.flatMap(\.tenants).map(\.name)
    #expect(names.allSatisfy { !$0.contains(".") && $0.count <= 63 })
    #expect(plans.allSatisfy { Set($0.tenants.map(\.name)).count == 12 })
  }

  @Test func everyDefectAndWaveOccurs() {
    let defects = (1...40).compactMap { Self.fleet($0).plan.defect }
    #expect(defects.count == 40)
    #expect(Set(defects.map(\.kind)) == Set(DefectKind.allCases))
    #expect(Set(defects.map(\.wave)) == [1, 2, 3])
    #expect(defects.allSatisfy { $0.share >= 0.5 && $0.share <= 1 })
    #expect((1...40).allSatisfy { Self.fleet($0, isClean: true).plan.defect == nil })
  }

  @Test(arguments: (1...40) as ClosedRange<UInt64>)
  func everyLineHasAKnownShape(seed: UInt64) throws {
    var templates = try LineTemplates()
    var fleet = Self.fleet(seed, days: seed % 10 == 0 ? 0.25 : 0)
    let tenants = Set(fleet.plan.tenants.map(\.name.text))
    let emissions = fleet.emissions(
      from: fleet.plan.backfillStart, to: Self.liveStart + 75 * Self.second)
    var strangers: Set<String> = []
    for record in try emissions.flatMap({ try EmittedRecord.read($0, liveStart: 0) }) {
      strangers.formUnion(templates.strangers(in: record, tenants: tenants))
    }
    #expect(strangers.isEmpty)
  }

  @Test func trailingSpacesAreThoseOfTheVersion() throws {
    for record in try Self.records(Self.fleet(5), seconds: 90) {
      let isAccess = record.logger == "werkzeug" || record.logger == "odoo.http.server"
      let spaced = record.lines.filter { $0.hasSuffix(" ") }.count
      let isNew = record.host == "odoo-app-03"
      #expect(spaced == (isAccess || isNew ? 0 : 1), "\(record.text)")
      #expect((record.logger == "odoo.http.server") == (isAccess && isNew))
    }
  }

  @Test func theHistoryStaysWithinItsBudget() throws {
    var fleet = Fleet(settings: FleetSettings(seed: 6), liveStart: Self.liveStart)
    let start = fleet.plan.backfillStart
    #expect(abs(Self.liveStart - start - 3 * 86_400 * Self.second) < 60 * Self.second)
    var lines = 0
    var scrapes = 0
    for hour in 0..<72 {
      let from = start + Int64(hour) * 3_600 * Self.second
      for emission in fleet.emissions(from: from, to: from + 3_600 * Self.second) {
        switch emission {
        case .odooLines(_, let bytes, _): lines += bytes.count { $0 == 10 }
        case .samples: scrapes += 1
        case .statsd: Issue.record("statsd has no time before the fleet is live")
        }
      }
    }
    #expect(lines > 120_000 && lines <= 250_000, "\(lines)")
    #expect(scrapes > 8_500)
    let releases = Set(fleet.deploys.map(\.release))
    #expect(releases.count == 4)
    #expect(fleet.deploys.map(\.start) == fleet.deploys.map(\.start).sorted())
    #expect(fleet.deploys.filter { $0.start > Self.liveStart }.count == 3)
  }

  @Test func hostileSettingsStillMakeAFleet() {
    for number in [-1e300, .infinity, .nan, 0] {
      var fleet = Fleet(
        settings: FleetSettings(
          tenantCount: -4, hostCount: 0, rate: number, backfillDays: number, backfillLines: -1,
          warmMinutes: number, rolloutDelay: number, waveInterval: number), liveStart: .min)
      let start = fleet.plan.liveStart
      #expect(!fleet.emissions(from: start, to: start + 30 * Self.second).isEmpty)
      #expect(!fleet.plan.describe().isEmpty)
    }
  }
}

extension Emission {
  /// When it is sent (nanoseconds since 1970).
  var time: Int64 {
    switch self {
    case .odooLines(_, _, let time), .statsd(_, let time): time
    case .samples(let samples): (samples.first?.milliseconds ?? 0) * Instant.millisecond
    }
  }
}
