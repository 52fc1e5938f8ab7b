import Bytes
import Model

/// A start: reads every segment, shows what is whole, copies aside and reports what is damaged.
/// Nothing in a segment is changed and nothing is deleted; what was never acknowledged is passed
/// over, and new rows go to a new segment.
struct Recovery {
  private let disk: any Disk
  private let folder: String
  private let segments: String
  private var seen: Set<UInt64> = []
  private(set) var keys = KeyMemory()
  private var lastSequence: UInt64 = 0
  private(set) var lastNumber = 0
  private(set) var damagedRegions = 0

  /// Of the first new frame. A segment that could not be read now may be another time, so numbers
  /// that it may hold are not used again: each start begins far behind.
  var nextSequence: UInt64 {
    max(lastSequence &+ 1, UInt64(lastNumber + 1) << 32)
  }

  init(_ disk: any Disk, _ folder: String, _ segments: String) {
    self.disk = disk
    self.folder = folder
    self.segments = segments
  }

  mutating func run(
    into logs: LogIndex, _ head: SampleHead, _ catalogue: Catalogue
  ) throws(DiskFault) {
    for number in try disk.list(segments).compactMap(SegmentWriter.number).sorted() {
      lastNumber = number
      do throws(DiskFault) {
        try read(number, logs, head, catalogue)
      } catch {
        // The file stays where it is; the next start tries again.
        damagedRegions += 1
      }
    }
    catalogue.settle()
  }

  private mutating func read(
    _ number: Int, _ logs: LogIndex, _ head: SampleHead, _ catalogue: Catalogue
  ) throws(DiskFault) {
    let file = try disk.open(SegmentWriter.path(segments, number), create: false)
    let bytes = try file.read(at: 0, count: file.size())
    let contents = SegmentContents(bytes)
    // What is shown must be durable, also a group that a killed process had written and not synced.
    try? file.sync()
    for range in contents.damaged { setAside(bytes[range], of: number, at: range.lowerBound) }
    for entry in contents.entries {
      guard isNew(entry.frame) else { continue }
      guard show(entry, bytes, number, logs, head) else {
        setAside(bytes[entry.range], of: number, at: entry.offset)
        continue
      }
      catalogue.note(entry.frame, in: number, end: entry.range.upperBound)
    }
    catalogue.note(segment: number, bytes: bytes.count)
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

  /// False when the frame cannot be unpacked although its checksum holds.
  private func show(
    _ entry: SegmentContents.Entry, _ bytes: [UInt8], _ number: Int, _ logs: LogIndex,
    _ head: SampleHead
  ) -> Bool {
    let frame = entry.frame
    if frame.sampleCount > 0 {
      guard let batch = frame.batch(bytes.span.extracting(entry.range)) else { return false }
      head.insert(batch)
    }
    if let place = LogEntry(frame, segment: number, offset: entry.offset) {
      logs.insert(place, batch: nil)
    }
    return true
  }

  /// Copies a damaged region to the quarantine folder, best effort: a start never fails for it.
  private mutating func setAside(_ bytes: ArraySlice<UInt8>, of number: Int, at offset: Int) {
    damagedRegions += 1
    let quarantine = folder + "/quarantine"
    do throws(DiskFault) {
      try disk.makeFolder(quarantine)
      let copy = try disk.open(quarantine + "/segment-\(number)-\(offset).bin", create: true)
      if try copy.size() != bytes.count {
        try copy.truncate(to: 0)
        try copy.append(Array(bytes), at: 0)
      }
    } catch {
      // The region stays where it is in its segment; only the copy is missing.
    }
  }
}
