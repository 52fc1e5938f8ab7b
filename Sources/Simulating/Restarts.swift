import Bytes

extension Fleet {
  private static let server = "odoo.service.server"
  /// How long before a wave its pool of workers starts: the release is live when they answer.
  static let startLead = 1_500 * Instant.millisecond
  private static let loading = "odoo.modules.loading"

  /// The noise of a wave, good or bad: a pool of the new release starts on each host that had none,
  /// the tenants' registries load, some transactions collide, and a pool that serves nobody exits.
  mutating func restart(for wave: WavePlan) {
    let places = Set(wave.tenants.map { plan.tenants[$0].host })
    for host in places.sorted() {
      let inhabitants = plan.tenants.indices.filter { plan.tenants[$0].host == host }
      let moved = wave.tenants.filter { plan.tenants[$0].host == host }
      let wasThere = inhabitants.contains {
        plan.release(ofTenant: $0, at: wave.start - 1) == wave.release && wave.release > 0
      }
      if !wasThere { startPool(host, wave) }
      for place in moved.sorted() { loadRegistry(place, wave) }
      guard wave.release > 0 else { continue }
      let old = plan.release(ofTenant: moved[0], at: wave.start - 1)
      let isLeft = inhabitants.allSatisfy {
        plan.release(ofTenant: $0, at: wave.start) != old
      }
      if isLeft { stopPool(host, release: old, database: moved[0], at: wave.start) }
    }
  }

  private mutating func startPool(_ place: Int, _ wave: WavePlan) {
    let host = plan.hosts[place]
    let pool = Pool(release: wave.release)
    let build = plan.releases[wave.release].build
    var writer = OdooWriter(
      host: host, pid: Pool.master, database: nil, time: wave.start - Fleet.startLead)
    writer.info("odoo", "Odoo version \(host.dialect.rawValue).0-\(build)")
    writer.info("odoo", "Using configuration file at /etc/odoo/odoo.conf")
    writer.info("odoo", "database: odoo@pgbouncer.freight.svc:6432")
    if host.dialect != .odoo20 {
      writer.wait(milliseconds: 400)
      writer.info(Self.server, "HTTP service (werkzeug) running on 0.0.0.0:8069")
    }
    let start = writer.time
    enqueue(writer)
    for worker in 0..<Pool.workers {
      greet(host, pool.worker(worker), "WorkerHTTP", at: start + Int64(worker + 2) * 3_000_000)
    }
    for worker in 0..<2 {
      greet(host, pool.cron(worker), "WorkerCron", at: start + Int64(worker + 9) * 3_000_000)
    }
    startRunner(host, pool.runner, wave, at: start + 300 * Instant.millisecond)
  }

  private mutating func greet(_ host: HostPlan, _ pid: Int, _ kind: String, at time: Int64) {
    var writer = OdooWriter(host: host, pid: pid, database: nil, time: time)
    if host.dialect == .odoo20 {
      writer.info("\(Self.server).\(kind)", "Alive")
    } else {
      writer.info(Self.server, "Worker \(kind) (\(pid)) alive")
    }
    enqueue(writer)
  }

  private mutating func startRunner(
    _ host: HostPlan, _ pid: Int, _ wave: WavePlan, at time: Int64
  ) {
    let runner = "odoo.addons.queue_job.jobrunner"
    var writer = OdooWriter(host: host, pid: pid, database: nil, time: time)
    writer.info(runner, "starting jobrunner thread (in prefork server)")
    writer.info("\(runner).channels", "Configured channel: root(C:4,Q:0,R:0,F:0)")
    writer.info("\(runner).runner", "starting")
    for place in wave.tenants.sorted() where plan.hosts[plan.tenants[place].host] == host {
      writer.wait(milliseconds: 12)
      writer.info(
        "\(runner).runner", "queue job runner ready for db \(plan.tenants[place].name)")
    }
    writer.info("\(runner).runner", "database connections ready")
    enqueue(writer)
  }

