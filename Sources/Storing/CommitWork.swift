import Bytes
import Model

/// What the committer's thread does with a group of batches: frames, one write, one sync.
struct CommitWork: Sendable {
  private var writer: SegmentWriter
  private var nextSequence: UInt64
  private var keys: KeyMemory
  private var defined: DefinedSeries
  private let space: FreeSpace
  private let clock: @Sendable () -> Int64
  /// Called after the sync and before the acknowledgement.
  private let show: @Sendable ([Committed]) -> Void

  init(
    writer: SegmentWriter, nextSequence: UInt64, keys: KeyMemory, table: SeriesTable,
    space: FreeSpace, clock: @escaping @Sendable () -> Int64,
    show: @escaping @Sendable ([Committed]) -> Void
  ) {
    self.writer = writer
    self.nextSequence = nextSequence
    self.keys = keys
    self.space = space
    self.clock = clock
    self.show = show
    defined = DefinedSeries(table)
  }

  var syncs: Int { writer.syncs }

  /// Ends the present segment: what is committed from now on goes to a later one. Returns the
  /// number of the last segment that was written to.
  mutating func cut() -> Int {
    writer.finish()
    return writer.number
  }

  /// The time, by the store's clock.
  func now() -> Int64 { clock() }

  /// Makes the group durable, at most `GroupPlace.mostFrames`. Returns what came of it, and what
  /// tells each of its batches.
  mutating func commit(
    _ pending: [Pending]
  ) -> (outcome: Result<Void, StoreFault>, tell: () -> Void) {
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
    // One of the same group shares its twin's fate; one committed before stands by itself.
    let fates = repeats.map { keys.holds($0.key) ? Result.success(()) : outcome }
    return (
      outcome,
      {
        for one in fresh {
          one.completion(outcome.map { Receipt(wasDuplicate: false, rows: one.batch.rowCount) })
        }
        for (one, fate) in zip(repeats, fates) {
          one.completion(fate.map { Receipt(wasDuplicate: true, rows: 0) })
        }
      }
    )
  }

  private mutating func write(_ fresh: [Pending], _ instant: Int64) -> Result<Void, StoreFault> {
    guard !fresh.isEmpty else { return .success(()) }
    // Also after a failure: what was refused may still be found on disk, and a number counts once.
    defer { nextSequence += UInt64(fresh.count) }
    let size = fresh.reduce(GroupTrailer.size) { $0 + $1.cost + Frame.headerSize }
    do throws(StoreFault) {
      try space.check()
      var group = Group()
      // The writer calls back for the group's bytes, so it must not be part of what it calls.
      var writer = writer
      defer { self.writer = writer }
      let place = try writer.append(about: size) { segment in
        group = assemble(fresh, instant, for: segment)
        return group.bytes
      }
      for one in fresh where !one.key.isEmpty { keys.remember(one.key, at: instant) }
      show(committed(fresh, group, place))
      return .success(())
    } catch {
      // Nobody knows what the segment describes now; describing twice costs only bytes.
      defined.restart(in: writer.number)
      return .failure(error)
    }
  }

  /// Frames of one group, and where each begins.
  private struct Group {
    var bytes: [UInt8] = []
    var offsets: [Int] = []
  }

  private mutating func assemble(
    _ fresh: [Pending], _ instant: Int64, for segment: Int
  ) -> Group {
    var group = Group()
    group.bytes.reserveCapacity(fresh.reduce(1_024) { $0 + $1.cost + 256 })
    for (index, one) in fresh.enumerated() {
      group.offsets.append(group.bytes.count)
      Frame.append(
        one.batch, definitions: defined.definitions(of: one.batch.series, in: segment),
        sequence: nextSequence + UInt64(index), committedAt: instant, key: one.key,
        place: GroupPlace(index: index, count: fresh.count), to: &group.bytes)
    }
    group.bytes += GroupTrailer.write(frameCount: fresh.count, group: group.bytes)
    return group
  }

  private func committed(
    _ fresh: [Pending], _ group: Group, _ place: SegmentWriter.Place
  ) -> [Committed] {
    zip(fresh, group.offsets).compactMap { one, offset in
      Frame(group.bytes.span, at: offset, tenants: one.batch.tenants).map {
        Committed(
          batch: one.batch, frame: $0, segment: place.segment, offset: place.offset + offset)
      }
    }
  }
}
