import Bytes
import Foundation
import Notifying
import Storing

/// Takes one receiver's notifications from the outbox until it has them, on a thread of its own:
/// a receiver that is slow or away delays nobody else.
final class Delivery: Sendable {
  private static let pauseSeconds = 1.0
  private static let atOnce = 20

  private let webhook: WebhookDelivery
  private let state: StateDatabase
  private let thread = PausedThread()

  init(_ receiver: WebhookReceiver, _ state: StateDatabase, _ caller: HTTPCaller) {
    self.state = state
    webhook = WebhookDelivery(receiver: receiver) { request in
      let seconds = max(1, request.timeout / 1_000_000_000)
      let answer = try await caller.call(
        "POST", request.url, headers: request.headers.map { ($0.name, $0.value) },
        body: request.body, timeoutSeconds: seconds)
      return answer.status
    }
  }

  func start() {
    thread.start(name: "notify", every: Self.pauseSeconds) { [self] in deliver() }
  }

  func stop() {
    thread.stop()
  }

  /// Looks at the outbox without waiting for the next pause to end.
  func wake() {
    thread.wake()
  }

  private func deliver() {
    let now = WallClock.now()
    guard
      let due = try? state.dueOutbox(of: webhook.receiver.name, now: now, limit: Self.atOnce)
    else { return }
    for entry in due {
      let outcome = attempt(entry, now)
      do {
        switch outcome {
        case .delivered: try state.delivered(outbox: entry.id)
        case .postponed(let tried): try state.failed(outbox: kept(entry, tried), isGivenUp: false)
        case .abandoned(let tried):
          try state.failed(outbox: kept(entry, tried), isGivenUp: true)
          Console.report(["webhook \(webhook.receiver.name): given up: \(tried.lastFailure)"])
        }
      } catch {
        Console.report(["outbox: \(error)"])
      }
    }
  }

  /// One attempt; the thread waits for it, the client's own threads do the work.
  private func attempt(_ entry: Storing.OutboxEntry, _ now: Int64) -> WebhookDelivery.Outcome {
    let message = Notifying.OutboxEntry(
      key: entry.key, receiver: entry.receiver, body: entry.body, createdAt: entry.createdAt,
      attempts: entry.attempts, nextAttemptAt: entry.nextAttemptAt,
      lastFailure: entry.lastFailure)
    let done = DispatchSemaphore(value: 0)
    let box = OutcomeBox(.postponed(message))
    Task { [webhook] in
      box.outcome = await webhook.attempt(message, now: now, jitter: Double.random(in: 0...1))
      done.signal()
    }
    done.wait()
    return box.outcome
  }

  private func kept(
    _ entry: Storing.OutboxEntry, _ tried: Notifying.OutboxEntry
  ) -> Storing.OutboxEntry {
    var kept = entry
    kept.attempts = tried.attempts
    kept.nextAttemptAt = tried.nextAttemptAt
    kept.lastFailure = tried.lastFailure
    return kept
  }

  // Written before the semaphore is signalled, read after it was waited for.
  /// Carries an outcome from a task to the thread that waits for it.
  private final class OutcomeBox: @unchecked Sendable {
    var outcome: WebhookDelivery.Outcome
    init(_ outcome: WebhookDelivery.Outcome) { self.outcome = outcome }
  }
}
