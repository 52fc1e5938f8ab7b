import Glibc

/// The system gave no thread.
package struct ThreadFault: Error, CustomStringConvertible {
  /// errno's.
  package let number: Int32

  package var description: String {
    "the system gives no thread: \(strerror(number).map { String(cString: $0) } ?? "\(number)")"
  }
}

/// A thread of the system's, apart from Swift's cooperative pool, for work that blocks.
package final class OwnThread: Sendable {
  private let identifier: pthread_t

  /// Starts the thread; a `modest` one leaves the processor to others that want it. Throws when the
  /// system gives none.
  package init(
    isModest: Bool = false, _ body: @escaping @Sendable () -> Void
  ) throws(ThreadFault) {
    let box = Unmanaged.passRetained(
      Body {
        // On this system a process' number may be a thread's: 0 is the one that calls.
        if isModest { setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10) }
        body()
      })
    var thread = pthread_t()
    let status = pthread_create(
      &thread, nil,
      { argument in
        // The one retain of init is consumed here, on the new thread.
        if let argument { Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run() }
        return nil
      }, box.toOpaque())
    guard status == 0 else {
      box.release()
      throw ThreadFault(number: status)
    }
    identifier = thread
  }

  /// Returns when the thread has ended. Call it once.
  package func join() {
    pthread_join(identifier, nil)
  }

  /// The work, in a box that C can carry.
  private final class Body: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }
}
