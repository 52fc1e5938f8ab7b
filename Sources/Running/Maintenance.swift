import Foundation
import Storing
import Synchronization

/// What the store needs doing from time to time, on a thread of its own: retention each minute, and
/// a look at the bytes of one block file every ten, so that a thousand files are read in a week.
final class Maintenance: Sendable {
  private static let pauseSeconds = 60.0
  private static let turnsPerFile = 10
  private let turns = Atomic(0)
  private let store: Store
  private let pause = PausedThread()

  init(_ store: Store) {
    self.store = store
  }

  func start() {
    pause.start(name: "maintenance", every: Self.pauseSeconds) { [self] in
      store.applyRetention(now: WallClock.now())
      let turn = turns.add(1, ordering: .relaxed).newValue
      if turn % Self.turnsPerFile == 0, let found = store.scrubNext(), found.damaged > 0 {
        Console.report(["\(found.damaged) blocks of a file are damaged: answers say so"])
      }
    }
  }

  func stop() {
    pause.stop()
  }
}

/// A thread that does something again and again, with a pause that can be cut short.
final class PausedThread: Sendable {
  private let condition = ConditionBox()

  /// Runs `work` every so many seconds until `stop`.
  func start(name: String, every seconds: Double, _ work: @escaping @Sendable () -> Void) {
    let condition = condition
    condition.begin()
    let thread = Thread {
      while condition.pause(seconds) { work() }
      condition.end()
    }
    thread.name = name
    thread.stackSize = 16 << 20
    thread.start()
  }

  /// Ends the pause that runs now.
  func wake() {
    condition.wake()
  }

  /// Returns when the thread has ended.
  func stop() {
    condition.stop()
  }
}

// The condition guards all of the state.
/// A pause that other threads can end.
private final class ConditionBox: @unchecked Sendable {
  private let condition = NSCondition()
  private var isStopping = false
  private var isRunning = false
  private var isWoken = false

  func begin() {
    condition.lock()
    isRunning = true
    condition.unlock()
  }

  func end() {
    condition.lock()
    isRunning = false
    condition.broadcast()
    condition.unlock()
  }

  /// Waits; false when it is time to end.
  func pause(_ seconds: Double) -> Bool {
    condition.lock()
    defer { condition.unlock() }
    let end = Date.now + seconds
    while !isStopping, !isWoken, condition.wait(until: end) {}
    isWoken = false
    return !isStopping
  }

  func wake() {
    condition.lock()
    isWoken = true
    condition.broadcast()
    condition.unlock()
  }

  func stop() {
    condition.lock()
    isStopping = true
    condition.broadcast()
    while isRunning { condition.wait() }
    condition.unlock()
  }
}
