import Glibc
import Synchronization

/// What reads of the store came to. A block is one of some tenant's sorted rows; a frame holds rows
/// that are not compacted yet.
public struct ReadCounts: Sendable, Equatable {
  /// Blocks of the kind that was asked for, of all tenants and times.
  public var blocksConsidered = 0
  /// Those of other tenants.
  public var prunedByTenant = 0
  /// Of the rest, those of other times.
  public var prunedByTime = 0
  /// Of the rest, those whose counts, dictionaries or labels told all that is needed of them.
  public var prunedByIndex = 0
  /// Of the rest, those that a text could not be in, told by a bloom filter or by their shapes.
  public var prunedByFilter = 0
  /// The others, of which rows or samples were decoded.
  public var blocksRead = 0
  public var framesRead = 0
  /// From files; what a cache holds is not read.
  public var bytesRead = 0
  public var bytesUnpacked = 0
  /// Log rows of the blocks and frames that were read.
  public var rows = 0
  public var samples = 0
  public var series = 0
  /// Choosing what to read.
  public var planNanoseconds: Int64 = 0
  /// Reading and unpacking.
  public var readNanoseconds: Int64 = 0

  public init() {}
}

/// Counts what one query reads, and stops it when it must not go on. The store finds the meter of
/// the query it reads for in `current`, since its readers are shared by queries. The parts of one
/// query share it.
public final class ReadMeter: Sendable {
  /// What the lock guards.
  private struct State {
    var counts = ReadCounts()
    /// Bytes of samples that are lent now.
    var lent = 0
    /// Rows scanned of the block that is being read, and whether a filter told that none match.
    var blockRows = 0
    var isFiltered = false
    /// Reads that are going on, and since when there is one: what overlaps is timed once.
    var depth = 0
    var begin: Int64 = 0
  }

  /// The meter of the query that this thread works for.
  @TaskLocal public static var current: ReadMeter?

  /// What a sample takes in memory: its time and its value.
  public static let sampleBytes = 16

  private let state = Mutex(State())
  private let stop: @Sendable (ReadCounts, _ lent: Int) throws -> Void

  /// `stop` throws when the query must not go on; `lent` are the bytes of samples that it has been
  /// lent by then.
  public init(stop: @escaping @Sendable (ReadCounts, _ lent: Int) throws -> Void = { _, _ in }) {
    self.stop = stop
  }

  public var counts: ReadCounts { state.withLock { $0.counts } }

  /// Throws when the query must not go on: asked before each block and frame.
  public func check() throws {
    let (counts, lent) = state.withLock { ($0.counts, $0.lent) }
    try stop(counts, lent)
  }

  /// Changes the counts.
  public func note(_ change: (inout ReadCounts) -> Void) {
    state.withLock { change(&$0.counts) }
  }

  /// Samples are lent to the query; `giveBack` ends that.
  public func lend(series: Int, samples: Int) {
    state.withLock { state in
      state.counts.series += series
      state.counts.samples += samples
      state.lent += samples * Self.sampleBytes
    }
  }

  /// So many of the samples are held no longer.
  public func giveBack(samples: Int) {
    state.withLock { $0.lent -= samples * Self.sampleBytes }
  }

  /// A block of records begins to be read.
  public func beginBlock() {
    state.withLock { state in
      state.blockRows = 0
      state.isFiltered = false
    }
  }

  /// So many rows of the block were looked at.
  public func scanned(rows: Int) {
    state.withLock { $0.blockRows = max($0.blockRows, rows) }
  }

  /// A filter told that no row of the block is needed.
  public func filtered() { state.withLock { $0.isFiltered = true } }

  /// A block of records was read, as far as it was needed.
  public func endBlock() {
    state.withLock { state in
      state.counts.rows += state.blockRows
      if state.blockRows > 0 {
        state.counts.blocksRead += 1
      } else if state.isFiltered {
        state.counts.prunedByFilter += 1
      } else {
        state.counts.prunedByIndex += 1
      }
    }
  }

  fileprivate func enter() {
    state.withLock { state in
      if state.depth == 0 { state.begin = Self.now }
      state.depth += 1
    }
  }

  fileprivate func leave() {
    state.withLock { state in
      state.depth -= 1
      if state.depth == 0 { state.counts.readNanoseconds += Self.now &- state.begin }
    }
  }

  /// Nanoseconds of `CLOCK_MONOTONIC`.
  fileprivate static var now: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }
}

extension ReadMeter? {
  /// Times a read, when somebody counts it.
  public func reading<Result>(_ body: () throws -> Result) rethrows -> Result {
    self?.enter()
    defer { self?.leave() }
    return try body()
  }

  /// Times the choice of what to read, when somebody counts it.
  public func planning<Result>(_ body: () throws -> Result) rethrows -> Result {
    guard let self else { return try body() }
    let begin = ReadMeter.now
    defer { self.note { $0.planNanoseconds += ReadMeter.now &- begin } }
    return try body()
  }
}
