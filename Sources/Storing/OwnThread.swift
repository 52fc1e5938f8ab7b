import Glibc

/// A thread of the system's, apart from Swift's cooperative pool, for work that blocks.
final class OwnThread: Sendable {
  private let identifier: pthread_t

  /// Starts the thread.
  init(_ body: @escaping @Sendable () -> Void) {
    let box = Unmanaged.passRetained(Body(body))
    var thread = pthread_t()
    pthread_create(
      &thread, nil,
      { argument in
        // The one retain of init is consumed here, on the new thread.
        if let argument { Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run() }
        return nil
      }, box.toOpaque())
    identifier = thread
  }

  /// Returns when the thread has ended. Call it once.
  func join() {
    pthread_join(identifier, nil)
  }

  private final class Body: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }
}
