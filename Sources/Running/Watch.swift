import Alerting
import Bytes
import Foundation
import Judging
import Model
import Notifying
import Querying
import Storing
import Synchronization

/// The watch loop's own figures.
struct WatchStatus: Sendable {
  var evaluations = 0
  var failures = 0
  var firing = 0
  var outboxWaiting = 0
  var outboxDead = 0

  /// Name, type, help and value of each, as Prometheus' text form wants them.
  var figures: [(name: String, type: String, help: String, value: Int)] {
    [
      ("rule_group_evaluations_total", "counter", "Groups of rules evaluated.", evaluations),
      ("rule_evaluation_failures_total", "counter", "Rules whose evaluation failed.", failures),
      ("alerts_firing", "gauge", "Alerts that fire now.", firing),
      ("notifications_waiting", "gauge", "Notifications not yet delivered.", outboxWaiting),
      ("notifications_dead", "gauge", "Notifications given up.", outboxDead),
    ]
  }
}

/// query -> judge -> alert -> notify: pulled by the clock, on threads of its own.
final class Watch: Sendable {
  /// Rules, processes and alerts as they are in force.
  private struct State {
    var rules = RuleSet()
    var processes: [BusinessProcess] = []
    var book: AlertBook
    /// When each group is due next; nanoseconds.
    var due: [String: Int64] = [:]
    var status = WatchStatus()
    var loading = Loading()
  }

  /// When rules and processes were last read, nanoseconds, and what was refused, a line each.
  struct Loading: Sendable {
    var at: Int64 = 0
    var refused: [String] = []
  }

  private static let tickSeconds = 1.0

  private let folder: RuleFolder
  private let store: Store
  private let source: StoreSource
  private let values: TemplateValues
  private let receivers: [WebhookReceiver]
  private let deliveries: [Delivery]
  private let ticks = PausedThread()
  private let caller = HTTPCaller()
  private let state: Mutex<State>

  /// Restores the alerts of the last run and reads the rules; what is refused is printed, and what
  /// is good is in force. Throws when there is no rules folder.
  init(_ settings: ServerSettings, _ store: Store) throws {
    folder = RuleFolder(settings.rulesFolder)
    self.store = store
    source = StoreSource(store: store)
    let url =
      settings.externalURL.isEmpty ? "http://" + settings.http.text : settings.externalURL
    values = TemplateValues(labels: .empty, value: 0, externalURL: url)
    receivers = settings.webhooks.map {
      WebhookReceiver(name: $0.name, url: $0.url, sendResolved: $0.sendsResolved)
    }
    let caller = caller
    deliveries = receivers.map { Delivery($0, store.state, caller) }
    state = Mutex(State(book: AlertBook(restoring: try store.state.alerts().map(\.body))))
    Console.report(try load())
  }

  var processes: [BusinessProcess] { state.withLock { $0.processes } }

  var loading: Loading { state.withLock { $0.loading } }

  /// Throws a `QueryFault` when the selection begins at a group there is none of.
  func rulesAnswer(_ selection: RulesSelection) throws -> [UInt8] {
    let (groups, book) = state.withLock { ($0.rules.groups, $0.book) }
    return try RulesAnswer.rules(groups, book, selection)
  }

  func alertsAnswer() -> [UInt8] {
    let (groups, book) = state.withLock { ($0.rules.groups, $0.book) }
    return RulesAnswer.alerts(groups, book)
  }

  var status: WatchStatus {
    var status = state.withLock { state in
      state.status.firing = state.book.firingCount
      return state.status
    }
    if let counts = try? store.state.outboxCounts() {
      status.outboxWaiting = counts.waiting
      status.outboxDead = counts.dead
    }
    return status
  }

  func start() {
    ticks.start(name: "rules", every: Self.tickSeconds) { [self] in tick(WallClock.now()) }
    for delivery in deliveries { delivery.start() }
  }

  func stop() {
    ticks.stop()
    for delivery in deliveries { delivery.stop() }
  }

  func close() async {
    await caller.close()
  }

