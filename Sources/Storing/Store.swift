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
  private let damaged = Mutex(0)
  private let lock: Mutex<(any Sendable)?>
  private let files = Mutex<[Int: any DiskFile]>([:])

  /// Opens or makes the store in `folder` and reads what was acknowledged; `now` is in nanoseconds
  /// and `clock` gives it later. What cannot be read is set aside and reported, never fatal.
  package init(
    opening folder: String, on disk: any Disk, settings: StoreSettings,
    clock: @escaping @Sendable () -> Int64
  ) throws {
    self.disk = disk
    self.settings = settings
    segments = folder + "/segments"
    try disk.makeFolder(folder)
    try disk.makeFolder(segments)
    guard let lock = try disk.lock(folder + "/lock") else { throw StoreFault.locked(folder) }
    self.lock = Mutex(lock)
    state = try StateDatabase(disk.databasePath(folder + "/state.db"))
    catalogue = Catalogue.open(disk, folder)
    logs = LogIndex(cacheLimit: settings.cacheBytes)
    committer = Committer(queueLimit: settings.queueBytes)
    var recovery = Recovery(disk, folder, segments)
    try recovery.run(into: logs, head, catalogue)
    damaged.withLock { $0 = recovery.damagedCount }
    let writer = try SegmentWriter(
      disk, segments, limit: settings.segmentBytes, number: recovery.lastNumber,
      size: recovery.lastSize)
    committer.start(
      CommitWork(
        writer: writer, nextSequence: recovery.nextSequence, keys: recovery.keys, now: clock,
        show: { [logs, head, catalogue] in Self.show($0, logs, head, catalogue) },
        closed: { [catalogue] in catalogue.close(segment: $0, size: $1) }))
  }

  private static func show(
    _ committed: [Committed], _ logs: LogIndex, _ head: SampleHead, _ catalogue: Catalogue
  ) {
    for one in committed {
      head.insert(one.batch)
      guard let frame = Frame(one.frame.span, at: 0) else { continue }
      catalogue.note(frame, in: one.segment)
      guard let times = frame.recordTimes else { continue }
      logs.insert(
        LogEntry(
          sequence: one.sequence, segment: one.segment, offset: one.offset, size: frame.size,
          times: times, tenants: frame.tenants),
        batch: one.batch)
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
    guard let file = file(entry.segment),
      let bytes = try? file.read(at: entry.offset, count: entry.size),
      let frame = Frame(bytes.span, at: 0), let batch = frame.batch(bytes)
    else {
      damaged.withLock { $0 += 1 }
      return nil
    }
    logs.keep(batch, of: entry)
    return batch
  }

  private func file(_ segment: Int) -> (any DiskFile)? {
    files.withLock { files in
      if let file = files[segment] { return file }
      let file = try? disk.open(SegmentWriter.path(segments, segment), create: false)
      files[segment] = file
      return file
    }
  }

  /// Whether reads may lack rows because something on disk is damaged.
  package var isPartial: Bool { damaged.withLock { $0 > 0 } }

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
    for number in catalogue.closedSegments(olderThan: oldest) {
      logs.remove(segment: number)
      catalogue.remove(segment: number)
      files.withLock { $0[number] = nil }
      try? disk.remove(SegmentWriter.path(segments, number))
    }
    try? disk.syncFolder(segments)
  }

  package func status() -> StoreStatus {
    var status = StoreStatus()
    let names = ((try? disk.list(segments)) ?? []).compactMap(SegmentWriter.number)
    status.segments = names.count
    status.segmentBytes = names.reduce(0) { sum, number in
      sum + ((try? file(number)?.size()) ?? 0)
    }
    (status.frames, status.cachedBytes) = logs.counts
    (status.series, status.samples) = head.counts
    status.damagedRegions = damaged.withLock { $0 }
    (status.commits, status.syncs, status.isReadOnly) = committer.figures
    return status
  }

  /// Writes what is queued, stops, and gives the folder free; later appends fail.
  package func close() {
    committer.close()
    lock.withLock { $0 = nil }
  }
}