  /// A tenant's registry after the move, and the collisions of its first minute.
  private mutating func loadRegistry(_ place: Int, _ wave: WavePlan) {
    let delay = states[place].dice.between(0.9, 2.2)
    var writer = workerWriter(place, at: wave.start + span(delay))
    let modules = 120 + place % 40
    writer.info(Self.loading, "loading 1 modules...")
    writer.wait(milliseconds: 20)
    writer.info(Self.loading, "1 modules loaded in 0.02s, 0 queries (+0 extra)")
    writer.info(Self.loading, "loading \(modules) modules...")
    writer.wait(milliseconds: 940)
    writer.info(Self.loading, "\(modules) modules loaded in 0.94s, 0 queries (+0 extra)")
    writer.info(Self.loading, "Modules loaded.")
    if writer.host.dialect == .odoo18 {
      writer.info("odoo.modules.registry", "Registry loaded in 1.204s")
    }
    enqueue(writer)
    reload(place, at: writer.time + 400 * Instant.millisecond)
    for _ in 0..<3 {
      let later = states[place].dice.between(3, 50)
      var collision = workerWriter(place, at: wave.start + span(later))
      contend(place, &collision)
      enqueue(collision)
    }
  }

  private mutating func reload(_ place: Int, at time: Int64) {
    var writer = workerWriter(place, at: time)
    if writer.host.dialect == .odoo18 {
      writer.info(
        "odoo.modules.registry", "Reloading the model registry after database signaling.")
      writer.wait(milliseconds: 300)
    }
    writer.info("odoo.addons.base.models.ir_http", "Generating routing map for key None")
    writer.wait(milliseconds: 400)
    let digest = states[place].dice.digest(7)
    writer.info(
      "odoo.addons.base.models.assetsbundle",
      "Generating a new asset bundle attachment /web/assets/\(digest)/web.assets_web.min.js "
        + "(id:\(states[place].dice.whole(300, 9_000)))")
    enqueue(writer)
  }

  private mutating func stopPool(_ place: Int, release: Int, database: Int, at time: Int64) {
    let host = plan.hosts[place]
    guard host.dialect != .odoo20 else { return }
    for worker in 0..<Pool.workers {
      let pid = Pool(release: release).worker(worker)
      var writer = OdooWriter(
        host: host, pid: pid, database: plan.tenants[database].name,
        time: time + Int64(worker + 20) * 100 * Instant.millisecond)
      let requests = states[database].dice.whole(200, 60_000)
      writer.info(
        Self.server, "Worker (\(pid)) exiting. request_count: \(requests), registry count: 3.")
      enqueue(writer)
    }
  }

  /// A worker that has served enough is replaced.
  mutating func recycleWorker(_ place: Int, at time: Int64) {
    var writer = workerWriter(place, at: time)
    if writer.host.dialect == .odoo20 {
      writer.info("\(Self.server).WorkerHTTP", "Max request (65536) reached.")
    } else {
      writer.info(Self.server, "Worker (\(writer.pid)) max request (65536) reached.")
      writer.wait(milliseconds: 1)
      writer.info(
        Self.server,
        "Worker (\(writer.pid)) exiting. request_count: 65536, registry count: 3.")
    }
    enqueue(writer)
    greet(writer.host, writer.pid, "WorkerHTTP", at: writer.time + 900 * Instant.millisecond)
  }

  /// The master kills a worker that took too long. This is rare without a reason.
  mutating func killWorker(_ place: Int, at time: Int64) {
    let victim = workerWriter(place, at: time)
    var writer = OdooWriter(
      host: victim.host, pid: Pool.master, database: nil, time: time)
    let isNew = victim.host.dialect == .odoo20
    writer.record(
      "ERROR", isNew ? "\(Self.server).PreforkServer" : Self.server,
      "WorkerHTTP (\(victim.pid)) timeout after 120s")
    enqueue(writer)
    greet(victim.host, victim.pid, "WorkerHTTP", at: time + 900 * Instant.millisecond)
  }
}
