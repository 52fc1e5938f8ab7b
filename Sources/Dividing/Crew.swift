import Dispatch
import Glibc
import Synchronization

/// The threads that help with divided work: one fewer than there are processors, since the thread
/// that divides works too. They are apart from Swift's cooperative pool, which must not wait for
/// work that takes long.
final class Crew: Sendable {
  static let shared = Crew(count: sysconf(Int32(_SC_NPROCESSORS_ONLN)) - 1)

  private let waiting = WaitingWork()
  private let threads: Int

  /// Where the system gives no thread, the others do its parts.
  private init(count: Int) {
    let started = (0..<max(0, count)).compactMap { [waiting] _ in
      try? OwnThread { while true { waiting.help() } }
    }
    threads = started.count
  }

  /// Returns when all parts are done. The caller takes parts as well, so that busy threads keep
  /// nobody waiting, and work may be divided further.
  func finish(_ work: DividedWork) {
    waiting.add(work, helpers: min(threads, work.count - 1))
    work.takeParts()
    waiting.remove(work)
    work.wait()
  }
}

/// Divided work that has parts left.
private final class WaitingWork: Sendable {
  private let all = Mutex<[DividedWork]>([])
  private let wake = DispatchSemaphore(value: 0)

  func add(_ work: DividedWork, helpers: Int) {
    all.withLock { $0.append(work) }
    for _ in 0..<helpers { wake.signal() }
  }

  func remove(_ work: DividedWork) {
    all.withLock { all in all.removeAll { $0 === work } }
  }

  /// Waits until somebody calls for help, and takes parts.
  func help() {
    wake.wait()
    all.withLock { $0.first { $0.hasParts } }?.takeParts()
  }
}

/// Work in parts, each of which one thread takes.
final class DividedWork: Sendable {
  let count: Int
  private let next = Atomic(0)
  private let left: Atomic<Int>
  private let part: @Sendable (Int) -> Void
  private let done = DispatchSemaphore(value: 0)

  init(count: Int, _ part: @escaping @Sendable (Int) -> Void) {
    self.count = count
    self.part = part
    left = Atomic(count)
  }

  var hasParts: Bool { next.load(ordering: .relaxed) < count }

  /// Does parts until none is left to take.
  func takeParts() {
    while hasParts {
      let number = next.wrappingAdd(1, ordering: .relaxed).oldValue
      guard number < count else { return }
      part(number)
      if left.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue == 0 { done.signal() }
    }
  }

  func wait() {
    done.wait()
  }
}
