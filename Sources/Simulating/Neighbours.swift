import Bytes
import Model

/// The exporters around Odoo: the database server, the proxy and Odoo's own gauges, as Prometheus
/// series. Counters follow the unthinned load.
struct Neighbours: Sendable {
  /// One tenant's series with their present values.
  private struct Panel: Sendable {
    var labels: [Labels]
    var values: [Double]
  }

  /// Places in a panel.
  private enum Gauge: Int, CaseIterable {
    case commits, rollbacks, backends, size, posts, gets, unchanged, missing, broken
    case mails, idleCrons, users
  }

  private var panels: [Panel]
  private var dice: Dice

  init(_ plan: FleetPlan, _ starting: inout Dice) {
    dice = Dice(plan.settings.seed, 31)
    panels = plan.tenants.map { tenant in
      let start = starting.between(1e5, 4e6).rounded()
      return Panel(
        labels: Gauge.allCases.map { Self.labels(of: $0, tenant.name) },
        values: Gauge.allCases.map { gauge in
          switch gauge {
          case .commits: start
          case .rollbacks: (start * 0.004).rounded()
          case .size: (start * 4_096).rounded()
          case .posts, .gets, .unchanged: (start / 9).rounded()
          default: 0
          }
        })
    }
  }

  /// Moves a tenant's series over one beat: `load` is its operations per second by `Stream`,
  /// `failing` the share of failures by `BusinessProcess.place`.
  mutating func advance(
    _ place: Int, load: [Double], failing: [Double], crons: Bool, rhythm: Double, seconds: Double
  ) {
    func happen(_ rate: Double) -> Double {
      let expected = rate * seconds * dice.between(0.9, 1.1)
      let whole = expected.rounded(.down)
      return dice.isBelow(expected - whole) ? whole + 1 : whole
    }
    func add(_ gauge: Gauge, _ amount: Double) { panels[place].values[gauge.rawValue] += amount }
    func set(_ gauge: Gauge, _ amount: Double) { panels[place].values[gauge.rawValue] = amount }

    let imports = load[Stream.imports.rawValue]
    let pickings = load[Stream.pickings.rawValue]
    let runs = load[Stream.cronRuns.rawValue]
    let pages = load[Stream.pages.rawValue]
    let failures = imports * failing[0] + runs * failing[1] + pickings * failing[2]
    add(.rollbacks, happen(failures + 0.01))
    add(.commits, happen(max(0, imports * 2 + pickings * 3 + runs + pages - failures)))
    add(.posts, happen(pickings + pages * 0.9))
    add(.gets, happen(pages * 0.1))
    add(.unchanged, happen(load[Stream.files.rawValue]))
    add(.missing, happen(pages * 0.002))
    add(.broken, happen(pages * 0.0005))
    add(.size, happen(imports * 3) * 8_192)
    set(.backends, 2 + (rhythm * 6).rounded() + Double(dice.whole(0, 2)))
    set(.users, (rhythm * 20 * dice.between(0.8, 1.2)).rounded())
    let mails = panels[place].values[Gauge.mails.rawValue]
    let idle = panels[place].values[Gauge.idleCrons.rawValue]
    set(.mails, crons ? Double(dice.whole(0, 6)) : mails + happen(0.2))
    set(.idleCrons, crons ? (dice.isBelow(0.05) ? 1 : 0) : min(24, idle + happen(0.2)))
  }

  /// One scrape of all tenants at an instant (nanoseconds since 1970).
  func samples(at instant: Int64) -> [SimulatedSample] {
    let stamp = instant / Instant.millisecond
    var samples: [SimulatedSample] = []
    samples.reserveCapacity(panels.count * Gauge.allCases.count)
    for panel in panels {
      for (labels, value) in zip(panel.labels, panel.values) {
        samples.append(SimulatedSample(labels: labels, milliseconds: stamp, value: value))
      }
    }
    return samples
  }

  private static func labels(of gauge: Gauge, _ tenant: ByteString) -> Labels {
    switch gauge {
    case .commits: database("pg_stat_database_xact_commit", tenant)
    case .rollbacks: database("pg_stat_database_xact_rollback", tenant)
    case .backends: database("pg_stat_database_numbackends", tenant)
    case .size: database("pg_database_size_bytes", tenant)
    case .posts: proxy("POST", "200", tenant)
    case .gets: proxy("GET", "200", tenant)
    case .unchanged: proxy("GET", "304", tenant)
    case .missing: proxy("GET", "404", tenant)
    case .broken: proxy("POST", "502", tenant)
    case .mails: own("odoo_pending_mails", tenant)
    case .idleCrons: own("odoo_cron_jobs_not_triggered", tenant)
    case .users: own("odoo_database_active_users", tenant)
    }
  }

  /// A series of the PostgreSQL exporter.
  private static func database(_ name: ByteString, _ tenant: ByteString) -> Labels {
    Labels([
      Label(Labels.metricName, name), Label("datname", tenant), Label("tenant", tenant),
      Label("instance", "pg-01:9187"), Label("job", "postgres"),
    ])
  }

  /// A series of the proxy in front of Odoo; its `service` is the proxy's word for a tenant.
  private static func proxy(
    _ method: ByteString, _ code: ByteString, _ tenant: ByteString
  ) -> Labels {
    Labels([
      Label(Labels.metricName, "traefik_service_requests_total"), Label("code", code),
      Label("method", method), Label("protocol", "http"), Label("tenant", tenant),
      Label("service", ByteString(tenant.bytes + Array("-odoo-8069@kubernetes".utf8))),
      Label("instance", "traefik-01:8080"), Label("job", "traefik"),
    ])
  }

  /// A gauge of Odoo's own exporter module.
  private static func own(_ name: ByteString, _ tenant: ByteString) -> Labels {
    Labels([
      Label(Labels.metricName, name), Label("tenant", tenant), Label("job", "odoo"),
      Label("instance", "odoo-app-01:8069"),
    ])
  }
}
