import Dividing
import Dispatch
import Synchronization

/// The one thread that compacts, merges, drops and checks, one thing after another, apart from
/// those that take rows and those that answer.
final class Upkeep: Sendable {
  /// What waits for the thread.
  private struct State {
    var jobs: [@Sendable (inout Compactor) -> Void] = []
    var isNudged = false
    var isClosed = false
    /// Uptime before which a nudge is not followed, after work that failed.
    var restsUntil: UInt64 = 0
  }

  /// After work that failed, nanoseconds.
  private static let rest: UInt64 = 5_000_000_000

  private let state = Mutex(State())
  private let signal = DispatchSemaphore(value: 0)
  private let thread = Mutex<OwnThread?>(nil)

  /// Starts the thread. `due` is what a nudge asks for: it throws when it could not be done now.
  func start(
    _ make: @escaping @Sendable () -> Compactor,
    due: @escaping @Sendable (inout Compactor) throws -> Void
  ) throws(StoreFault) {
    do {
      let started = try OwnThread(isModest: true) { [self] in
        var compactor = make()
        while let job = next(due) { job(&compactor) }
      }
      thread.withLock { $0 = started }
    } catch {
      throw .failed("\(error)")
    }
  }

  private func next(
    _ due: @escaping @Sendable (inout Compactor) throws -> Void
  ) -> (@Sendable (inout Compactor) -> Void)? {
    while true {
      let job: (@Sendable (inout Compactor) -> Void)?? = state.withLock { state in
        if !state.jobs.isEmpty { return .some(state.jobs.removeFirst()) }
        if state.isClosed { return .some(nil) }
        guard state.isNudged else { return .none }
        state.isNudged = false
        return .some { [self] compactor in follow(due, &compactor) }
      }
      if let job { return job }
      signal.wait()
    }
  }

  private func follow(
    _ due: @Sendable (inout Compactor) throws -> Void, _ compactor: inout Compactor
  ) {
    do {
      try due(&compactor)
    } catch {
      let until = DispatchTime.now().uptimeNanoseconds + Self.rest
      state.withLock { $0.restsUntil = until }
    }
  }

  /// Lets the thread do what is due, soon. Cheap, for those that must not wait.
  func nudge() {
    let isNew = state.withLock { state in
      guard !state.isNudged, !state.isClosed,
        state.restsUntil == 0 || state.restsUntil <= DispatchTime.now().uptimeNanoseconds
      else { return false }
      state.isNudged = true
      return true
    }
    if isNew { signal.signal() }
  }

  /// Runs `work` on the thread and waits for it. Throws `closed` when there is no thread any more.
  func perform<Value: Sendable>(
    _ work: @escaping @Sendable (inout Compactor) throws -> Value
  ) throws -> Value {
    let answer = Answer<Value>()
    let done = DispatchSemaphore(value: 0)
    let isTaken = state.withLock { state in
      if state.isClosed { return false }
      state.jobs.append { compactor in
        answer.value.withLock { $0 = Result { try work(&compactor) } }
        done.signal()
      }
      return true
    }
    guard isTaken else { throw StoreFault.closed }
    signal.signal()
    done.wait()
    guard let result = answer.value.withLock({ $0 }) else { throw StoreFault.closed }
    return try result.get()
  }

  /// Ends the thread after what it does now and what waits for it.
  func close() {
    state.withLock { $0.isClosed = true }
    signal.signal()
    thread.withLock { $0.take() }?.join()
  }
}

/// What a piece of work came to.
private final class Answer<Value: Sendable>: Sendable {
  let value = Mutex<Result<Value, any Error>?>(nil)
}
