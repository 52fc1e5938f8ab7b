import Bytes
import Dispatch
import Model
import Synchronization

/// The end of a segment, waited for.
final class Cut: Sendable {
  private let number = Mutex(0)
  private let done = DispatchSemaphore(value: 0)

  func end(_ number: Int) {
    self.number.withLock { $0 = number }
    done.signal()
  }

  func wait() -> Int {
    done.wait()
    return number.withLock { $0 }
  }
}

extension Store {
  /// Whether level 0 has grown so that it should be compacted.
  var isCompactionDue: Bool {
    let unsealed = contents.unsealed
    return unsealed.bytes >= settings.unsealedBytes || unsealed.frames >= settings.unsealedFrames
      || head.unsealedSamples >= settings.unsealedSamples
  }

  func compactIfDue(_ compactor: inout Compactor) throws {
    guard isCompactionDue else { return }
    try compactLevel0(&compactor)
    try merge(&compactor)
  }

  func compactLevel0(_ compactor: inout Compactor) throws {
    // What was cut by an attempt that failed goes first: its samples are frozen already.
    if let number = counts.withLock({ $0.unfinishedCut }) {
      try compact(through: number, &compactor)
    }
    let number = try cut()
    counts.withLock { $0.unfinishedCut = number }
    try compact(through: number, &compactor)
  }

  private func compact(through number: Int, _ compactor: inout Compactor) throws {
    let frozen = head.frozen
    let isDone = try compactor.compact(through: number, frozen) {
      head.dropFrozen(overwritten: frozen.overwritten)
    }
    if isDone {
      counts.withLock { $0.compactions += 1 }
    } else {
      head.dropFrozen(overwritten: 0)
    }
    counts.withLock { $0.unfinishedCut = nil }
  }

  private func merge(_ compactor: inout Compactor) throws {
    while try compactor.mergeSmallest() { counts.withLock { $0.merges += 1 } }
  }

  /// Returns when everything acknowledged before is in blocks on disk, and what is past its
  /// retention at `now` (nanoseconds) has gone. Throws when that could not be done.
  package func compact(now: Int64) throws {
    try upkeep.perform { [self] compactor in
      try compactLevel0(&compactor)
      try merge(&compactor)
    }
    applyRetention(now: now)
  }

  /// Drops what is past its retention at `now` (nanoseconds), and the oldest blocks of tenants that
  /// have too many bytes.
  package func applyRetention(now: Int64) {
    // What could not be dropped is found again by the next turn.
    _ = try? upkeep.perform { [self] compactor in
      head.drop(before: (now.adding(-settings.retention) ?? .min) / 1_000_000)
      try compactor.retire(Retention(settings, now: now))
    }
  }
}
