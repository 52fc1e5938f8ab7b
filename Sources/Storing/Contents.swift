import Bytes
import Model
import Packing
import Synchronization

/// A level-0 frame that holds records, and where it lies.
struct FrameEntry: Sendable {
  let sequence: UInt64
  let file: StoredFile
  let offset: Int
  let size: Int
  let rows: Int
  /// Nanoseconds.
  let times: ClosedRange<Int64>
  var tenants: [ByteString]

  /// Nil for a frame without records.
  init?(_ frame: Frame, in file: StoredFile, offset: Int) {
    guard let times = frame.recordTimes else { return nil }
    sequence = frame.sequence
    self.file = file
    self.offset = offset
    size = frame.size
    rows = frame.recordCount
    self.times = times
    tenants = frame.tenants
  }
}

/// A block and the file it lies in.
struct BlockEntry: Sendable {
  let head: BlockHead
  let file: StoredFile

  /// Its bytes; nil when they are not those that were written, by the catalogue's checksum. Throws
  /// when they cannot be read now, which says nothing of them.
  func checkedBytes() throws(DiskFault) -> [UInt8]? {
    let bytes = try file.read(at: head.offset, count: head.size)
    guard bytes.count == head.size, Checksum.xxh3(bytes) == head.checksum else { return nil }
    ReadMeter.current?.note { $0.bytesRead += bytes.count }
    return bytes
  }

  /// Its bytes; nil when they cannot be read or are not those that were written.
  func bytes() -> [UInt8]? {
    (try? checkedBytes()) ?? nil
  }
}

/// What reads go through: the frames of the segments that are not compacted yet, and the blocks of
/// those that are. Both change together, so that a read finds each row once; what a read has found
/// stays readable until it is done.
final class Contents: Sendable {
  /// What the lock guards.
  private struct State {
    var frames: [FrameEntry] = []
    var blocks: [ByteString: [BlockEntry]] = [:]
    var segments: [Int: Segment] = [:]
    var files: [Int: BlockFile] = [:]
    /// Of the segments together.
    var unsealedBytes = 0

    /// The blocks of a kind, whose times `overlap`; those that are not among them are counted.
    func blocks(
      _ kind: BlockKind, in scope: Scope, _ overlap: (ClosedRange<Int64>) -> Bool
    ) -> [BlockEntry] {
      var found: [BlockEntry] = []
      var others = 0
      var outside = 0
      for (tenant, blocks) in blocks {
        let isSeen = scope.sees(tenant)
        for block in blocks where block.head.kind == kind {
          if !isSeen {
            others += 1
          } else if overlap(block.head.times) {
            found.append(block)
          } else {
            outside += 1
          }
        }
      }
      let all = others + outside + found.count
      ReadMeter.current?.note { counts in
        counts.blocksConsidered += all
        counts.prunedByTenant += others
        counts.prunedByTime += outside
      }
      return found
    }
  }

  /// A level-0 segment.
  struct Segment: Sendable {
    let file: StoredFile
    var bytes = 0
    var rows = 0
    /// Nanoseconds; nil while it has no row that can be read.
    var newest: Int64?
    /// Nothing of it could be read: it stays as it is.
    var isUnreadable = false
    /// The idempotency keys of its frames, and when those were committed.
    var keys: [IdempotencyKey] = []
  }

  /// A block file.
  struct BlockFile: Sendable {
    let file: StoredFile
    let size: Int
    /// Segments and files whose rows it has, which may still be on disk.
    var sealed: [Int]
    var replaced: [Int]
    var blocks: [BlockHead]
  }

  /// What a read found; it keeps the files alive.
  struct Snapshot: Sendable {
    var frames: [FrameEntry] = []
    var blocks: [BlockEntry] = []
  }

  private let state = Mutex(State())

  /// Adds a frame in order of commit.
  func insert(_ frame: Frame, in file: StoredFile, offset: Int) {
    let entry = FrameEntry(frame, in: file, offset: offset)
    state.withLock { state in
      var segment = state.segments[file.number] ?? Segment(file: file)
      let end = max(segment.bytes, offset + frame.size)
      state.unsealedBytes += end - segment.bytes
      segment.bytes = end
      segment.rows += frame.recordCount + frame.sampleCount
      if let newest = frame.times?.upperBound {
        segment.newest = max(segment.newest ?? .min, newest)
      }
      if !frame.idempotencyKey.isEmpty {
        segment.keys.append(
          IdempotencyKey(bytes: frame.idempotencyKey, committedAt: frame.committedAt))
      }
      state.segments[file.number] = segment
      guard var entry else { return }
      // Neighbours mostly hold the same tenants: one array serves them all.
      if let last = state.frames.last, last.tenants == entry.tenants {
        entry.tenants = last.tenants
      }
      state.frames.append(entry)
    }
  }

  /// Notes a segment that a start found, with its size.
  func note(_ file: StoredFile, bytes: Int, isUnreadable: Bool = false) {
    state.withLock { state in
      let before = state.segments[file.number]?.bytes ?? 0
      if !isUnreadable { state.unsealedBytes += bytes - before }
      state.segments[file.number, default: Segment(file: file)].bytes = bytes
      state.segments[file.number]?.isUnreadable = isUnreadable
    }
  }

  /// The file of a segment, made known when it is new.
  func segment(_ number: Int, make: () -> StoredFile) -> StoredFile {
    state.withLock { state in
      if let known = state.segments[number] { return known.file }
      let file = make()
      state.segments[number] = Segment(file: file)
      return file
    }
  }

