import Bytes
import Model

/// The idempotency keys of the last day, a million at most.
struct KeyMemory: Sendable {
  /// At ten requests a second a day has fewer; beyond it the oldest are forgotten early.
  private static let most = 1_000_000

  private var times: [ByteString: Int64] = [:]
  private var order: [(key: ByteString, time: Int64)] = []
  private var first = 0

  func holds(_ key: ByteString) -> Bool { times[key] != nil }

  /// Keys must come in order of time.
  mutating func remember(_ key: ByteString, at time: Int64) {
    times[key] = time
    order.append((key, time))
    if order.count - first > Self.most { forgetFirst() }
  }

  /// Drops keys older than a day at `now`.
  mutating func forget(before now: Int64) {
    let oldest = now.adding(-Limits.idempotencyNanoseconds) ?? .min
    while first < order.count, order[first].time < oldest { forgetFirst() }
  }

  private mutating func forgetFirst() {
    if times[order[first].key] == order[first].time { times[order[first].key] = nil }
    first += 1
    if first > 1_024, first * 2 > order.count {
      order.removeFirst(first)
      first = 0
    }
  }
}
