package import Bytes

/// Which Odoo wrote a line; the wording of logs differs between them.
package enum Dialect: Int, Sendable {
  case odoo18 = 18
  case odoo19 = 19
  case odoo20 = 20
}

/// One machine of the fleet.
package struct HostPlan: Sendable, Equatable {
  /// Its host name, also the `host` of its lines.
  package let name: ByteString
  /// The Odoo it runs.
  package let dialect: Dialect
  /// Whether access lines carry the cursor mode (always with Odoo 20).
  let statesCursor: Bool
}

/// One tenant: a database of the fleet.
package struct TenantPlan: Sendable, Equatable {
  /// The name of the database.
  package let name: ByteString
  /// Its place in `FleetPlan.hosts`.
  package let host: Int
  /// Its share of the fleet's load above the least load; all shares sum to 1.
  package let weight: Double
  /// The hour of day (UTC) of its highest load.
  package let peakHour: Double
  /// The failure share of each process on a good day, by `BusinessProcess.place`.
  let noise: [Double]
  /// Which carrier's outages it feels.
  let carrier: Int
  /// The tenant's wording of user errors.
  let isGerman: Bool
}

/// A version of the product.
package struct ReleasePlan: Sendable, Equatable {
  /// As deploy events name it.
  package let tag: ByteString
  /// Build dates of the three Odoo versions differ; this is the part after the dash.
  let build: String
}

/// Tenants that get a release at the same moment.
package struct WavePlan: Sendable, Equatable {
  /// From 1 within its rollout.
  package let number: Int
  /// The release's place in `FleetPlan.releases`.
  package let release: Int
  /// Nanoseconds since 1970.
  package let start: Int64
  /// Places in `FleetPlan.tenants`.
  package let tenants: [Int]
}

/// All that a seed decides before anything happens.
package struct FleetPlan: Sendable {
  /// In no particular order.
  package let tenants: [TenantPlan]
  /// By name.
  package let hosts: [HostPlan]
  /// Oldest first; the last is the one the live rollout brings.
  package let releases: [ReleasePlan]
  /// Rollouts of the history, all good.
  package let history: [WavePlan]
  /// The live rollout.
  package let waves: [WavePlan]
  /// What the live rollout breaks; nil in a clean fleet.
  package let defect: Defect?
  /// When the history begins; equal to `liveStart` without one (nanoseconds since 1970).
  package let backfillStart: Int64
  /// From when the history has full rate (nanoseconds since 1970).
  package let warmStart: Int64
  /// When the fleet goes live (nanoseconds since 1970).
  package let liveStart: Int64
  /// What rates are multiplied with before `warmStart`.
  package let thinning: Double
  let settings: FleetSettings

  /// The name of the service all releases are of.
  package static let service: ByteString = "odoo"
  /// The environment of the whole fleet.
  package static let environment: ByteString = "prod"

  /// When the last wave has been out for one wave interval (nanoseconds since 1970).
  package var rolloutEnd: Int64 {
    (waves.last?.start ?? liveStart) + FleetPlan.nanoseconds(settings.waveInterval)
  }

  /// What will happen at which second after going live, one line each, for people.
  package func describe() -> [String] {
    let versions = hosts.map { "\($0.name) Odoo \($0.dialect.rawValue)" }
    var lines = [
      "\(tenants.count) tenants on \(hosts.count) hosts (\(versions.joined(separator: ", ")))"
    ]
    if let last = history.last {
      let release = releases[last.release].tag
      lines.append("at +0 s  all tenants run release \(release)")
    }
    for wave in waves {
      let names = wave.tenants.map { tenants[$0].name.text }.joined(separator: ", ")
      let canary = wave.number == 1 ? " (canary)" : ""
      lines.append(
        "at +\(second(wave.start)) s  release \(releases[wave.release].tag) reaches "
          + "wave \(wave.number)\(canary): \(names)")
    }
    guard let defect else { return lines + ["nothing breaks"] }
    let share = defect.share < 1 ? "about \(Int(defect.share * 100)) % of it fails" : "all of it"
    lines.append(
      "from +\(second(defect.start)) s  it breaks \(defect.kind.process.title) for wave "
        + "\(defect.wave) only, \(share): \(defect.kind.sign)")
    return lines
  }

  private func second(_ instant: Int64) -> Int64 { (instant - liveStart) / Instant.second }

  /// Seconds as nanoseconds.
  static func nanoseconds(_ seconds: Double) -> Int64 {
    Int64(clamping: seconds * Double(Instant.second)) ?? 0
  }

  /// The place of the release a tenant runs at an instant.
  func release(ofTenant place: Int, at instant: Int64) -> Int {
    for wave in waves.reversed() where wave.start <= instant && wave.tenants.contains(place) {
      return wave.release
    }
    for wave in history.reversed() where wave.start <= instant && wave.tenants.contains(place) {
      return wave.release
    }
    return 0
  }

  /// The defect that acts on a tenant's process at an instant, if any.
  func acting(on process: BusinessProcess, ofTenant place: Int, at instant: Int64) -> Defect? {
    guard let defect, defect.kind.process == process, defect.start <= instant,
      defect.tenants.contains(tenants[place].name)
    else { return nil }
    return defect
  }
}
