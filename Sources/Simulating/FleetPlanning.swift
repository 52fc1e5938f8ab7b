import Bytes

/// The least load of each tenant while live or warm, in operations per second: enough for a broken
/// process to show within a minute at any hour.
enum LeastLoad {
  static let imports = 20.0 / 60
  static let pickings = 20.0 / 60
  static let cronRuns = 15.0 / 60
  static let occasions = 1.5 / 60

  /// Log lines per second that one tenant's least load makes, on average over the dialects.
  static let lines = imports * 2 + pickings + cronRuns * 2.7 + occasions * 1.5
}

extension FleetPlan {
  private static let names = [
    "nordlog", "haul-de", "fjordfracht", "quayside_prod", "kestrel_wms", "tenant-de-0117",
    "rheinkontor", "blue-pallet", "marlin_prod", "tenant-ch-0031", "alpentrans", "osprey_prod",
    "lagerhaus-nord", "tidewater", "caravel_log", "tenant-at-0208", "brickyard_wms", "polderpost",
    "skagerrak", "meridian_prod", "tenant-nl-0064", "harbourlane", "dockside-be", "larch_supply",
    "parcelwerk", "tramontana", "tenant-fr-0093", "silverlane_prod", "granary_wms", "windrose",
  ]

  /// Live starts lie between 1981 and 2200, so that no history begins before 1970 and no stamp
  /// overflows.
  private static let earliest = 4_018 * 86_400 * Instant.second
  private static let latest = 84_000 * 86_400 * Instant.second

  /// What a name has whose people read German.
  private static let germanParts = ["-de", "-at", "-ch", "haus", "kontor", "fracht", "werk"]

  /// Decides the whole fleet from its seed.
  init(settings given: FleetSettings, liveStart givenStart: Int64) {
    let settings = given.bounded
    let liveStart = min(max(givenStart, FleetPlan.earliest), FleetPlan.latest)
    var dice = Dice(settings.seed, 1)
    let hosts = FleetPlan.makeHosts(settings, &dice)
    let tenants = FleetPlan.makeTenants(settings, hosts: hosts.count, &dice)
    let warm = FleetPlan.nanoseconds(
      min(settings.warmMinutes / 1_440, settings.backfillDays) * 86_400)
    let warmStart = liveStart - warm / Pace.dense * Pace.dense
    let thinSpan = FleetPlan.nanoseconds(settings.backfillDays * 86_400) - warm
    let backfillStart = warmStart - max(0, thinSpan) / Pace.thin * Pace.thin

    self.settings = settings
    self.hosts = hosts
    self.tenants = tenants
    self.liveStart = liveStart
    self.warmStart = warmStart
    self.backfillStart = backfillStart
    let seconds = Double(warmStart - backfillStart) / Double(Instant.second)
    let usual = FleetPlan.meanLines(settings) * max(seconds, 1)
    thinning = min(1, Double(settings.backfillLines) / usual)

    releases = FleetPlan.makeReleases(&dice)
    let order = dice.shuffle(Array(tenants.indices))
    history = FleetPlan.makeHistory(order, from: backfillStart, to: liveStart)
    waves = FleetPlan.makeWaves(
      order, release: releases.count - 1,
      start: liveStart + FleetPlan.nanoseconds(settings.rolloutDelay),
      interval: FleetPlan.nanoseconds(settings.waveInterval))
    defect = settings.isClean ? nil : FleetPlan.makeDefect(waves, tenants, settings.seed)
  }

  private static func makeHosts(_ settings: FleetSettings, _ dice: inout Dice) -> [HostPlan] {
    let dialects: [Dialect] = [.odoo18, .odoo19, .odoo20]
    return (0..<settings.hostCount).map { place in
      let dialect = dialects[place % dialects.count]
      return HostPlan(
        name: ByteString("odoo-app-\(Instant.padded(place + 1, 2))"), dialect: dialect,
        statesCursor: dialect == .odoo20 || (dialect == .odoo18 && dice.isBelow(0.5)))
    }
  }

