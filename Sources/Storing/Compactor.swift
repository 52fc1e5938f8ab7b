import Bytes
import Model

/// Turns level-0 segments into a block file, and small block files into a larger one. Used by the
/// maintenance thread alone. Whatever it is stopped in, each row is readable once: a file counts
/// from the moment it has its own name, and what it replaces goes only then.
struct Compactor {
  /// Records that are in memory as columns at a time, at most.
  private static let windowRows = 600_000

  let disk: any Disk
  let folder: String
  let contents: Contents
  let catalogue: Catalogue
  let damage: DamageBook
  private var lastFile: Int
  /// Files that could not be finished.
  private var abandoned: [Int] = []
  private let logEncoder = LogBlockEncoder()
  private let sampleEncoder = SampleBlockEncoder()

  init(
    _ disk: any Disk, _ folder: String, _ contents: Contents, _ catalogue: Catalogue,
    _ damage: DamageBook, lastFile: Int
  ) {
    self.disk = disk
    self.folder = folder
    self.contents = contents
    self.catalogue = catalogue
    self.damage = damage
    self.lastFile = lastFile
  }

  var blocks: String { folder + "/blocks" }

  /// Compacts the segments up to `number`, whose samples are `samples`. `shown` is called once the
  /// new file is what reads see. False when there was nothing to do.
  mutating func compact(
    through number: Int, _ samples: FrozenHead, shown: () -> Void
  ) throws -> Bool {
    let (frames, segments) = contents.unsealed(through: number)
    guard !segments.isEmpty else { return false }
    try write(sealed: segments.map(\.file.number), replaced: []) { compactor, writer in
      var rest = frames[...]
      // Windows of one size: a small last one would make a small block of every tenant.
      let rows = frames.reduce(0) { $0 + $1.rows }
      let windows = max(1, (rows + Self.windowRows - 1) / Self.windowRows)
      while !rest.isEmpty {
        var gathering = TenantGathering()
        for frame in Self.window(&rest, rows: rows / windows) {
          guard let columns = try compactor.columns(of: frame) else { continue }
          try compactor.gather(columns, in: &gathering, to: &writer)
        }
        try compactor.append(&gathering, to: &writer)
      }
      for (tenant, numbers) in samples.tenants {
        try compactor.append(samples.series(numbers), of: tenant, to: &writer)
      }
      try Self.append(segments.flatMap(\.keys), to: &writer)
    }
    shown()
    return true
  }

  /// Writes one file and puts it in the place of what it replaces.
  mutating func write(
    sealed: [Int], replaced: [Int],
    _ fill: (inout Compactor, inout BlockFileWriter) throws -> Void
  ) throws {
    // Taken, whatever happens next: no number is used twice.
    lastFile += 1
    let old = contents.files
    // What the replaced files replaced may still be on disk, held by a read: it must not come back.
    let carried = try present(replaced.flatMap { old[$0]?.replaced ?? [] }, in: "/blocks")
    var writer = try BlockFileWriter(disk, blocks, number: lastFile)
    let size: Int
    do {
      try fill(&self, &writer)
      size = try writer.finish(sealed: sealed, replaced: replaced + carried + abandoned)
    } catch {
      // It may have its name already, and a crash may bring that back: the next file replaces it.
      writer.abandon()
      abandoned.append(lastFile)
      throw error
    }
    abandoned = []
    let file = Catalogue.File(number: lastFile, size: size, directory: writer.directory)
    // The file says all of this itself: a catalogue that fails costs the next start some reading.
    try? catalogue.add(file)
    contents.replace(
      with: StoredFile(BlockFileWriter.path(blocks, lastFile), number: lastFile, on: disk),
      size: size, writer.directory)
  }

  /// Takes frames from the front, until they have so many rows.
  private static func window(
    _ rest: inout ArraySlice<FrameEntry>, rows: Int
  ) -> ArraySlice<FrameEntry> {
    var taken = 0
    let end = rest.firstIndex { frame in
      if taken >= rows { return true }
      taken += frame.rows
      return false
    }
    defer { rest = rest[(end ?? rest.endIndex)...] }
    return rest[..<(end ?? rest.endIndex)]
  }

  /// The columns of a frame; nil, its bytes set aside, when it is damaged. Throws when those cannot
  /// be: what cannot be read is not deleted.
  private func columns(of entry: FrameEntry) throws(DiskFault) -> RecordColumns? {
    let bytes = try entry.file.read(at: entry.offset, count: entry.size)
    if let frame = Frame(bytes.span, at: 0), frame.sequence == entry.sequence,
      let columns = frame.recordColumns(bytes.span)
    {
      return columns
    }
    damage.note(entry)
    try Quarantine(disk, folder).keep(
      bytes, as: "segment-\(entry.file.number)-\(entry.offset).bin")
    return nil
  }

  /// Adds columns to what is gathered; when that is full, it becomes blocks first.
  mutating func gather(
    _ columns: RecordColumns, in gathering: inout TenantGathering,
    to writer: inout BlockFileWriter
  ) throws {
    if gathering.add(columns) { return }
    try append(&gathering, to: &writer)
    gathering = TenantGathering()
    guard gathering.add(columns) else {
      throw StoreFault.failed("a batch is too large to be compacted")
    }
  }

  /// Adds the records of a batch to what is gathered.
  mutating func gather(
    _ batch: Batch, in gathering: inout TenantGathering, to writer: inout BlockFileWriter
  ) throws {
    guard let columns = RecordPayload.unpack(RecordPayload.pack(batch).span) else {
      throw StoreFault.failed("records cannot be packed anew")
    }
    try gather(columns, in: &gathering, to: &writer)
  }

  mutating func append(
    _ gathering: inout TenantGathering, to writer: inout BlockFileWriter
  ) throws {
    try gathering.forEach { rows in
      let bytes = logEncoder.encode(rows, blockID: writer.nextID)
      let times = (rows.times.min() ?? 0)...(rows.times.max() ?? 0)
      try writer.append(
        bytes, .log, id: writer.nextID, tenant: rows.tenant, rows: rows.times.count, times: times)
    }
  }

  /// Adds samples as one block. `id` says how new they are among those of other blocks; nil for the
  /// newest of all.
  mutating func append(
    _ series: [StoredSeries], of tenant: ByteString, as id: UInt64? = nil,
    to writer: inout BlockFileWriter
  ) throws {
    let id = id ?? writer.nextID
    let block = sampleEncoder.encode(tenant: tenant, series, blockID: id)
    guard let times = block.times else { return }
    try writer.append(
      block.bytes, .samples, id: id, tenant: tenant, rows: block.sampleCount, times: times)
  }

  private static func append(
    _ keys: [IdempotencyKey], to writer: inout BlockFileWriter
  ) throws(DiskFault) {
    let times = keys.map(\.committedAt)
    guard let first = times.min(), let last = times.max() else { return }
    try writer.append(
      KeyBlock.write(keys), .keys, id: writer.nextID, tenant: .empty, rows: keys.count,
      times: first...last)
  }
}
