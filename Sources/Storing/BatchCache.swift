import Model
import Synchronization

/// Rows of frames and blocks that were read lately, or are new, in memory up to a limit: the least
/// used go first.
final class BatchCache: Sendable {
  /// Whose rows: a frame's by its sequence, a block's by its id.
  enum Key: Hashable, Sendable {
    case frame(UInt64)
    case block(UInt64)
  }

  /// A batch in memory, what it takes there, and when it was last used.
  private struct Kept {
    let batch: Batch
    let cost: Int
    var usedAt: UInt64
  }

  /// What the lock guards.
  private struct State {
    var kept: [Key: Kept] = [:]
    var bytes = 0
    var uses: UInt64 = 0
  }

  /// What a small batch takes beside its rows.
  private static let fixedCost = 1_024

  private let state = Mutex(State())
  private let limit: Int

  /// Keeps batches of about `limit` bytes.
  init(limit: Int) {
    self.limit = limit
  }

  func find(_ key: Key) -> Batch? {
    state.withLock { state in
      state.uses += 1
      state.kept[key]?.usedAt = state.uses
      return state.kept[key]?.batch
    }
  }

  func keep(_ batch: Batch, _ key: Key) {
    let cost =
      Self.fixedCost + batch.arena.count + batch.records.count * MemoryLayout<Record>.stride
      + batch.fields.count * MemoryLayout<Field>.stride
      + batch.samples.count * MemoryLayout<Sample>.stride
    // One that would push out most of the others is not worth it.
    guard cost <= limit / 4 else { return }
    state.withLock { state in
      state.uses += 1
      guard state.kept[key] == nil else { return }
      state.kept[key] = Kept(batch: batch, cost: cost, usedAt: state.uses)
      state.bytes += cost
      guard state.bytes > limit else { return }
      // Frees a quarter at once, so that the sort is paid seldom.
      for (key, value) in state.kept.sorted(by: { $0.value.usedAt < $1.value.usedAt }) {
        guard state.bytes > limit / 4 * 3 else { break }
        state.bytes -= value.cost
        state.kept[key] = nil
      }
    }
  }

  /// Forgets frames that have become blocks, or blocks that have gone.
  func forget(where isGone: (Key) -> Bool) {
    state.withLock { state in
      for (key, value) in state.kept where isGone(key) {
        state.bytes -= value.cost
        state.kept[key] = nil
      }
    }
  }

  /// Bytes it holds.
  var bytes: Int { state.withLock { $0.bytes } }
}
