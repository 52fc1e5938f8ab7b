import Bytes
package import Model
package import Querying
import Synchronization

/// How many queries run at once, and what each may use.
package struct QuerySettings: Sendable, Equatable {
  package var limits = QueryLimits()
  /// Bytes that running queries may hold together, as it is estimated.
  package var memory = 1 << 30
  /// Queries that run at once, and those of them that one tenant, or the fleet's readers, may have.
  package var concurrency = 4
  package var concurrencyPerTenant = 2
  /// Queries that wait for their turn; a tenant may have half of them.
  package var queue = 64
  /// How long one waits; nanoseconds.
  package var wait: Int64 = 10 * Instant.second

  package init() {}
}

/// Figures of the queries.
package struct QueryStatus: Sendable {
  package var running = 0
  package var waiting = 0
  /// Bytes that running queries hold, as it is estimated.
  package var memory = 0
  package var started = 0
  package var cancelled = 0
  package var timedOut = 0
  package var refused = 0

  /// Name, type, help and value of each, as Prometheus' text form wants them.
  package var figures: [(name: String, type: String, help: String, value: Int)] {
    [
      ("queries_running", "gauge", "Queries that run now.", running),
      ("queries_waiting", "gauge", "Queries that wait for their turn.", waiting),
      ("query_memory_bytes", "gauge", "What running queries hold, estimated.", memory),
      ("queries_total", "counter", "Queries that got their turn.", started),
      ("queries_cancelled_total", "counter", "Queries whose client left.", cancelled),
      ("queries_timed_out_total", "counter", "Queries that ran out of time.", timedOut),
      ("queries_refused_total", "counter", "Queries that got no turn.", refused),
    ]
  }
}

/// Gives queries their turns: a limited number runs at once, in total and for each scope, on
/// threads of their own; others wait, for a limited time, in order of arrival. Rules do not pass
/// here.
package final class QueryScheduler: Sendable {
  /// A query that waits.
  private struct Waiting {
    let number: Int
    let scope: Scope
    let cancellation: Cancellation
    let turn: CheckedContinuation<Void, any Error>
  }

  /// What the lock guards.
  private struct State {
    var running: [Scope: Int] = [:]
    var waiting: [Waiting] = []
    var next = 0
    var status = QueryStatus()
  }

  /// What became of a query that came.
  private enum Outcome {
    case runs
    case waits(Int)
    case refused(QueryFault)
  }

  private static let left = QueryFault(.canceled, "query was canceled: its client is gone")

  package let settings: QuerySettings
  private let workers: Workers
  private let memory: MemoryPool
  private let state = Mutex(State())

  package init(_ settings: QuerySettings) {
    self.settings = settings
    // A thread may still end its last query when the next one comes.
    workers = Workers(
      name: "query", count: settings.concurrency, depth: settings.concurrency * 2 + 8)
    memory = MemoryPool(limit: settings.memory)
  }

  package var status: QueryStatus {
    var status = state.withLock { state in
      state.status.waiting = state.waiting.count
      state.status.running = state.running.values.reduce(0, +)
      return state.status
    }
    status.memory = memory.used
    return status
  }

  /// Runs `work` when it is its turn. Throws a `QueryFault` when it gets none, or is cancelled
  /// before it does, and what the work throws.
  package func run<Result: Sendable>(
    for scope: Scope, cancellation: Cancellation = Cancellation(),
    _ work: @escaping @Sendable (QueryLease) throws -> Result
  ) async throws -> Result {
    let arrival = Deadline.now
    try await admit(scope, cancellation)
    defer { leave(scope) }
    let lease = QueryLease(
      limits: settings.limits, memory: memory, cancellation: cancellation,
      waited: Deadline.now &- arrival)
    do {
      return try await workers.run { try work(lease) }
    } catch let fault as QueryFault {
      note(fault)
      throw fault
    }
  }

  private func note(_ fault: QueryFault) {
    state.withLock { state in
      switch fault.kind {
      case .canceled: state.status.cancelled += 1
      case .timeout: state.status.timedOut += 1
      case .unavailable: state.status.refused += 1
      case .badData, .execution, .internal: break
      }
    }
  }

  private func admit(_ scope: Scope, _ cancellation: Cancellation) async throws {
    try await withCheckedThrowingContinuation { (turn: CheckedContinuation<Void, any Error>) in
      var gone: [Waiting] = []
      let outcome = state.withLock { state in
        gone = state.waiting.filter(\.cancellation.isCancelled)
        state.waiting.removeAll(where: \.cancellation.isCancelled)
        return take(scope, cancellation, turn, &state)
      }
      for query in gone { refuse(query, Self.left) }
      switch outcome {
      case .runs: turn.resume()
      case .waits(let number): expire(number)
      case .refused(let fault):
        note(fault)
        turn.resume(throwing: fault)
      }
    }
  }

  private func take(
    _ scope: Scope, _ cancellation: Cancellation, _ turn: CheckedContinuation<Void, any Error>,
    _ state: inout State
  ) -> Outcome {
    if mayRun(scope, state) {
      start(scope, &state)
      return .runs
    }
    let own = state.waiting.count { $0.scope == scope }
    let most = max(1, settings.queue / 2)
    guard state.waiting.count < settings.queue, own < most else {
      return .refused(
        QueryFault(
          .unavailable,
          "too many outstanding requests: \(state.waiting.count) queries wait, \(own) of them of "
            + "this tenant, the limits are \(settings.queue) and \(most) (query_queue); try again"))
    }
    state.next += 1
    state.waiting.append(
      Waiting(number: state.next, scope: scope, cancellation: cancellation, turn: turn))
    return .waits(state.next)
  }

  private func mayRun(_ scope: Scope, _ state: State) -> Bool {
    state.running.values.reduce(0, +) < settings.concurrency
      && (state.running[scope] ?? 0) < settings.concurrencyPerTenant
  }

  private func start(_ scope: Scope, _ state: inout State) {
    state.running[scope, default: 0] += 1
    state.status.started += 1
  }

  /// Gives the place to those that waited longest and may have it.
  private func leave(_ scope: Scope) {
    var next: [Waiting] = []
    var gone: [Waiting] = []
    state.withLock { state in
      state.running[scope, default: 1] -= 1
      if state.running[scope] == 0 { state.running[scope] = nil }
      var still: [Waiting] = []
      for query in state.waiting {
        if query.cancellation.isCancelled {
          gone.append(query)
        } else if mayRun(query.scope, state) {
          next.append(query)
          start(query.scope, &state)
        } else {
          still.append(query)
        }
      }
      state.waiting = still
    }
    for query in next { query.turn.resume() }
    for query in gone { refuse(query, Self.left) }
  }

  /// A query that still waits after its time is told so.
  private func expire(_ number: Int) {
    Task { [self] in
      try? await Task.sleep(for: .nanoseconds(settings.wait))
      let late: Waiting? = state.withLock { state in
        guard let place = state.waiting.firstIndex(where: { $0.number == number }) else {
          return nil
        }
        return state.waiting.remove(at: place)
      }
      guard let late else { return }
      refuse(
        late,
        QueryFault(
          .unavailable,
          "query waited too long for its turn: \(settings.wait / Instant.millisecond) ms "
            + "(query_wait); \(settings.concurrency) queries run at once (query_concurrency), "
            + "\(settings.concurrencyPerTenant) of one tenant "
            + "(query_concurrency_per_tenant); try again"))
    }
  }

  private func refuse(_ query: Waiting, _ fault: QueryFault) {
    note(fault)
    query.turn.resume(throwing: fault)
  }
}
