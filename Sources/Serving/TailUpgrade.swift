import NIOCore
import NIOHTTP1
import NIOWebSocket
import Querying
import Synchronization

/// Makes a connection that asks for a tail a websocket (RFC 6455), or answers why it cannot be one.
enum TailUpgrade {
  /// What became of the connection.
  enum Outcome: Sendable {
    case websocket(NIOAsyncChannel<WebSocketFrame, WebSocketFrame>, TailQuestion)
    /// It was answered, and is closed.
    case refused
  }

  /// What readers send is short: closes, pings, pongs.
  private static let frameBytes = 1 << 12

  /// Adds the handlers to a connection none of whose bytes were read; on its event loop.
  static func add(
    to channel: any Channel, limits: NIOHTTPDecoderLimitConfiguration,
    now: @escaping @Sendable () -> Int64
  ) throws -> EventLoopFuture<Outcome> {
    let found = Found()
    let upgrader = NIOTypedWebSocketServerUpgrader<Outcome>(
      maxFrameSize: frameBytes,
      shouldUpgrade: { channel, head in
        let isTaken = found.read(head, now: now())
        return channel.eventLoop.makeSucceededFuture(isTaken ? HTTPHeaders() : nil)
      },
      upgradePipelineHandler: { channel, _ in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(QuiesceHandler())
          let frames = try NIOAsyncChannel<WebSocketFrame, WebSocketFrame>(
            wrappingChannelSynchronously: channel)
          guard let question = found.question else { return .refused }
          return .websocket(frames, question)
        }
      })
    let upgrade = NIOTypedHTTPServerUpgradeConfiguration<Outcome>(
      upgraders: [upgrader],
      notUpgradingCompletionHandler: { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(RefusalHandler(found.refusal))
          return .refused
        }
      })
    var configuration = NIOUpgradableHTTPServerPipelineConfiguration(upgradeConfiguration: upgrade)
    configuration.decoderConfiguration = limits
    return try channel.pipeline.syncOperations.configureUpgradableHTTPServerPipeline(
      configuration: configuration)
  }
}

/// What the request of one connection was found to be.
private final class Found: Sendable {
  /// A question, or why there is none.
  private struct State {
    var question: TailQuestion?
    var refusal = HTTPAnswer.text(
      "Bad Request: \(TailQuestion.path) is a websocket, ask for it with Upgrade: websocket",
      status: 400)
  }

  private let state = Mutex(State())

  var question: TailQuestion? { state.withLock { $0.question } }
  var refusal: HTTPAnswer { state.withLock { $0.refusal } }

  /// Reads the request; says whether it can be tailed.
  func read(_ head: HTTPRequestHead, now: Int64) -> Bool {
    state.withLock { state in
      guard !TailQuestion.isForeign(head) else {
        state.refusal = .text("a page of another site may not tail", status: 403)
        return false
      }
      do throws(QueryFault) {
        state.question = try TailQuestion(head, now: now)
        return true
      } catch {
        state.refusal = .text(error.message, status: LokiAnswer.status(of: error))
        return false
      }
    }
  }
}

/// Answers the one request of a connection, and closes it.
private final class RefusalHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let answer: HTTPAnswer

  init(_ answer: HTTPAnswer) {
    self.answer = answer
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard case .end = unwrapInboundIn(data) else { return }
    var head = HTTPResponseHead(
      version: .http1_1, status: HTTPResponseStatus(statusCode: answer.status))
    head.headers.add(name: "Content-Type", value: answer.contentType)
    head.headers.add(name: "Content-Length", value: String(answer.body.count))
    head.headers.add(name: "Connection", value: "close")
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.write(
      wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: answer.body)))), promise: nil)
    let channel = context.channel
    context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in
      channel.close(promise: nil)
    }
  }
}

/// Ends a websocket when the server stops, with the status «going away».
private final class QuiesceHandler: ChannelInboundHandler {
  typealias InboundIn = WebSocketFrame
  typealias OutboundOut = WebSocketFrame

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard event is ChannelShouldQuiesceEvent else {
      context.fireUserInboundEventTriggered(event)
      return
    }
    var code = ByteBuffer()
    code.write(webSocketErrorCode: .goingAway)
    let channel = context.channel
    context.writeAndFlush(
      wrapOutboundOut(WebSocketFrame(fin: true, opcode: .connectionClose, data: code))
    ).whenComplete { _ in channel.close(promise: nil) }
  }
}
