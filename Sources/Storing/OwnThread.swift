import Glibc

/// A thread of the system's, apart from Swift's cooperative pool, for work that blocks.
final class OwnThread: Sendable {
  private let identifier: pthread_t

  /// Starts the thread; a `modest` one leaves the processor to others that want it. Throws when the
  /// system gives none.
  init(isModest: Bool = false, _ body: @escaping @Sendable () -> Void) throws(StoreFault) {
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
      throw .failed("the system gives no thread: \(SystemError.text(status))")
    }
    identifier = thread
  }

  /// Returns when the thread has ended. Call it once.
  func join() {
    pthread_join(identifier, nil)
  }

  /// The work, in a box that C can carry.
  private final class Body: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }
}
