import NIOCore

/// Stands first in a new connection until its first bytes tell whether it asks for a tail; then it
/// has the rest of the pipeline made, hands on what it held, and goes. A connection that sends
/// nothing for a minute, or when the server stops, is closed.
///
/// All of it happens on the connection's event loop.
final class FirstBytesHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  private static let sought = Array("GET \(TailQuestion.path)".utf8)
  private static let patience = TimeAmount.seconds(60)

  /// Makes the pipeline: for a tail when told true.
  private let decide: (_ isTail: Bool) -> Void
  /// Told when the connection ended before it could decide.
  private let abandon: () -> Void
  private var held: ByteBuffer?
  private var isDecided = false
  private var timeout: Scheduled<Void>?

  init(decide: @escaping (_ isTail: Bool) -> Void, abandon: @escaping () -> Void) {
    self.decide = decide
    self.abandon = abandon
  }

  func handlerAdded(context: ChannelHandlerContext) {
    let channel = context.channel
    timeout = context.eventLoop.scheduleTask(in: Self.patience) {
      channel.close(promise: nil)
    }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    timeout?.cancel()
    timeout = nil
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var bytes = unwrapInboundIn(data)
    guard !isDecided else {
      context.fireChannelRead(data)
      return
    }
    if var before = held {
      before.writeBuffer(&bytes)
      bytes = before
    }
    guard let isTail = Self.asksForTail(bytes) else {
      held = bytes
      return
    }
    held = nil
    isDecided = true
    decide(isTail)
    context.fireChannelRead(wrapInboundOut(bytes))
    context.fireChannelReadComplete()
    context.pipeline.syncOperations.removeHandler(self, promise: nil)
  }

  /// Nil while the bytes may become either.
  private static func asksForTail(_ bytes: ByteBuffer) -> Bool? {
    for (byte, expected) in zip(bytes.readableBytesView, sought) where byte != expected {
      return false
    }
    guard let next = bytes.readableBytesView.dropFirst(sought.count).first else { return nil }
    return next == UInt8(ascii: "?") || next == UInt8(ascii: " ")
  }

  func channelInactive(context: ChannelHandlerContext) {
    if !isDecided {
      isDecided = true
      abandon()
    }
    context.fireChannelInactive()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if !isDecided, event is ChannelShouldQuiesceEvent {
      context.close(promise: nil)
      return
    }
    // The sender's side was closed before it asked anything.
    if !isDecided, case .some(ChannelEvent.inputClosed) = event as? ChannelEvent {
      context.close(promise: nil)
      return
    }
    context.fireUserInboundEventTriggered(event)
  }
}