  /// Puts a block file in the place of the segments and files whose rows it has.
  func replace(with file: StoredFile, size: Int, _ directory: BlockDirectory) {
    let gone: [StoredFile] = state.withLock { state in
      var gone: [StoredFile] = []
      let sealed = Set(directory.sealed)
      state.frames.removeAll { sealed.contains($0.file.number) }
      for number in directory.sealed {
        guard let segment = state.segments.removeValue(forKey: number) else { continue }
        state.unsealedBytes -= segment.bytes
        gone.append(segment.file)
      }
      for number in directory.replaced { gone += Self.remove(file: number, &state) }
      state.files[file.number] = BlockFile(
        file: file, size: size, sealed: directory.sealed, replaced: directory.replaced,
        blocks: directory.blocks)
      for head in directory.blocks {
        state.blocks[head.tenant, default: []].append(BlockEntry(head: head, file: file))
      }
      return gone
    }
    for file in gone { file.doom() }
  }

  private static func remove(file number: Int, _ state: inout State) -> [StoredFile] {
    guard let old = state.files.removeValue(forKey: number) else { return [] }
    for tenant in Set(old.blocks.map(\.tenant)) {
      state.blocks[tenant]?.removeAll { $0.file.number == number }
      if state.blocks[tenant]?.isEmpty == true { state.blocks[tenant] = nil }
    }
    return [old.file]
  }

  /// Takes whole files out of sight; they go with their last reader.
  func remove(files: [Int], segments: [Int]) {
    let gone: [StoredFile] = state.withLock { state in
      var gone = files.flatMap { Self.remove(file: $0, &state) }
      let numbers = Set(segments)
      state.frames.removeAll { numbers.contains($0.file.number) }
      for number in segments {
        guard let segment = state.segments.removeValue(forKey: number) else { continue }
        state.unsealedBytes -= segment.bytes
        gone.append(segment.file)
      }
      return gone
    }
    for file in gone { file.doom() }
  }

  /// Takes some blocks of a file out of sight.
  func remove(blocks: Set<UInt64>, of number: Int) {
    state.withLock { state in
      state.files[number]?.blocks.removeAll { blocks.contains($0.id) }
      for tenant in state.blocks.keys {
        state.blocks[tenant]?.removeAll {
          $0.file.number == number && blocks.contains($0.head.id)
        }
      }
    }
  }

  /// What may hold records of `from..<to` (nanoseconds) of the scope, oldest commit first.
  func logs(in scope: Scope, from: Int64, to: Int64) -> Snapshot {
    state.withLock { state in
      var found = Snapshot()
      found.blocks = state.blocks(.log, in: scope) { $0.lowerBound < to && $0.upperBound >= from }
      found.frames = state.frames.filter { entry in
        entry.times.lowerBound < to && entry.times.upperBound >= from
          && entry.tenants.contains { scope.sees($0) }
      }
      found.blocks.sort { $0.head.id < $1.head.id }
      return found
    }
  }

  /// The blocks that may hold samples of `from...through` (milliseconds) of the scope, oldest
  /// first.
  func samples(in scope: Scope, from: Int64, through: Int64) -> [BlockEntry] {
    state.withLock { state in
      state.blocks(.samples, in: scope) { $0.lowerBound <= through && $0.upperBound >= from }
        .sorted { $0.head.id < $1.head.id }
    }
  }

  /// The tenants of the blocks, and of the frames with records; those of samples that are not
  /// compacted yet are the head's.
  var tenants: Set<ByteString> {
    state.withLock { state in
      var tenants = Set(state.blocks.keys)
      for frame in state.frames { tenants.formUnion(frame.tenants) }
      return tenants
    }
  }

  /// The frames with records of the segments up to `number`, and all those segments that could be
  /// read.
  func unsealed(through number: Int) -> (frames: [FrameEntry], segments: [Segment]) {
    state.withLock { state in
      let segments = state.segments.filter { $0.key <= number && !$0.value.isUnreadable }
      return (
        state.frames.filter { $0.file.number <= number && segments[$0.file.number] != nil },
        segments.values.sorted { $0.file.number < $1.file.number }
      )
    }
  }

  /// Level-0 segments by number.
  var segments: [Int: Segment] { state.withLock { $0.segments } }

  /// Block files by number.
  var files: [Int: BlockFile] { state.withLock { $0.files } }

  /// Bytes of the level-0 segments, and how many frames with records they have.
  var unsealed: (bytes: Int, frames: Int) {
    state.withLock { ($0.unsealedBytes, $0.frames.count) }
  }
}

extension Frame {
  /// Nanoseconds of its rows, nil without any; a time beyond what nanoseconds hold is the nearest
  /// that they do.
  var times: ClosedRange<Int64>? {
    let samples = sampleTimes.map {
      BlockTimes.nanoseconds($0.lowerBound)...BlockTimes.nanoseconds($0.upperBound)
    }
    guard let records = recordTimes else { return samples }
    guard let samples else { return records }
    return min(records.lowerBound, samples.lowerBound)...max(records.upperBound, samples.upperBound)
  }
}

/// Times of blocks on one scale.
enum BlockTimes {
  static func nanoseconds(_ milliseconds: Int64) -> Int64 {
    milliseconds.multiplied(by: 1_000_000) ?? (milliseconds < 0 ? .min : .max)
  }

  /// The newest row of a block, nanoseconds.
  static func newest(_ head: BlockHead) -> Int64 {
    head.kind == .samples ? nanoseconds(head.times.upperBound) : head.times.upperBound
  }
}
