import Hummingbird
import HummingbirdCore
package import Logging
import Model
import NIOCore
import ServiceLifecycle
import Synchronization

/// The HTTP/1.1 server: matches a path, reads the body up to the route's limit, answers. Tails are
/// websockets.
package final class HTTPServer: Sendable {
  /// Header limits: names and values of requests are ours to bound. The longest query, escaped,
  /// stands in an address.
  private static let headerFieldBytes = 4 * Limits.queryBytes
  private static let headerListBytes = 6 * Limits.queryBytes
  private static let headerFields = 64
  private static let idleSeconds: Int64 = 60

  private let group: ServiceGroup
  private let bound: BoundPort

  /// Prepares to serve `routes` on `host:port`; port 0 picks a free one. Large answers are packed
  /// on the threads of `packers`.
  package init(
    host: String, port: Int, routes: [Route], packers: Workers, tails: TailSession, logger: Logger
  ) {
    let bound = BoundPort()
    self.bound = bound
    var configuration = HTTP1Channel.Configuration(idleTimeout: .seconds(Self.idleSeconds))
    configuration.httpDecoder = .init(
      maxHeaderFieldSize: Self.headerFieldBytes, maxHeaderListSize: Self.headerListBytes,
      maxHeaderFieldCount: Self.headerFields)
    let application = Application(
      responder: RouteTable(routes, packers),
      server: HTTPServerBuilder { [configuration] responder in
        TailChannel(
          http: HTTP1Channel(responder: responder, configuration: configuration),
          limits: configuration.httpDecoder, session: tails)
      },
      configuration: ApplicationConfiguration(
        address: .hostname(host, port: port), serverName: "plimsoll", backlog: 1_024),
      onServerRunning: { bound.set($0.localAddress?.port ?? port) },
      logger: logger)
    group = ServiceGroup(
      configuration: .init(services: [application], gracefulShutdownSignals: [], logger: logger))
  }

  /// Serves until `stop`. Throws when the address cannot be bound.
  package func run() async throws {
    defer { bound.set(nil) }
    try await group.run()
  }

  /// The port it really listens on, once it does; nil when it could not.
  package func port() async -> Int? {
    await bound.get()
  }

  /// Takes no new requests, lets the running ones end.
  package func stop() async {
    await group.triggerGracefulShutdown()
  }
}

/// A value that is set once, and waited for.
private final class BoundPort: Sendable {
  /// The value, and who waits for it.
  private struct State {
    var isSet = false
    var port: Int?
    var waiting: [CheckedContinuation<Int?, Never>] = []
  }

  private let state = Mutex(State())

  func set(_ port: Int?) {
    let waiting = state.withLock { state in
      if !state.isSet {
        state.isSet = true
        state.port = port
      }
      defer { state.waiting = [] }
      return state.waiting
    }
    for continuation in waiting { continuation.resume(returning: port) }
  }

  func get() async -> Int? {
    await withCheckedContinuation { continuation in
      let now: Int?? = state.withLock { state in
        if state.isSet { return .some(state.port) }
        state.waiting.append(continuation)
        return nil
      }
      if let now { continuation.resume(returning: now) }
    }
  }
}