  private static func makeTenants(
    _ settings: FleetSettings, hosts: Int, _ dice: inout Dice
  ) -> [TenantPlan] {
    var names = dice.shuffle(Self.names)
    while names.count < settings.tenantCount { names.append("tenant-eu-\(1_000 + names.count)") }
    let sizes = (0..<settings.tenantCount).map { _ in
      min(dice.lognormal(median: 1, sigma: 0.9), 8)
    }
    let total = sizes.reduce(0, +)
    return (0..<settings.tenantCount).map { place in
      let name = names[place]
      return TenantPlan(
        name: ByteString(name), host: place % hosts, weight: sizes[place] / total,
        peakHour: dice.between(8, 15),
        noise: BusinessProcess.allCases.map { _ in dice.between(0.005, 0.02) },
        carrier: dice.whole(0, Incidents.carriers.count - 1),
        isGerman: germanParts.contains { name.contains($0) })
    }
  }

  /// Mean log lines per second at full rate: load above the least follows the hour.
  private static func meanLines(_ settings: FleetSettings) -> Double {
    let least = LeastLoad.lines * Double(settings.tenantCount)
    return least + Pace.extraLines(settings) * 0.6
  }

  private static func makeReleases(_ dice: inout Dice) -> [ReleasePlan] {
    let series = dice.choose(["18.0", "19.0"])
    let minor = dice.whole(20, 60)
    let month = dice.whole(1, 7)
    return (0..<4).map { place in
      let patch = place == 1 ? 1 : 0
      let number = place < 2 ? minor : minor + place - 1
      return ReleasePlan(
        tag: ByteString("\(series).\(number).\(patch)"),
        build: "2026\(Instant.padded(month + place, 2))\(Instant.padded(dice.whole(1, 28), 2))")
    }
  }

  /// The first release is there from the beginning; two good ones follow, each in two waves.
  private static func makeHistory(_ order: [Int], from: Int64, to: Int64) -> [WavePlan] {
    var waves = [WavePlan(number: 1, release: 0, start: from, tenants: order)]
    let span = to - from
    let canaries = max(1, order.count / 6)
    for (release, place) in [(1, 0.3), (2, 0.72)] where span > 6 * 3_600 * Instant.second {
      let start = from + (Int64(clamping: Double(span) * place) ?? 0)
      waves.append(
        WavePlan(
          number: 1, release: release, start: start, tenants: Array(order.suffix(canaries))))
      waves.append(
        WavePlan(
          number: 2, release: release, start: start + 1_800 * Instant.second,
          tenants: Array(order.dropLast(canaries))))
    }
    return waves
  }

  /// A sixth of the tenants, then a third, then the rest.
  private static func makeWaves(
    _ order: [Int], release: Int, start: Int64, interval: Int64
  ) -> [WavePlan] {
    let first = max(1, order.count / 6)
    let second = max(first + 1, first + order.count / 3)
    let parts = [order[..<first], order[first..<second], order[second...]]
    return parts.enumerated().map { place, part in
      WavePlan(
        number: place + 1, release: release, start: start + Int64(place) * interval,
        tenants: Array(part))
    }
  }

  private static func makeDefect(
    _ waves: [WavePlan], _ tenants: [TenantPlan], _ seed: UInt64
  ) -> Defect? {
    var dice = Dice(seed, 4)
    let process = BusinessProcess.allCases[dice.whole(0, BusinessProcess.allCases.count - 1)]
    let kinds = DefectKind.allCases.filter { $0.process == process }
    let kind = kinds[dice.whole(0, kinds.count - 1)]
    let wave = waves[dice.whole(0, waves.count - 1)]
    // Cron runs are rarer, so more of them must fail to show as soon.
    let share = dice.between(kind == .shipmentCronFails ? 0.75 : 0.62, 0.9)
    return Defect(
      kind: kind, wave: wave.number, tenants: wave.tenants.map { tenants[$0].name },
      share: kind == .shipmentCronsStopped ? 1 : share, start: wave.start)
  }
}
