/// What kind of fleet to simulate. The same settings and the same start give the same bytes.
package struct FleetSettings: Sendable, Equatable {
  /// Decides names, sizes, hosts, incidents, and what breaks for whom.
  package var seed: UInt64
  /// Databases, 3 to 500; others are brought into that range.
  package var tenantCount: Int
  /// Machines, 1 to 50. Each runs one Odoo version: 18, 19, 20, 18 and so on.
  package var hostCount: Int
  /// Log lines per second of the whole fleet at its busiest hour. It is exceeded where the least
  /// load of each tenant (20 imports, 20 pickings and 15 cron runs per minute) asks for more.
  package var rate: Double
  /// Days of history before the fleet goes live; 0 is none.
  package var backfillDays: Double
  /// Log lines to aim at for the thinned part of the history; all its rates are cut to fit.
  package var backfillLines: Int
  /// The last minutes of the history run at full rate, so that a release has a dense baseline.
  package var warmMinutes: Double
  /// Whether the rollout breaks nothing.
  package var isClean: Bool
  /// Seconds from going live to the first wave of the rollout.
  package var rolloutDelay: Double
  /// Seconds from one wave to the next.
  package var waveInterval: Double

  /// The settings of the demo, where not given otherwise.
  package init(
    seed: UInt64 = 1, tenantCount: Int = 12, hostCount: Int = 3, rate: Double = 40,
    backfillDays: Double = 3, backfillLines: Int = 150_000, warmMinutes: Double = 15,
    isClean: Bool = false, rolloutDelay: Double = 20, waveInterval: Double = 20
  ) {
    self.seed = seed
    self.tenantCount = tenantCount
    self.hostCount = hostCount
    self.rate = rate
    self.backfillDays = backfillDays
    self.backfillLines = backfillLines
    self.warmMinutes = warmMinutes
    self.isClean = isClean
    self.rolloutDelay = rolloutDelay
    self.waveInterval = waveInterval
  }

  /// The same with every number in the range a fleet can be made of.
  var bounded: FleetSettings {
    var copy = self
    copy.tenantCount = min(max(tenantCount, 3), 500)
    copy.hostCount = min(max(hostCount, 1), 50)
    copy.rate = Self.bound(rate, 1, 5_000)
    copy.backfillDays = Self.bound(backfillDays, 0, 3_650)
    copy.backfillLines = min(max(backfillLines, 1_000), 100_000_000)
    copy.warmMinutes = Self.bound(warmMinutes, 0, 240)
    copy.rolloutDelay = Self.bound(rolloutDelay, 0, 86_400)
    copy.waveInterval = Self.bound(waveInterval, 1, 86_400)
    return copy
  }

  private static func bound(_ value: Double, _ low: Double, _ high: Double) -> Double {
    value.isFinite ? min(max(value, low), high) : low
  }
}
