import Bytes

/// Where notices are sent by HTTP POST. `timeout` is in nanoseconds.
package struct WebhookReceiver: Sendable, Equatable {
  package let name: String
  package let url: String
  package let timeout: Int64
  /// Whether it wants to hear that an alert is over.
  package let sendResolved: Bool

  package init(
    name: String, url: String, timeout: Int64 = 10_000_000_000, sendResolved: Bool = true
  ) {
    self.name = name
    self.url = url
    self.timeout = timeout
    self.sendResolved = sendResolved
  }

  /// The groups of `notices` this receiver is told of, each with the body to send.
  package func bodies(for notices: [Notice], externalURL: String) -> [[UInt8]] {
    let wanted = sendResolved ? notices : notices.filter(\.isFiring)
    return NoticeGroup.groups(of: wanted).map {
      WebhookPayload(group: $0, receiver: name, externalURL: externalURL).body()
    }
  }
}

/// A message that waits in the outbox until its receiver took it. Times are nanoseconds since 1970.
package struct OutboxEntry: Sendable, Equatable {
  /// The same for every attempt, so that a receiver can tell a repeat from news.
  package let key: String
  package let receiver: String
  package let body: [UInt8]
  package let createdAt: Int64
  /// Attempts made so far.
  package var attempts: Int
  package var nextAttemptAt: Int64
  /// Why the last attempt failed; empty before one did.
  package var lastFailure: String

  package init(
    key: String, receiver: String, body: [UInt8], createdAt: Int64, attempts: Int = 0,
    nextAttemptAt: Int64? = nil, lastFailure: String = ""
  ) {
    self.key = key
    self.receiver = receiver
    self.body = body
    self.createdAt = createdAt
    self.attempts = attempts
    self.nextAttemptAt = nextAttemptAt ?? createdAt
    self.lastFailure = lastFailure
  }
}

/// One HTTP POST, for whoever has a client.
package struct WebhookRequest: Sendable, Equatable {
  package let url: String
  package let headers: [(name: String, value: String)]
  package let body: [UInt8]
  /// Nanoseconds.
  package let timeout: Int64

  package static func == (left: WebhookRequest, right: WebhookRequest) -> Bool {
    left.url == right.url && left.body == right.body && left.timeout == right.timeout
      && left.headers.elementsEqual(right.headers, by: ==)
  }
}

/// Delivers outbox entries to one receiver over a client that is handed in.
package struct WebhookDelivery: Sendable {
  /// How one attempt ended.
  package enum Outcome: Sendable, Equatable {
    case delivered
    /// To be tried again at the entry's `nextAttemptAt`.
    case postponed(OutboxEntry)
    /// Refused by the receiver or out of patience: kept as a dead letter with its `lastFailure`.
    case abandoned(OutboxEntry)
  }

  /// Performs a request and returns the answer's status; throws when there was no answer.
  package typealias Client = @Sendable (WebhookRequest) async throws -> Int

  package let receiver: WebhookReceiver
  package let policy: RetryPolicy
  private let client: Client

  package init(
    receiver: WebhookReceiver, policy: RetryPolicy = RetryPolicy(), client: @escaping Client
  ) {
    self.receiver = receiver
    self.policy = policy
    self.client = client
  }

  /// Tries once. 2xx is delivered; 408, 429, 5xx and no answer are tried again; every other status
  /// is the receiver's last word. `jitter` is a random number of 0...1.
  package func attempt(_ entry: OutboxEntry, now: Int64, jitter: Double) async -> Outcome {
    var tried = entry
    tried.attempts += 1
    do {
      let status = try await client(request(for: entry))
      if (200..<300).contains(status) { return .delivered }
      tried.lastFailure = "HTTP status \(status)"
      guard Self.isTransient(status) else { return .abandoned(tried) }
    } catch {
      tried.lastFailure = String("\(error)".prefix(256))
    }
    switch policy.nextAttempt(
      attempts: tried.attempts, createdAt: entry.createdAt, now: now, jitter: jitter)
    {
    case .retry(let instant):
      tried.nextAttemptAt = instant
      return .postponed(tried)
    case .deadLetter:
      return .abandoned(tried)
    }
  }

  /// The call that carries an entry.
  package func request(for entry: OutboxEntry) -> WebhookRequest {
    WebhookRequest(
      url: receiver.url,
      headers: [
        ("Content-Type", "application/json"), ("User-Agent", "plimsoll"),
        ("Idempotency-Key", entry.key),
      ],
      body: entry.body, timeout: receiver.timeout)
  }

  /// Whether the same request may well succeed later.
  package static func isTransient(_ status: Int) -> Bool {
    status == 408 || status == 429 || status >= 500
  }
}
