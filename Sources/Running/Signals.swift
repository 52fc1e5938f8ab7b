import Dispatch
import Glibc

/// Signals as calls: TERM and INT end, HUP reloads.
final class Signals {
  private let sources: [any DispatchSourceSignal]

  init(onEnd: @escaping @Sendable () -> Void, onReload: @escaping @Sendable () -> Void) {
    sources = [(SIGTERM, onEnd), (SIGINT, onEnd), (SIGHUP, onReload)].map { number, action in
      // Else the default action ends the process before the source hears of it.
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler(handler: action)
      source.activate()
      return source
    }
  }

  func cancel() {
    for source in sources { source.cancel() }
  }
}
