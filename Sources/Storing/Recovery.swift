import Bytes

/// A start: reads every segment, sets aside what is damaged, cuts off what was never acknowledged.
struct Recovery {
  private let disk: any Disk
  private let folder: String
  private let segments: String
  private var seen: Set<UInt64> = []
  private(set) var keys = KeyMemory()
  private(set) var nextSequence: UInt64 = 1
  private(set) var lastNumber = 1
  private(set) var lastSize = 0
  private(set) var damagedCount = 0

  init(_ disk: any Disk, _ folder: String, _ segments: String) {
    self.disk = disk
    self.folder = folder
    self.segments = segments
  }

  mutating func run(
    into logs: LogIndex, _ head: SampleHead, _ catalogue: Catalogue
  ) throws(DiskFault) {
    let numbers = try disk.list(segments).compactMap(SegmentWriter.number).sorted()
    for number in numbers {
      let isLast = number == numbers.last
      let file = try disk.open(SegmentWriter.path(segments, number), create: false)
      let bytes = try file.read(at: 0, count: file.size())
      let contents = SegmentContents(bytes)
      for range in contents.damaged { keep(Array(bytes[range]), of: number, at: range.lowerBound) }
      for entry in contents.entries {
        take(entry, bytes, number, logs, head)
        catalogue.note(entry.frame, in: number)
      }
      if isLast {
        try cut(file, bytes, to: contents.wholeSize)
        lastNumber = number
        lastSize = contents.wholeSize
      } else {
        catalogue.close(segment: number, size: bytes.count)
      }
    }
  }

  private mutating func take(
    _ entry: SegmentContents.Entry, _ bytes: [UInt8], _ number: Int, _ logs: LogIndex,
    _ head: SampleHead
  ) {
    let frame = entry.frame
    // A group that was written to two segments after a failed sync is kept once.
    guard seen.insert(frame.sequence).inserted else { return }
    nextSequence = max(nextSequence, frame.sequence &+ 1)
    if !frame.idempotencyKey.isEmpty {
      keys.remember(frame.idempotencyKey, at: frame.committedAt)
    }
    if frame.sampleCount > 0,
      let batch = frame.batch(Array(bytes[entry.offset..<(entry.offset + frame.size)]))
    {
      head.insert(batch)
    }
    if let times = frame.recordTimes {
      logs.insert(
        LogEntry(
          sequence: frame.sequence, segment: number, offset: entry.offset, size: frame.size,
          times: times, tenants: frame.tenants),
        batch: nil)
    }
  }

  /// Cuts off a group whose sync never ended: nobody was told it is stored.
  private mutating func cut(
    _ file: any DiskFile, _ bytes: [UInt8], to size: Int
  ) throws(DiskFault) {
    guard bytes.count > size else { return }
    try file.truncate(to: size)
    try file.sync()
  }

  /// Copies a damaged region to the quarantine folder, best effort: a start never fails for it.
  private mutating func keep(_ bytes: [UInt8], of number: Int, at offset: Int) {
    damagedCount += 1
    let quarantine = folder + "/quarantine"
    do throws(DiskFault) {
      try disk.makeFolder(quarantine)
      let file = try disk.open(quarantine + "/segment-\(number)-\(offset).bin", create: true)
      if try file.size() == 0 { try file.append(bytes, at: 0) }
    } catch {
      // The region stays where it is in its segment; only the copy is missing.
    }
  }
}
