package import Bytes
package import Model
import Synchronization

/// The embedded store: rows are durable when an append completes, and seen by every read that
/// begins after it. One process has a folder.
package final class Store: Sendable {
  /// Deploys, alert states and the outbox.
  package let state: StateDatabase
  private let disk: any Disk
  private let segments: String
  private let settings: StoreSettings
  private let catalogue: Catalogue
  private let logs: LogIndex
  private let head = SampleHead()
  private let committer: Committer
  /// Regions that a start could not read, and frames that a read could not.
  private let damaged: Mutex<(regions: Int, frames: Set<UInt64>)>
  private let lock: Mutex<(any Sendable)?>
  private let readers: SegmentReaders

  /// Opens or makes the store in `folder` and reads what was acknowledged; `clock` gives
  /// nanoseconds since 1970. What cannot be read is set aside and reported, never fatal. Throws
  /// when another process has the folder, or it cannot be written to, or `state.db` is of a newer
  /// version.
  package init(
    opening folder: String, on disk: any Disk, settings: StoreSettings,
    clock: @escaping @Sendable () -> Int64
  ) throws {
    self.disk = disk
    self.settings = settings
    segments = folder + "/segments"
    try disk.makeFolder(folder)
    guard let lock = try disk.lock(folder + "/lock") else { throw StoreFault.locked(folder) }
    self.lock = Mutex(lock)
    try disk.makeFolder(segments)
    // The folders' own names must be as durable as what is in them; above ours we may lack rights.
    try? disk.syncFolder(DiskPath.parent(of: folder))
    try disk.syncFolder(folder)
    let opened = try StateDatabase.open(disk, folder, now: clock())
    state = opened.database
    catalogue = Catalogue.open(disk, folder)
    logs = LogIndex(cacheLimit: settings.cacheBytes)
    readers = SegmentReaders(disk, segments)
    committer = Committer(queueLimit: settings.queueBytes)
    var recovery = Recovery(disk, folder, segments)
    try recovery.run(into: logs, head, catalogue)
    damaged = Mutex((recovery.damagedRegions + (opened.wasDamaged ? 1 : 0), []))
    try committer.start(
      CommitWork(
        writer: SegmentWriter(
          disk, segments, limit: settings.segmentBytes, after: recovery.lastNumber),
        nextSequence: recovery.nextSequence, keys: recovery.keys, clock: clock,
        show: { [logs, head, catalogue] in Self.show($0, logs, head, catalogue) },
        finished: { [catalogue] in catalogue.finish(segment: $0) }))
    applyRetention(now: clock())
  }

  deinit {
    close()
  }

  private static func show(
    _ committed: [Committed], _ logs: LogIndex, _ head: SampleHead, _ catalogue: Catalogue
  ) {
    for one in committed {
      catalogue.note(one.frame, in: one.segment, end: one.offset + one.frame.size)
      head.insert(one.batch)
      if let entry = LogEntry(one.frame, segment: one.segment, offset: one.offset) {
        logs.insert(entry, batch: one.batch)
      }
    }
  }

  /// Queues a batch; `completion` is called, on the committer's thread, once its rows are durable
  /// and readable, or will never be. A batch that may wait shares its sync with others.
  package func append(
    _ batch: Batch, idempotencyKey: ByteString?, mayWait: Bool,
    completion: @escaping @Sendable (Result<Receipt, StoreFault>) -> Void
  ) {
    committer.add(batch, key: idempotencyKey ?? .empty, mayWait: mayWait, completion: completion)
  }

  /// Returns once the batch's rows are durable and readable.
  package func append(_ batch: Batch, idempotencyKey: ByteString?) async throws -> Receipt {
    try await withCheckedThrowingContinuation { continuation in
      append(batch, idempotencyKey: idempotencyKey, mayWait: false) {
        continuation.resume(with: $0.mapError { $0 as any Error })
      }
    }
  }

  /// The series of the scope that pass `accepts`, with samples of `from...through` (milliseconds).
  package func series(
    in scope: Scope, metric: ByteString?, from: Int64, through: Int64,
    where accepts: (ByteString, Labels) -> Bool
  ) throws -> [SeriesSamples] {
    head.read(in: scope, metric: metric, from: from, through: through, where: accepts)
  }

  /// Lends the batches that may hold records of `from..<to` (nanoseconds) of the scope. A frame
  /// that turns out to be damaged is left out and counted.
  package func scan(
    in scope: Scope, from: Int64, to: Int64, visit: (Batch) throws -> Bool
  ) throws {
    for entry in logs.find(in: scope, from: from, to: to) {
      guard let batch = read(entry) else { continue }
      if try !visit(batch) { return }
    }
  }

  private func read(_ entry: LogEntry) -> Batch? {
    if let batch = logs.cached(entry) { return batch }
    if let batch = readers.batch(of: entry) {
      logs.keep(batch, of: entry)
      return batch
    }
    // Dropped by retention while this read went on: nothing is missing then.
    if !logs.isRemoved(entry) { damaged.withLock { _ = $0.frames.insert(entry.sequence) } }
    return nil
  }

  /// Whether reads may lack rows because something on disk is damaged.
  package var isPartial: Bool { damaged.withLock { $0.regions > 0 || !$0.frames.isEmpty } }

  /// Returns when everything acknowledged is in its final form on disk. Level 0 is that form until
  /// there are columnar blocks, so only retention is applied.
  package func compact(now: Int64) {
    applyRetention(now: now)
  }

  /// Drops whole segments whose newest row is older than the retention at `now` (nanoseconds):
  /// the catalogue first, then the file.
  package func applyRetention(now: Int64) {
    let oldest = now.adding(-settings.retention) ?? .min
    head.drop(before: oldest / Instant.millisecond)
    var dropped = false
    for number in catalogue.expired(before: oldest) {
      do {
        try catalogue.remove(segment: number)
        logs.remove(segment: number)
        readers.forget(number)
        try disk.remove(SegmentWriter.path(segments, number))
        dropped = true
      } catch {
        // What is still there is found again: by the next turn, or by the next start.
      }
    }
    if dropped { try? disk.syncFolder(segments) }
  }

  /// The store in figures.
  package func status() -> StoreStatus {
    var status = StoreStatus()
    let segments = catalogue.all.values
    status.segments = segments.count
    status.segmentBytes = segments.reduce(0) { $0 + $1.bytes }
    (status.frames, status.cachedBytes) = logs.counts
    (status.series, status.samples, status.overwrittenSamples) = head.counts
    status.damagedRegions = damaged.withLock { $0.regions + $0.frames.count }
    (status.commits, status.syncs, status.isReadOnly) = committer.figures
    return status
  }

  /// Writes what is queued, stops, and gives the folder free; later appends fail, reads go on.
  package func close() {
    committer.close()
    lock.withLock { $0 = nil }
  }
}