  /// Reads rules and processes anew; returns what was refused, which keeps its last good version.
  func reload() async -> [String] {
    do {
      return try load()
    } catch {
      state.withLock { $0.loading = Loading(at: WallClock.now(), refused: ["\(error)"]) }
      return ["\(error)"]
    }
  }

  private func load() throws -> [String] {
    let sources = try folder.ruleSources()
    var refused: [String] = []
    let processes: [BusinessProcess]?
    do {
      processes = try folder.processes()
    } catch {
      processes = nil
      refused.append("\(error)")
    }
    let now = WallClock.now()
    var gone = GroupEvaluation()
    state.withLock { state in
      refused += state.rules.load(sources).map(\.description)
      if let processes { state.processes = processes }
      state.loading = Loading(at: now, refused: refused)
      gone.due = state.book.orphans(state.rules.groups, now: now)
      gone.removed = state.book.keepOnly(state.rules.groups)
    }
    try keep(gone, now)
    return refused
  }

  /// Evaluates the groups that are due. Only this thread changes the book, so it works on a copy
  /// and readers see the last finished one.
  private func tick(_ now: Int64) {
    let groups = state.withLock { state in
      state.rules.groups.filter { (state.due[$0.identity] ?? 0) <= now }
    }
    for group in groups {
      var book = state.withLock { $0.book }
      let outcome = book.evaluate(
        group, over: source, now: now, values: values, clock: WallClock.monotonic,
        record: { try self.record($0, now: now) })
      let interval = (group.interval ?? RuleSet.defaultInterval) * 1_000_000
      do {
        try keep(outcome, now)
      } catch {
        // Not stored, so not done: the next evaluation finds the same news again.
        Console.report(["alert states could not be stored: \(error)"])
        state.withLock { $0.due[group.identity] = now + interval }
        continue
      }
      let finished = book
      state.withLock { state in
        state.book = finished
        state.due[group.identity] = now + interval
        state.status.evaluations += 1
        state.status.failures += outcome.failures.count
      }
    }
  }

  /// States and the notifications that follow from them, in one transaction.
  private func keep(_ outcome: GroupEvaluation, _ now: Int64) throws {
    guard !outcome.changed.isEmpty || !outcome.removed.isEmpty || !outcome.due.isEmpty else {
      return
    }
    let notices = outcome.due.map { alert in
      Notice(
        labels: alert.labels, annotations: alert.annotations,
        startsAt: alert.firedAt ?? alert.activeAt, endsAt: alert.resolvedAt ?? 0,
        isFiring: alert.state == .firing, generatorURL: values.externalURL + "/")
    }
    var entries: [Storing.OutboxEntry] = []
    for receiver in receivers {
      let bodies = receiver.bodies(for: notices, externalURL: values.externalURL)
      for (number, body) in bodies.enumerated() {
        entries.append(
          Storing.OutboxEntry(
            receiver: receiver.name, key: "\(receiver.name)-\(now)-\(number)", body: body,
            createdAt: now, nextAttemptAt: now))
      }
    }
    try store.state.commit(
      alerts: outcome.changed.map { StoredAlert(key: $0.key, body: $0.body) },
      removed: outcome.removed, outbox: entries)
    if !entries.isEmpty { for delivery in deliveries { delivery.wake() } }
  }

  /// Writes recorded series as samples; their `tenant` label is their tenant.
  private func record(_ series: [VectorElement], now: Int64) throws {
    guard !series.isEmpty else { return }
    var batch = Batch()
    for element in series {
      let tenant = element.labels["tenant"] ?? Tenant.platform
      batch.startSeries(tenant: batch.intern(tenant))
      for label in element.labels.dropping(["tenant"]).pairs {
        batch.addLabel(batch.intern(label.name), batch.intern(label.value))
      }
      let index = try batch.finishSeries()
      batch.append(
        sample: Sample(series: index, time: element.point.time, value: element.point.value))
    }
    let done = DispatchSemaphore(value: 0)
    let result = Mutex<StoreFault?>(nil)
    store.append(batch, idempotencyKey: nil, mayWait: false) { outcome in
      if case .failure(let fault) = outcome { result.withLock { $0 = fault } }
      done.signal()
    }
    done.wait()
    if let fault = result.withLock({ $0 }) { throw fault }
  }
}
