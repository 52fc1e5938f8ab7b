import Bytes

/// The process ids of a host's pool of workers: each release runs in a pool of its own.
struct Pool {
  let release: Int

  private var base: Int { 40 + 1_200 * release }
  var runner: Int { base + 20 }
  var evented: Int { base + 21 }
  static let master = 1

  func worker(_ place: Int) -> Int { base + place % Pool.workers }
  func cron(_ place: Int) -> Int { base + 10 + place % 2 }

  /// Workers for requests; two more run crons.
  static let workers = 6
}

extension Fleet {
  /// The pool that serves a tenant at an instant.
  func pool(of place: Int, at time: Int64) -> Pool {
    Pool(release: plan.release(ofTenant: place, at: time))
  }

  /// The machine that serves a tenant.
  func host(of place: Int) -> HostPlan { plan.hosts[plan.tenants[place].host] }

  /// A writer for one of the workers that serve the tenant's requests.
  /// It took the work at `begin` and writes at `time`: a release in between does not change it.
  mutating func workerWriter(
    _ place: Int, begin: Int64? = nil, at time: Int64
  ) -> OdooWriter {
    let worker = states[place].dice.whole(0, Pool.workers - 1)
    return OdooWriter(
      host: host(of: place), pid: pool(of: place, at: begin ?? time).worker(worker),
      database: plan.tenants[place].name, time: time)
  }

  /// A writer for the job runner of the tenant's host, which knows no database.
  func runnerWriter(_ place: Int, at time: Int64) -> OdooWriter {
    OdooWriter(
      host: host(of: place), pid: pool(of: place, at: time).runner, database: nil, time: time)
  }

  /// Whether the next operation of the process fails, and through which defect.
  mutating func outcome(
    of process: BusinessProcess, _ place: Int, at time: Int64
  ) -> (fails: Bool, defect: DefectKind?) {
    if let defect = plan.acting(on: process, ofTenant: place, at: time) {
      return (states[place].fails(process, share: defect.share), defect.kind)
    }
    let usual = plan.tenants[place].noise[process.place]
    let share = min(0.1, usual * incidents.burst(of: process, ofTenant: place, at: time))
    return (states[place].fails(process, share: share), nil)
  }

  /// A query count and the two times of a request, slower in a slow period of the host.
  mutating func effort(
    _ place: Int, median: Double, queries: Int, at time: Int64
  ) -> (queries: Int, queryTime: Double, otherTime: Double) {
    let slowness = incidents.slowness(ofHost: plan.tenants[place].host, at: time)
    let seconds = min(60, states[place].dice.lognormal(median: median, sigma: 0.5) * slowness)
    let part = states[place].dice.between(0.35, 0.65)
    let count = Int(states[place].dice.lognormal(median: Double(queries), sigma: 0.3).rounded())
    return (max(1, min(count, 100_000)), seconds * part, seconds * (1 - part))
  }

  /// Seconds as nanoseconds.
  func span(_ seconds: Double) -> Int64 { FleetPlan.nanoseconds(seconds) }
}
