import Bytes
import Model

/// What the committer's thread does with a group of batches: frames, one write, one sync.
struct CommitWork: Sendable {
  private var writer: SegmentWriter
  private var nextSequence: UInt64
  private var keys: KeyMemory
  private let clock: @Sendable () -> Int64
  /// Called after the sync and before the acknowledgement.
  private let show: @Sendable ([Committed]) -> Void
  /// A segment that is no longer written to.
  private let finished: @Sendable (Int) -> Void

  init(
    writer: SegmentWriter, nextSequence: UInt64, keys: KeyMemory,
    clock: @escaping @Sendable () -> Int64,
    show: @escaping @Sendable ([Committed]) -> Void,
    finished: @escaping @Sendable (Int) -> Void
  ) {
    self.writer = writer
    self.nextSequence = nextSequence
    self.keys = keys
    self.clock = clock
    self.show = show
    self.finished = finished
  }

  var syncs: Int { writer.syncs }

  /// Makes the group durable and completes each of its batches. At most `GroupPlace.mostFrames`.
  mutating func commit(_ pending: [Pending]) -> Result<Void, StoreFault> {
    let instant = clock()
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
      // One of the same group shares its twin's fate; one committed before stands by itself.
      let fate: Result<Void, StoreFault> = keys.holds(one.key) ? .success(()) : outcome
      one.completion(fate.map { Receipt(wasDuplicate: true, rows: 0) })
    }
    return outcome
  }

  private mutating func write(_ fresh: [Pending], _ instant: Int64) -> Result<Void, StoreFault> {
    guard !fresh.isEmpty else { return .success(()) }
    var group: [UInt8] = []
    var offsets: [Int] = []
    for (index, one) in fresh.enumerated() {
      offsets.append(group.count)
      group += Frame.write(
        one.batch, sequence: nextSequence, committedAt: instant, key: one.key,
        place: GroupPlace(index: index, count: fresh.count))
      nextSequence += 1
    }
    group += GroupTrailer.write(frameCount: fresh.count, group: group)
    let before = writer.number
    let written = Result { () throws(StoreFault) in try writer.append(group) }
    for number in before..<writer.number { finished(number) }
    switch written {
    case .failure(let fault): return .failure(fault)
    case .success(let place):
      for one in fresh where !one.key.isEmpty { keys.remember(one.key, at: instant) }
      show(
        zip(fresh, offsets).compactMap { one, offset in
          Frame(group.span, at: offset).map {
            Committed(
              batch: one.batch, frame: $0, segment: place.segment, offset: place.offset + offset)
          }
        })
      return .success(())
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
