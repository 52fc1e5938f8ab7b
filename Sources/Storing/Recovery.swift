import Bytes
import Model

/// A start: learns which block files there are, reads the segments that are not compacted yet,
/// shows what is whole, copies aside and reports what is damaged. What was never acknowledged is
/// passed over, and new rows go to a new segment.
struct Recovery {
  private let disk: any Disk
  private let folder: String
  private let contents: Contents
  private let head: SampleHead
  private let table: SeriesTable
  private let damage: DamageBook
  private var seen: Set<UInt64> = []
  private(set) var keys = KeyMemory()
  private var lastSequence: UInt64 = 0
  /// Of the last segment and the last block file that ever were.
  private(set) var lastNumber = 0
  private(set) var lastFile = 0
  /// Files whose rows nobody knows now.
  private(set) var unreadableFiles: [String] = []

  /// Of the first new frame. A segment that could not be read now may be another time, so numbers
  /// that it may hold are not used again: each start begins far behind.
  var nextSequence: UInt64 {
    max(lastSequence &+ 1, UInt64(lastNumber + 1) << 32)
  }

  init(
    _ disk: any Disk, _ folder: String, _ contents: Contents, _ head: SampleHead,
    _ table: SeriesTable, _ damage: DamageBook
  ) {
    self.disk = disk
    self.folder = folder
    self.contents = contents
    self.head = head
    self.table = table
    self.damage = damage
  }

  mutating func run(_ catalogue: Catalogue, now: Int64) throws(DiskFault) {
    // What is not there must stay so, as what is shown must.
    for inner in ["/blocks", "/segments"] { try? disk.syncFolder(folder + inner) }
    var finding = BlockFileFinding(disk, folder + "/blocks", damage)
    let files = try finding.run(known: catalogue.files())
    catalogue.settle(files)
    unreadableFiles = finding.unreadable
    lastFile = max(finding.lastFile, catalogue.highest("file"))
    lastNumber = catalogue.highest("segment")
    var sealed: Set<Int> = []
    for file in files {
      sealed.formUnion(file.directory.sealed)
      let path = BlockFileWriter.path(folder + "/blocks", file.number)
      contents.replace(
        with: StoredFile(path, number: file.number, on: disk), size: file.size, file.directory)
    }
    remember(since: now.adding(-Limits.idempotencyNanoseconds) ?? .min)
    for number in try disk.list(folder + "/segments").compactMap(SegmentWriter.number).sorted() {
      lastNumber = max(lastNumber, number)
      let path = SegmentWriter.path(folder + "/segments", number)
      if sealed.contains(number) {
        try? disk.remove(path)
        continue
      }
      let file = StoredFile(path, number: number, on: disk)
      do throws(DiskFault) {
        try read(file)
      } catch {
        // The file stays where it is; the next start tries again.
        contents.note(file, bytes: 0, isUnreadable: true)
        unreadableFiles.append(path)
        damage.note(regions: 1)
      }
    }
    lastNumber = max(lastNumber, sealed.max() ?? 0)
  }

  /// The idempotency keys of compacted frames.
  private mutating func remember(since oldest: Int64) {
    let blocks = contents.files.values.flatMap { file in
      file.blocks.filter { $0.kind == .keys && $0.times.upperBound >= oldest }
        .map { BlockEntry(head: $0, file: file.file) }
    }
    for block in blocks.sorted(by: { $0.head.times.lowerBound < $1.head.times.lowerBound }) {
      guard let bytes = block.bytes(), let found = KeyBlock.read(bytes.span) else {
        damage.note(block)
        continue
      }
      for key in found where !keys.holds(key.bytes) {
        keys.remember(key.bytes, at: key.committedAt)
      }
    }
  }

  private mutating func read(_ stored: StoredFile) throws(DiskFault) {
    let file = try disk.open(stored.path, create: false)
    let bytes = try file.read(at: 0, count: file.size())
    let found = SegmentContents(bytes)
    // What is shown must be durable, also a group that a killed process had written and not synced.
    // Where its sync had failed, the system takes its pages for clean: it is written once more.
    if let last = found.lastGroup {
      try? file.append(Array(bytes[last]), at: last.lowerBound)
    }
    try? file.sync()
    // A segment with damage in it, or of a newer version, stays as it is until its rows are past
    // their time; what can be read of it is.
    contents.note(stored, bytes: bytes.count, isUnreadable: !found.damaged.isEmpty)
    for range in found.damaged { setAside(bytes[range], of: stored.number, at: range.lowerBound) }
    var numbers = SegmentNumbers(table)
    // A description may stand behind a damaged first copy of itself.
    for entry in found.entries {
      numbers.learn(bytes.span.extracting(entry.range).extracting(entry.frame.definitions))
    }
    for entry in found.entries {
      guard isNew(entry.frame) else { continue }
      guard show(entry, bytes, stored, numbers) else {
        setAside(bytes[entry.range], of: stored.number, at: entry.offset)
        continue
      }
    }
  }

  /// Whether a frame counts. A group that was written to two segments after a failed sync does
  /// once, and so does a request that was retried after one.
  private mutating func isNew(_ frame: Frame) -> Bool {
    guard seen.insert(frame.sequence).inserted else { return false }
    lastSequence = max(lastSequence, frame.sequence)
    let key = frame.idempotencyKey
    guard !key.isEmpty else { return true }
    keys.forget(before: frame.committedAt)
    if keys.holds(key) { return false }
    keys.remember(key, at: frame.committedAt)
    return true
  }

  /// False when the frame's samples cannot be unpacked although its checksum holds. Its records are
  /// looked at when they are read.
  private func show(
    _ entry: SegmentContents.Entry, _ bytes: [UInt8], _ file: StoredFile,
    _ numbers: SegmentNumbers
  ) -> Bool {
    let frame = entry.frame
    if frame.sampleCount > 0 {
      let own = bytes.span.extracting(entry.range)
      if frame.version == 1 {
        guard let batch = frame.firstVersionBatch(own) else { return false }
        head.insert(SampleColumns(batch, numbers: table.resolve(batch)))
      } else {
        guard let columns = SamplePayload.unpack(own.extracting(frame.samples)) else {
          return false
        }
        let known = numbers.translate(columns)
        if known.unknown > 0 { damage.note(regions: 1) }
        head.insert(known.columns)
      }
    }
    contents.insert(frame, in: file, offset: entry.offset)
    return true
  }

  /// Copies a damaged region to the quarantine folder, best effort: a start never fails for it.
  private mutating func setAside(_ bytes: ArraySlice<UInt8>, of number: Int, at offset: Int) {
    damage.note(regions: 1)
    // The region stays where it is in its segment when the copy fails.
    try? Quarantine(disk, folder).keep(Array(bytes), as: "segment-\(number)-\(offset).bin")
  }
}

/// The numbers of series in one segment, and what they are in this process.
private struct SegmentNumbers {
  private let table: SeriesTable
  private var known: [UInt32: UInt32] = [:]

  init(_ table: SeriesTable) {
    self.table = table
  }

  mutating func learn(_ definitions: Span<UInt8>) {
    guard definitions.count > 0 else { return }
    known.merge(table.learn(definitions)) { first, _ in first }
  }

  /// The samples under this process' numbers, without those whose series nothing describes.
  func translate(_ columns: SampleColumns) -> (columns: SampleColumns, unknown: Int) {
    var translated = SampleColumns()
    var unknown = 0
    for index in columns.numbers.indices {
      guard let number = known[columns.numbers[index]] else {
        unknown += 1
        continue
      }
      translated.append(number, columns.times[index], columns.values[index])
    }
    return (translated, unknown)
  }
}
