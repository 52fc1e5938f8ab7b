import Bytes
import Model

/// What the committer's thread does with a group of batches: frames, one write, one sync.
struct CommitWork: Sendable {
  private var writer: SegmentWriter
  private var nextSequence: UInt64
  private var keys: KeyMemory
  private let now: @Sendable () -> Int64
  /// Called after the sync and before the acknowledgement.
  private let show: @Sendable ([Committed]) -> Void
  /// A segment that is no longer written to, and its bytes.
  private let closed: @Sendable (Int, Int) -> Void

  init(
    writer: SegmentWriter, nextSequence: UInt64, keys: KeyMemory,
    now: @escaping @Sendable () -> Int64,
    show: @escaping @Sendable ([Committed]) -> Void,
    closed: @escaping @Sendable (Int, Int) -> Void
  ) {
    self.writer = writer
    self.nextSequence = nextSequence
    self.keys = keys
    self.now = now
    self.show = show
    self.closed = closed
  }

  var syncs: Int { writer.syncs }

  /// Makes the group durable and completes each of its batches.
  mutating func commit(_ pending: [Pending]) -> Result<Void, StoreFault> {
    let instant = now()
    keys.forget(before: instant)
    var fresh: [Pending] = []
    var repeats: [Pending] = []
    var inGroup: Set<ByteString> = []
    for one in pending {
      if !one.key.isEmpty, keys.holds(one.key) || !inGroup.insert(one.key).inserted {
        repeats.append(one)
      } else {
        fresh.append(one)
      }
    }
    let outcome = write(fresh, instant)
    for one in fresh {
      one.completion(outcome.map { Receipt(wasDuplicate: false, rows: one.batch.rowCount) })
    }
    for one in repeats {
      // One of the same group stands for its twin's fate; one committed before stands for itself.
      let fate: Result<Void, StoreFault> = keys.holds(one.key) ? .success(()) : outcome
      one.completion(fate.map { Receipt(wasDuplicate: true, rows: 0) })
    }
    return outcome
  }

  private mutating func write(_ fresh: [Pending], _ instant: Int64) -> Result<Void, StoreFault> {
    guard !fresh.isEmpty else { return .success(()) }
    var group: [UInt8] = []
    var parts: [(sequence: UInt64, frame: [UInt8], offset: Int)] = []
    for one in fresh {
      let frame = Frame.write(
        one.batch, sequence: nextSequence, committedAt: instant, key: one.key)
      parts.append((nextSequence, frame, group.count))
      group += frame
      nextSequence += 1
    }
    group += GroupTrailer.write(frameCount: parts.count, group: group)
    let start: Int
    do {
      start = try append(group)
    } catch {
      return .failure(error)
    }
    for one in fresh where !one.key.isEmpty { keys.remember(one.key, at: instant) }
    show(
      zip(fresh, parts).map { one, part in
        Committed(
          batch: one.batch, frame: part.frame, sequence: part.sequence, segment: writer.number,
          offset: start + part.offset)
      })
    return .success(())
  }

  /// Appends to the current segment. When that fails the segment is left alone for ever (what its
  /// pages hold after a failed sync nobody knows) and the group goes to a new one; a restart that
  /// finds it in both keeps one, by its sequence numbers.
  private mutating func append(_ group: [UInt8]) throws(StoreFault) -> Int {
    do {
      if writer.isFull(for: group.count) {
        let number = writer.number
        let size = writer.size
        try writer.rotate()
        closed(number, size)
      }
      return try writer.append(group)
    } catch let first {
      let number = writer.number
      let size = writer.size
      do {
        try writer.rotate()
        closed(number, size)
        return try writer.append(group)
      } catch {
        if error.isFull || first.isFull { throw .full }
        throw .readOnly("\(first)")
      }
    }
  }
}

/// The idempotency keys of the last day.
struct KeyMemory: Sendable {
  private var times: [ByteString: Int64] = [:]
  private var order: [(key: ByteString, time: Int64)] = []
  private var first = 0

  func holds(_ key: ByteString) -> Bool { times[key] != nil }

  /// Keys must come in order of time.
  mutating func remember(_ key: ByteString, at time: Int64) {
    times[key] = time
    order.append((key, time))
  }

  /// Drops keys older than a day at `now`.
  mutating func forget(before now: Int64) {
    let oldest = now.adding(-Limits.idempotencyNanoseconds) ?? .min
    while first < order.count, order[first].time < oldest {
      if times[order[first].key] == order[first].time { times[order[first].key] = nil }
      first += 1
    }
    if first > 1_024, first * 2 > order.count {
      order.removeFirst(first)
      first = 0
    }
  }
}
