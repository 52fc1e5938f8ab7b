import Bytes
import Model
import NIOCore
import NIOWebSocket
import Querying
import Synchronization

/// Serves tails: reads what is new twice a second and sends it as frames of text. What a connection
/// may hold is one turn of lines; the socket's own buffers do the rest, and a reader that is half a
/// minute behind is told what it missed.
package final class TailSession: Sendable {
  /// Websockets at once; each costs a query twice a second.
  private static let most = 64
  private static let pause = Duration.milliseconds(500)
  private static let pingEvery = Duration.seconds(10)
  /// Without a word from the reader for so long the connection is closed.
  private static let silence = Duration.seconds(60)
  /// As Loki's: a tail is closed after an hour.
  private static let longest = Duration.seconds(3_600)
  private static let farewell = TimeAmount.seconds(5)
  private static let queryNanoseconds: Int64 = 10 * Instant.second

  private let doors: Doors
  private let workers: Workers
  private let open = Mutex(0)

  /// Tails what the doors lead to; the queries run on the workers.
  package init(_ doors: Doors, _ workers: Workers) {
    self.doors = doors
    self.workers = workers
  }

  var now: @Sendable () -> Int64 { doors.now }

  /// When the reader was last heard of.
  private final class Heard: Sendable {
    private let last = Mutex(ContinuousClock.now)

    func note() { last.withLock { $0 = .now } }
    var isSilent: Bool { last.withLock { $0.duration(to: .now) > TailSession.silence } }
  }

  /// Runs one websocket to its end.
  func run(
    _ channel: NIOAsyncChannel<WebSocketFrame, WebSocketFrame>, _ question: TailQuestion
  ) async {
    let isTaken = open.withLock { open in
      guard open < Self.most else { return false }
      open += 1
      return true
    }
    defer { if isTaken { open.withLock { $0 -= 1 } } }
    try? await channel.executeThenClose { inbound, outbound in
      let heard = Heard()
      guard isTaken else {
        try await Self.close(channel.channel, outbound, .policyViolation)
        return
      }
      let code = await withTaskGroup(of: WebSocketErrorCode.self) { group in
        group.addTask { await Self.listen(inbound, outbound, heard) }
        group.addTask { await self.tell(question, outbound) }
        group.addTask { await Self.watch(heard) }
        let first = await group.next() ?? .normalClosure
        group.cancelAll()
        return first
      }
      try await Self.close(channel.channel, outbound, code)
    }
  }

  /// Says why it ends. A reader that takes nothing does not hold the connection open.
  private static func close(
    _ channel: any Channel, _ outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>,
    _ code: WebSocketErrorCode
  ) async throws {
    channel.eventLoop.scheduleTask(in: farewell) { channel.close(promise: nil) }
    var bytes = ByteBuffer()
    bytes.write(webSocketErrorCode: code)
    try await outbound.write(WebSocketFrame(fin: true, opcode: .connectionClose, data: bytes))
    outbound.finish()
  }

  /// Ends when the reader closes.
  private static func listen(
    _ inbound: NIOAsyncChannelInboundStream<WebSocketFrame>,
    _ outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>, _ heard: Heard
  ) async -> WebSocketErrorCode {
    do {
      for try await frame in inbound {
        heard.note()
        switch frame.opcode {
        case .connectionClose: return .normalClosure
        case .ping:
          try await outbound.write(
            WebSocketFrame(fin: true, opcode: .pong, data: frame.unmaskedData))
        default: break
        }
      }
    } catch {
      return .goingAway
    }
    return .goingAway
  }

  /// Ends when nothing was heard for too long, or the tail is an hour old.
  private static func watch(_ heard: Heard) async -> WebSocketErrorCode {
    let end = ContinuousClock.now + longest
    while ContinuousClock.now < end, !heard.isSilent {
      guard (try? await Task.sleep(for: .seconds(1))) != nil else { return .normalClosure }
    }
    return .goingAway
  }

  /// Ends when a query fails, or the reader is gone.
  private func tell(
    _ question: TailQuestion, _ outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>
  ) async -> WebSocketErrorCode {
    var tail = question.tail
    var pinged = ContinuousClock.now
    do {
      while !Task.isCancelled {
        var isBehind = false
        if let (next, turn) = try await turn(of: tail) {
          tail = next
          isBehind = turn.isBehind
          if !turn.isEmpty {
            let text = ByteBuffer(bytes: LokiAnswer.tail(turn))
            try await outbound.write(WebSocketFrame(fin: true, opcode: .text, data: text))
          }
        }
        if pinged.duration(to: .now) >= Self.pingEvery {
          pinged = .now
          try await outbound.write(WebSocketFrame(fin: true, opcode: .ping, data: ByteBuffer()))
        }
        if !isBehind { try await Task.sleep(for: Self.pause) }
      }
    } catch is CancellationError {
      return .normalClosure
    } catch {
      return .unexpectedServerError
    }
    return .normalClosure
  }

  /// One turn; nil when too much other work waits, which the next turn makes up for.
  private func turn(of tail: LogTail) async throws -> (LogTail, LogTail.Turn)? {
    let doors = doors
    do {
      return try await workers.run {
        var next = tail
        let turn = try next.turn(
          from: doors.source, now: doors.now(),
          budget: Budget(deadline: .after(nanoseconds: Self.queryNanoseconds)))
        return (next, turn)
      }
    } catch is Overload {
      return nil
    }
  }
}
