import Bytes
import Simulating
import Testing

/// What the logs of a rollout tell, good or bad, counted as a simple reader would.
struct DefectTests {
  private struct Cell: Hashable {
    let tenant: String
    let process: BusinessProcess
  }

  @Test(arguments: (1...40) as ClosedRange<UInt64>)
  func aDefectShowsForItsTenantsOnly(seed: UInt64) throws {
    let fleet = FleetTests.fleet(seed)
    let defect = try #require(fleet.plan.defect)
    let start = Double(defect.start - FleetTests.liveStart) / 1e9
    let affected = Set(defect.tenants.map(\.text))
    let records = try FleetTests.records(fleet, seconds: Int64(start) + 64)
    var tallies: [Cell: Tally] = [:]
    var skipped: [String: Int] = [:]
    for record in records where record.second >= start && record.second < start + 60 {
      if record.text.contains("Skipping database") {
        skipped[String(record.database), default: 0] += 1
      }
      for observed in Observed.read(record) {
        tallies[
          Cell(tenant: observed.tenant, process: observed.process), default: Tally()
        ].add(observed)
      }
    }
    for tenant in fleet.plan.tenants.map(\.name.text) {
      for process in BusinessProcess.allCases {
        let tally = tallies[Cell(tenant: tenant, process: process)] ?? Tally()
        let isHit = process == defect.kind.process && affected.contains(tenant)
        if isHit, defect.kind == .shipmentCronsStopped {
          #expect(tally.attempts == 0 && skipped[tenant, default: 0] >= 3, "\(tenant)")
        } else if isHit {
          #expect(tally.share >= 0.45 && tally.failures >= 8, "\(tenant) \(tally)")
        } else {
          #expect(tally.attempts >= 12 && tally.share <= 0.2, "\(tenant) \(tally)")
          #expect(process != .shipmentUpdates || skipped[tenant] == nil)
        }
      }
    }
  }

  @Test(arguments: (1...40) as ClosedRange<UInt64>)
  func aCleanFleetStaysWithinTheLimits(seed: UInt64) throws {
    let fleet = FleetTests.fleet(seed, isClean: true)
    let records = try FleetTests.records(fleet, seconds: 220)
    #expect(!records.contains { $0.text.contains("Skipping database") })
    let timeouts = records.count {
      $0.logger.hasPrefix("odoo.service.server") && $0.text.contains(" timeout after ")
    }
    #expect(timeouts < 3)
    var byCell: [Cell: [Observed]] = [:]
    for observed in records.flatMap(Observed.read) {
      byCell[Cell(tenant: observed.tenant, process: observed.process), default: []].append(
        observed)
    }
    #expect(byCell.count == 36)
    for (cell, all) in byCell {
      for begin in stride(from: 0.0, through: 40, by: 5) {
        var tally = Tally()
        for observed in all where observed.second >= begin && observed.second < begin + 180 {
          tally.add(observed)
        }
        #expect(tally.failures < 5 || tally.share <= 0.2, "\(cell) \(tally)")
      }
    }
  }

  @Test func theLastRolloutIsDescribed() {
    let fleet = FleetTests.fleet(2, days: 1)
    let lines = fleet.plan.describe()
    #expect(lines.contains { $0.hasPrefix("at +20 s  release ") && $0.contains("(canary)") })
    #expect(lines.contains { $0.hasPrefix("at +60 s  release ") && $0.contains("wave 3") })
    #expect(lines.last?.contains("breaks") == true)
    let clean = FleetTests.fleet(2, isClean: true).plan.describe()
    #expect(clean.last == "nothing breaks")
  }
}
