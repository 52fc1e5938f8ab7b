import Hummingbird
import NIOCore
import Querying
import Synchronization

/// Whether a connection's client is still there. When it closes its side, what runs for it is
/// cancelled.
final class ClientPresence: Sendable {
  /// What the lock guards.
  private struct State {
    var isGone = false
    var running: Cancellation?
  }

  private let state = Mutex(State())

  /// Cancels what runs now when the client leaves. HTTP/1.1 answers one request after the other, so
  /// there is one at a time.
  func watch(_ running: Cancellation) {
    let isGone = state.withLock { state in
      state.running = running
      return state.isGone
    }
    if isGone { running.cancel() }
  }

  func leave() {
    let running = state.withLock { state in
      state.isGone = true
      return state.running
    }
    running?.cancel()
  }
}

/// Stands in a connection and sees when its client leaves. All of it happens on the connection's
/// event loop.
final class ClientWatch: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  let presence = ClientPresence()

  func channelInactive(context: ChannelHandlerContext) {
    presence.leave()
    context.fireChannelInactive()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .some(ChannelEvent.inputClosed) = event as? ChannelEvent { presence.leave() }
    context.fireUserInboundEventTriggered(event)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    presence.leave()
    context.fireErrorCaught(error)
  }

  /// The presence of a connection's client; nil for a connection without a watch.
  static func presence(of channel: any Channel) async -> ClientPresence? {
    try? await channel.eventLoop.submit {
      try channel.pipeline.syncOperations.handler(type: ClientWatch.self).presence
    }.get()
  }
}

/// What Hummingbird hands on with a request: also its connection.
struct ConnectionContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  let channel: any Channel

  init(source: ApplicationRequestContextSource) {
    coreContext = CoreRequestContextStorage(source: source)
    channel = source.channel
  }
}
