import Bytes
package import Model

/// A simulated fleet of Odoo hosts and tenants: a history, then live load with a rollout in waves
/// that breaks one process, or nothing. It makes only line shapes that real Odoo writes, and the
/// same settings and start make the same bytes, however the time is cut into calls.
///
/// Before `plan.warmStart` the history is thinned: all rates are multiplied with `plan.thinning` so
/// that days fit into few lines; shares of failures and durations are as ever. Counters of the
/// neighbours (databases, proxy) are not thinned.
package struct Fleet: Sendable {
  /// What the seed decided.
  package let plan: FleetPlan
  /// The rollouts of the history and the live one, by start; those of the future are due when it
  /// comes.
  package let deploys: [DeployEvent]

  let settings: FleetSettings
  let incidents: Incidents
  var dice: Dice
  var states: [TenantState]
  var neighbours: Neighbours
  /// The start of the next beat that has not been played (nanoseconds since 1970).
  var position: Int64
  private var queue: [QueuedEmission] = []
  private var order = 0
  /// Everything before this was handed out.
  private var handedOut: Int64

  /// Decides the fleet's plan; nothing is emitted yet. `liveStart` is in nanoseconds since 1970,
  /// and is brought between 1981 and 2200.
  package init(settings: FleetSettings, liveStart: Int64) {
    let plan = FleetPlan(settings: settings, liveStart: liveStart)
    self.plan = plan
    self.settings = plan.settings
    deploys = plan.makeDeploys()
    incidents = Incidents(seed: settings.seed)
    dice = Dice(settings.seed, 2)
    var starting = Dice(settings.seed, 3)
    states = plan.tenants.indices.map { TenantState(seed: settings.seed, place: $0, &starting) }
    neighbours = Neighbours(plan, &starting)
    position = plan.backfillStart
    handedOut = plan.backfillStart
  }

  /// All that the fleet sends at `from..<to` (nanoseconds since 1970), by time. Calls that follow
  /// each other are cheap; one that goes back, or skips, plays the fleet from its beginning.
  package mutating func emissions(from: Int64, to: Int64) -> [Emission] {
    if from < handedOut { self = Fleet(settings: settings, liveStart: plan.liveStart) }
    while position < to {
      playBeat()
      if position <= from { queue.removeAll { $0.time < from } }
    }
    var due: [QueuedEmission] = []
    var later: [QueuedEmission] = []
    for queued in queue {
      if queued.time >= to {
        later.append(queued)
      } else if queued.time >= from {
        due.append(queued)
      }
    }
    queue = later
    handedOut = max(handedOut, to)
    due.sort { $0.time == $1.time ? $0.order < $1.order : $0.time < $1.time }
    return due.map(\.emission)
  }

  /// Plays what begins in one beat; some of its records come later.
  private mutating func playBeat() {
    let start = position
    let isThin = start < plan.warmStart
    let span = isThin ? Pace.thin : Pace.dense
    let thinning = isThin ? plan.thinning : 1
    for place in plan.tenants.indices {
      let rhythm = Pace.rhythm(plan.tenants[place], at: start)
      advanceNeighbours(place, rhythm: rhythm, at: start, span: span)
      for stream in Stream.allCases {
        let count = states[place].due(
          stream, rate: rate(of: stream, place, rhythm) * thinning, span: span)
        for _ in 0..<count {
          let offset = Double(span) * states[place].dice.fraction()
          play(stream, place, at: start + (Int64(clamping: offset) ?? 0))
        }
      }
    }
    for wave in plan.history + plan.waves {
      let begin = wave.start - Fleet.startLead
      if begin >= start, begin < start + span { restart(for: wave) }
    }
    if isThin || (start - plan.warmStart) / Pace.dense % Pace.beatsPerScrape == 0 {
      enqueue(.samples(neighbours.samples(at: start)), at: start)
    }
    position = start + span
  }

  private mutating func advanceNeighbours(
    _ place: Int, rhythm: Double, at start: Int64, span: Int64
  ) {
    let load = Stream.allCases.map { rate(of: $0, place, rhythm) }
    let failing = BusinessProcess.allCases.map { process in
      plan.acting(on: process, ofTenant: place, at: start)?.share
        ?? plan.tenants[place].noise[process.place]
    }
    neighbours.advance(
      place, load: load, failing: failing, crons: !areCronsStopped(place, at: start),
      rhythm: rhythm, seconds: Double(span) / Double(Instant.second))
  }

  /// Operations per second of a tenant's stream.
  func rate(of stream: Stream, _ place: Int, _ rhythm: Double) -> Double {
    let tenant = plan.tenants[place]
    return stream.least + Pace.extraLines(settings) * tenant.weight * stream.part * rhythm
  }

  private mutating func play(_ stream: Stream, _ place: Int, at time: Int64) {
    switch stream {
    case .imports: importOrder(place, at: time)
    case .pickings: validatePicking(place, at: time)
    case .cronRuns: updateShipments(place, at: time)
    case .pages: openPage(place, at: time)
    case .files: fetchFile(place, at: time)
    case .occasions: playOccasion(place, at: time)
    }
  }

  /// Sends something at its time.
  mutating func enqueue(_ emission: Emission, at time: Int64) {
    queue.append(QueuedEmission(time: time, order: order, emission: emission))
    order += 1
  }

  /// Sends what a process has written, at the time of its last record.
  mutating func enqueue(_ writer: OdooWriter) {
    enqueue(
      .odooLines(host: writer.host.name, bytes: writer.bytes, time: writer.time), at: writer.time)
  }

  /// Sends timers of a request, once live.
  mutating func time(_ name: String, _ seconds: Double, at time: Int64) {
    guard time >= plan.liveStart else { return }
    let micro = Int((seconds * 1_000_000_000).rounded())
    let text = "\(name):\(micro / 1_000_000).\(Instant.padded(micro % 1_000_000, 6))|ms"
    enqueue(.statsd(bytes: Array(text.utf8), time: time), at: time)
  }
}

/// What one tenant's streams remember from beat to beat.
struct TenantState: Sendable {
  var dice: Dice
  /// By `Stream`: the part of an operation that is due but not whole yet.
  private var carries: [Double]
  /// By `BusinessProcess.place`: how near the next failure is; it comes at 1.
  private var debts: [Double]
  /// Counts the cron runs, to take the tenant's crons in turn.
  var cronRuns = 0

  init(seed: UInt64, place: Int, _ starting: inout Dice) {
    dice = Dice(seed, 21, UInt64(place))
    carries = Stream.allCases.map { _ in starting.fraction() }
    debts = BusinessProcess.allCases.map { _ in starting.fraction() * 0.8 }
  }

  /// How many operations begin in a beat; over many beats exactly the rate.
  mutating func due(_ stream: Stream, rate: Double, span: Int64) -> Int {
    let expected = rate * Double(span) / Double(Instant.second)
    let above = max(0, expected - stream.least * Double(span) / Double(Instant.second))
    let carry = carries[stream.rawValue] + expected + above * dice.between(-0.4, 0.4)
    let count = max(0, carry.rounded(.down))
    carries[stream.rawValue] = carry - count
    return Int(Int64(clamping: count) ?? 0)
  }

  /// Whether the next operation of a process fails. Failures come at jittered but bounded
  /// distances, so that a share of a few percent never clusters into an outage by chance.
  mutating func fails(_ process: BusinessProcess, share: Double) -> Bool {
    debts[process.place] += share
    guard debts[process.place] >= 1 else { return false }
    let jitter = share < 0.5 ? 0.35 : 0.15
    debts[process.place] += dice.between(-jitter, jitter) - 1
    return true
  }
}
