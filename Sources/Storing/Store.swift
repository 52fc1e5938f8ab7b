package import Bytes
package import Model
import Synchronization

/// The embedded store: rows are durable when an append completes, and seen by every read that
/// begins after it. One process has a folder.
package final class Store: Sendable {
  /// Deploys, alert states and the outbox.
  package let state: StateDatabase
  let disk: any Disk
  let folder: String
  let settings: StoreSettings
  let catalogue: Catalogue
  let contents = Contents()
  let cache: BatchCache
  let sampleBlocks: BlockCache<SampleBlockReader>
  let logBlocks: BlockCache<LogBlockReader>
  let sections: BlockCache<[UInt8]>
  let damage = DamageBook()
  let table = SeriesTable()
  let head: SampleHead
  let upkeep = Upkeep()
  let counts = Mutex(UpkeepCounts())
  private let clock: @Sendable () -> Int64
  private let committer: Committer
  /// Files that the start could not read: rows in them may be readable again some time.
  let unreadableFiles: [String]
  private let lock: Mutex<(any Sendable)?>

  /// Opens or makes the store in `folder` and reads what was acknowledged; `clock` gives
  /// nanoseconds since 1970. What cannot be read is set aside and reported, never fatal. Throws
  /// when another process has the folder, or it cannot be written to, or `state.db` is of a newer
  /// version.
  package init(
    opening folder: String, on disk: any Disk, settings: StoreSettings,
    clock: @escaping @Sendable () -> Int64
  ) throws {
    self.disk = disk
    self.folder = folder
    self.settings = settings
    self.clock = clock
    try disk.makeFolder(folder)
    guard let lock = try disk.lock(folder + "/lock") else { throw StoreFault.locked(folder) }
    self.lock = Mutex(lock)
    for inner in ["/segments", "/blocks"] { try disk.makeFolder(folder + inner) }
    // The folders' own names must be as durable as what is in them; above ours we may lack rights.
    try? disk.syncFolder(DiskPath.parent(of: folder))
    try disk.syncFolder(folder)
    let opened = try StateDatabase.open(disk, folder, now: clock())
    state = opened.database
    damage.note(regions: opened.wasDamaged ? 1 : 0)
    catalogue = Catalogue.open(disk, folder)
    cache = BatchCache(limit: settings.cacheBytes)
    sampleBlocks = BlockCache(limit: settings.cacheBytes)
    logBlocks = BlockCache(limit: settings.cacheBytes / 8)
    sections = BlockCache(limit: settings.sectionBytes)
    head = SampleHead(table)
    committer = Committer(queueLimit: settings.queueBytes)
    var recovery = Recovery(disk, folder, contents, head, table, damage)
    try recovery.run(catalogue, now: clock())
    unreadableFiles = recovery.unreadableFiles
    try startThreads(recovery)
    applyRetention(now: clock())
  }

  private func startThreads(_ recovery: Recovery) throws {
    let segments = folder + "/segments"
    try committer.start(
      CommitWork(
        writer: SegmentWriter(
          disk, segments, limit: settings.segmentBytes, after: recovery.lastNumber),
        nextSequence: recovery.nextSequence, keys: recovery.keys, table: table,
        space: FreeSpace(disk, folder, minimum: settings.minimumFree), clock: clock,
        show: { [weak self] in self?.show($0) }))
    let lastFile = recovery.lastFile
    try upkeep.start(
      { [disk, folder, contents, catalogue, damage] in
        Compactor(disk, folder, contents, catalogue, damage, lastFile: lastFile)
      },
      due: { [weak self] in try self?.compactIfDue(&$0) })
    // What was left behind is much already: it need not wait for the first commit.
    if isCompactionDue { upkeep.nudge() }
  }

  deinit {
    close()
  }

  private func show(_ committed: [Committed]) {
    for one in committed {
      let path = SegmentWriter.path(folder + "/segments", one.segment)
      let file = contents.segment(one.segment) {
        StoredFile(path, number: one.segment, on: disk)
      }
      head.insert(one.batch.columns)
      if let kept = one.batch.kept { cache.keep(kept, .frame(one.frame.sequence)) }
      contents.insert(one.frame, in: file, offset: one.offset)
    }
    if isCompactionDue { upkeep.nudge() }
  }

  /// Brings a batch into the form it has on disk. Do it on the thread that decoded it.
  package func prepare(_ batch: Batch) -> PreparedBatch {
    PreparedBatch(batch, table)
  }

  /// Which series are known, for decoders.
  package var directory: any SeriesDirectory { table }

  /// Queues a batch; `completion` is called, on the committer's thread, once its rows are durable
  /// and readable, or will never be. A batch that may wait shares its sync with others.
  package func append(
    _ batch: PreparedBatch, idempotencyKey: ByteString?, mayWait: Bool,
    completion: @escaping @Sendable (Result<Receipt, StoreFault>) -> Void
  ) {
    committer.add(
      batch, key: idempotencyKey ?? .empty, mayWait: mayWait, now: clock(), completion: completion)
  }

  /// Returns once the batch's rows are durable and readable.
  package func append(
    _ batch: PreparedBatch, idempotencyKey: ByteString?
  ) async throws -> Receipt {
    try await withCheckedThrowingContinuation { continuation in
      append(batch, idempotencyKey: idempotencyKey, mayWait: false) {
        continuation.resume(with: $0.mapError { $0 as any Error })
      }
    }
  }

  /// Prepares a batch and queues it, as above.
  package func append(
    _ batch: Batch, idempotencyKey: ByteString?, mayWait: Bool,
    completion: @escaping @Sendable (Result<Receipt, StoreFault>) -> Void
  ) {
    append(
      prepare(batch), idempotencyKey: idempotencyKey, mayWait: mayWait, completion: completion)
  }

  /// Prepares a batch, and returns once its rows are durable and readable.
  package func append(_ batch: Batch, idempotencyKey: ByteString?) async throws -> Receipt {
    try await append(prepare(batch), idempotencyKey: idempotencyKey)
  }

  /// Ends the segment that is written to, and freezes its samples: what is committed from now on
  /// belongs to the next compaction. Returns the segment's number.
  func cut() throws(StoreFault) -> Int {
    let cut = Cut()
    let isTaken = committer.cut { [head] number in
      head.freeze()
      cut.end(number)
    }
    guard isTaken else { throw .closed }
    return cut.wait()
  }

  /// What may be missing from an answer about `from..<to` (nanoseconds) of the scope, because
  /// something on disk is damaged.
  package func missing(in scope: Scope, from: Int64, to: Int64) -> [MissingRange] {
    damage.missing(in: scope, from: from, to: to)
  }

  /// Whether any read may lack rows because something on disk is damaged.
  package var isPartial: Bool { damage.count > 0 }

  /// The store in figures.
  package func status() -> StoreStatus {
    var status = StoreStatus()
    let segments = contents.segments.values
    status.segments = segments.count
    status.segmentBytes = segments.reduce(0) { $0 + $1.bytes }
    let files = contents.files.values
    status.blockFiles = files.count
    status.blockFileBytes = files.reduce(0) { $0 + $1.size }
    status.blocks = files.reduce(0) { $0 + $1.blocks.count }
    status.blockRows = files.reduce(0) { sum, file in
      file.blocks.reduce(sum) { $0 + ($1.kind == .keys ? 0 : $1.rows) }
    }
    status.frames = contents.unsealed.frames
    status.cachedBytes = cache.bytes
    (status.series, status.samples, status.overwrittenSamples) = head.counts
    status.damagedRegions = damage.count
    (status.commits, status.syncs, status.refusal) = committer.figures
    (status.compactions, status.merges) = counts.withLock { ($0.compactions, $0.merges) }
    return status
  }

  /// Writes what is queued, stops, and gives the folder free; later appends fail, reads go on.
  package func close() {
    upkeep.close()
    committer.close()
    lock.withLock { $0 = nil }
  }
}

/// What the upkeep did since the start.
struct UpkeepCounts: Sendable {
  var compactions = 0
  var merges = 0
  /// The block file that was checked last.
  var scrubbed = 0
  /// The last segment of a compaction that failed: its samples are frozen already.
  var unfinishedCut: Int?
}
