import Bytes
import Notifying
import Testing

/// The retry table, and what each answer of a receiver leads to.
@Suite struct DeliveryTests {
  private struct Unreachable: Error {}

  @Test func delaysDoubleUpToFiveMinutes() {
    let policy = RetryPolicy()
    let seconds = (1...12).map { policy.delay(afterAttempts: $0) / Instant.second }
    #expect(seconds == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300])
    #expect(policy.delay(afterAttempts: .max) == 300 * Instant.second)
    #expect(policy.delay(afterAttempts: .min) == Instant.second)
  }

  @Test(arguments: [(0.0, 500), (0.5, 750), (1.0, 1_000), (7.0, 1_000), (.nan, 1_000)])
  func jitterShortensByAtMostHalf(jitter: Double, milliseconds: Int) {
    let decision = RetryPolicy().nextAttempt(attempts: 1, createdAt: 0, now: 0, jitter: jitter)
    #expect(decision == .retry(at: Int64(milliseconds) * Instant.millisecond))
  }

  @Test func givesUpAfterADay() {
    let policy = RetryPolicy()
    let day = 24 * 3_600 * Instant.second
    var now: Int64 = 1_000
    var attempts = 0
    while attempts < 10_000 {
      attempts += 1
      let decision = policy.nextAttempt(
        attempts: attempts, createdAt: 1_000, now: now, jitter: 1)
      guard case .retry(let next) = decision else { break }
      now = next
    }
    #expect(now - 1_000 > day - 301 * Instant.second && now - 1_000 <= day)
    #expect(
      policy.nextAttempt(attempts: 1, createdAt: .min, now: .max, jitter: 1) == .deadLetter)
  }

  @Test(arguments: [
    (200, "delivered"), (204, "delivered"), (301, "abandoned"), (400, "abandoned"),
    (404, "abandoned"), (408, "postponed"), (429, "postponed"), (500, "postponed"),
    (503, "postponed"), (-1, "postponed"),
  ])
  func answersDecide(status: Int, expected: String) async {
    let delivery = WebhookDelivery(receiver: WebhookReceiver(name: "ops", url: "http://h/")) { _ in
      if status < 0 { throw Unreachable() }
      return status
    }
    let entry = OutboxEntry(key: "k1", receiver: "ops", body: [1], createdAt: 0)
    switch await delivery.attempt(entry, now: 0, jitter: 1) {
    case .delivered: #expect(expected == "delivered")
    case .postponed(let tried):
      #expect(expected == "postponed")
      #expect(tried.attempts == 1 && tried.nextAttemptAt == Instant.second)
      #expect(!tried.lastFailure.isEmpty)
    case .abandoned(let tried):
      #expect(expected == "abandoned")
      #expect(tried.lastFailure == "HTTP status \(status)")
    }
  }

  @Test func everyAttemptCarriesTheSameKey() {
    let delivery = WebhookDelivery(receiver: WebhookReceiver(name: "ops", url: "http://h/")) { _ in
      200
    }
    var entry = OutboxEntry(key: "k1", receiver: "ops", body: [1], createdAt: 0)
    let first = delivery.request(for: entry)
    entry.attempts = 5
    #expect(delivery.request(for: entry) == first)
    #expect(first.headers.contains { $0.name == "Idempotency-Key" && $0.value == "k1" })
  }
}
