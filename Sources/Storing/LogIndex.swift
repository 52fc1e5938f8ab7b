import Bytes
import Model
import Synchronization

/// Where a frame with records lies, and what it can hold.
struct LogEntry: Sendable {
  let sequence: UInt64
  let segment: Int
  let offset: Int
  let size: Int
  let times: ClosedRange<Int64>
  var tenants: [ByteString]

  /// Nil for a frame without records.
  init?(_ frame: Frame, segment: Int, offset: Int) {
    guard let times = frame.recordTimes else { return nil }
    sequence = frame.sequence
    self.segment = segment
    self.offset = offset
    size = frame.size
    self.times = times
    tenants = frame.tenants
  }
}

/// The frames that hold records, and the batches of the recent and the recently read ones.
final class LogIndex: Sendable {
  /// A batch in memory, what it takes there, and when it was last used.
  private struct Cached {
    let batch: Batch
    let cost: Int
    var usedAt: UInt64
  }

  /// What the lock guards.
  private struct State {
    var entries: [LogEntry] = []
    var cache: [UInt64: Cached] = [:]
    var cachedBytes = 0
    var uses: UInt64 = 0
    var removed: Set<Int> = []
  }

  /// What a small batch takes beside its rows.
  private static let fixedCost = 1_024

  private let state = Mutex(State())
  private let cacheLimit: Int

  /// Keeps batches of about `cacheLimit` bytes in memory.
  init(cacheLimit: Int) {
    self.cacheLimit = cacheLimit
  }

  /// Adds a frame in order of commit, and keeps its batch when it is given.
  func insert(_ entry: LogEntry, batch: Batch?) {
    state.withLock { state in
      var entry = entry
      // Neighbours mostly hold the same tenants: one array serves them all.
      if let last = state.entries.last, last.tenants == entry.tenants {
        entry.tenants = last.tenants
      }
      state.entries.append(entry)
      if let batch { Self.keep(batch, entry.sequence, &state, limit: cacheLimit) }
    }
  }

  /// Keeps a batch that was read back, unless its segment has gone meanwhile.
  func keep(_ batch: Batch, of entry: LogEntry) {
    state.withLock { state in
      guard !state.removed.contains(entry.segment) else { return }
      Self.keep(batch, entry.sequence, &state, limit: cacheLimit)
    }
  }

  /// Whether the entry's segment was dropped after the entry was found.
  func isRemoved(_ entry: LogEntry) -> Bool {
    state.withLock { $0.removed.contains(entry.segment) }
  }

  private static func keep(
    _ batch: Batch, _ sequence: UInt64, _ state: inout State, limit: Int
  ) {
    let cost =
      fixedCost + batch.arena.count + batch.records.count * MemoryLayout<Record>.stride
      + batch.fields.count * MemoryLayout<Field>.stride
      + batch.samples.count * MemoryLayout<Sample>.stride
    state.uses += 1
    guard state.cache[sequence] == nil, cost <= limit else { return }
    state.cache[sequence] = Cached(batch: batch, cost: cost, usedAt: state.uses)
    state.cachedBytes += cost
    guard state.cachedBytes > limit else { return }
    // Frees a quarter at once, so that the sort is paid seldom.
    for (key, value) in state.cache.sorted(by: { $0.value.usedAt < $1.value.usedAt }) {
      guard state.cachedBytes > limit / 4 * 3 else { break }
      state.cachedBytes -= value.cost
      state.cache[key] = nil
    }
  }

  /// The entries that may hold records of `from..<to` (nanoseconds) of the scope, in order of
  /// commit.
  func find(in scope: Scope, from: Int64, to: Int64) -> [LogEntry] {
    state.withLock { state in
      state.entries.filter { entry in
        guard entry.times.lowerBound < to, entry.times.upperBound >= from else { return false }
        return entry.tenants.contains { scope.sees($0) }
      }
    }
  }

  /// The entry's batch when it is in memory.
  func cached(_ entry: LogEntry) -> Batch? {
    state.withLock { state in
      state.uses += 1
      state.cache[entry.sequence]?.usedAt = state.uses
      return state.cache[entry.sequence]?.batch
    }
  }

  /// Forgets the frames of a segment.
  func remove(segment: Int) {
    state.withLock { state in
      state.removed.insert(segment)
      for entry in state.entries where entry.segment == segment {
        if let cached = state.cache.removeValue(forKey: entry.sequence) {
          state.cachedBytes -= cached.cost
        }
      }
      state.entries.removeAll { $0.segment == segment }
    }
  }

  var counts: (frames: Int, cachedBytes: Int) {
    state.withLock { ($0.entries.count, $0.cachedBytes) }
  }
}
