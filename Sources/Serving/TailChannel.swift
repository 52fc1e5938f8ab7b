import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOWebSocket

/// A connection of the server: HTTP/1.1, or a websocket when its first request asks for a tail.
/// What is no tail is Hummingbird's, as if nothing stood before it.
struct TailChannel: ServerChildChannel {
  /// A new connection, and what it turns out to be.
  struct Value: ServerChildChannelValue {
    let channel: any Channel
    let kind: EventLoopFuture<Kind>
  }

  /// What a connection is.
  enum Kind: Sendable {
    case http(HTTP1Channel.Value)
    case tail(TailUpgrade.Outcome)
  }

  /// Bytes that one read of the socket may bring; it grows while reads are filled. A body of
  /// megabytes that came in few pieces crosses from thread to thread as often as that.
  private static let leastRead = 2_048
  private static let mostRead = 262_144

  let http: HTTP1Channel
  let limits: HTTP1Channel.Configuration.DecoderConfiguration
  let session: TailSession

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    channel.eventLoop.makeCompletedFuture {
      try channel.syncOptions?.setOption(
        .recvAllocator,
        value: AdaptiveRecvByteBufferAllocator(
          minimum: Self.leastRead, initial: Self.leastRead, maximum: Self.mostRead))
      let promise = channel.eventLoop.makePromise(of: Kind.self)
      let handler = FirstBytesHandler(
        decide: { isTail in
          if isTail {
            addTail(to: channel).map { .tail($0) }.cascade(to: promise)
          } else {
            addHTTP(to: channel, logger).map { .http($0) }.cascade(to: promise)
          }
        },
        abandon: { promise.fail(ChannelError.eof) })
      try channel.pipeline.syncOperations.addHandler(handler)
      return Value(channel: channel, kind: promise.futureResult)
    }
  }

  private func addHTTP(
    to channel: any Channel, _ logger: Logger
  ) -> EventLoopFuture<HTTP1Channel.Value> {
    do {
      try channel.pipeline.syncOperations.addHandler(ClientWatch())
    } catch {
      return channel.eventLoop.makeFailedFuture(error)
    }
    return http.setup(channel: channel, logger: logger)
  }

  private func addTail(to channel: any Channel) -> EventLoopFuture<TailUpgrade.Outcome> {
    var decoder = NIOHTTPDecoderLimitConfiguration()
    decoder.maxHeaderFieldSize = limits.maxHeaderFieldSize
    decoder.maxHeaderListSize = limits.maxHeaderListSize
    decoder.maxHeaderFieldCount = limits.maxHeaderFieldCount
    do {
      return try TailUpgrade.add(to: channel, limits: decoder, now: session.now)
    } catch {
      return channel.eventLoop.makeFailedFuture(error)
    }
  }

  func handle(value: Value, logger: Logger) async {
    guard let kind = try? await value.kind.get() else {
      value.channel.close(promise: nil)
      return
    }
    switch kind {
    case .http(let channel): await http.handle(value: channel, logger: logger)
    case .tail(.websocket(let channel, let question)): await session.run(channel, question)
    case .tail(.refused): try? await value.channel.closeFuture.get()
    }
  }
}
