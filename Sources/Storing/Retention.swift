import Bytes
import Model

/// Which blocks are past their time, or too many.
struct Retention: Sendable {
  private let settings: StoreSettings
  private let now: Int64

  /// `now` is in nanoseconds.
  init(_ settings: StoreSettings, now: Int64) {
    self.settings = settings
    self.now = now
  }

  /// Rows of the tenant that are older go; nanoseconds.
  func oldest(of tenant: ByteString) -> Int64 {
    now.adding(-(settings.retentionByTenant[tenant] ?? settings.retention)) ?? .min
  }

  /// Segments hold rows of many tenants: they wait for the longest.
  private var oldestOfAll: Int64 {
    now.adding(-settings.longestRetention) ?? .min
  }

  /// The ids of blocks that go, by file.
  func expired(_ files: [Int: Contents.BlockFile]) -> [Int: Set<UInt64>] {
    var gone: [Int: Set<UInt64>] = [:]
    var kept: [ByteString: [(file: Int, head: BlockHead)]] = [:]
    let oldestKey = now.adding(-Limits.idempotencyNanoseconds) ?? .min
    for (number, file) in files {
      for head in file.blocks {
        let limit = head.kind == .keys ? oldestKey : oldest(of: head.tenant)
        if BlockTimes.newest(head) < limit {
          gone[number, default: []].insert(head.id)
        } else if head.kind != .keys {
          kept[head.tenant, default: []].append((number, head))
        }
      }
    }
    for (tenant, blocks) in kept {
      guard let limit = settings.bytesByTenant[tenant] ?? settings.bytesPerTenant else { continue }
      var total = 0
      for block in blocks.sorted(by: { BlockTimes.newest($0.head) > BlockTimes.newest($1.head) }) {
        total += block.head.size
        if total > limit { gone[block.file, default: []].insert(block.head.id) }
      }
    }
    return gone
  }

  /// Ended segments that hold nothing younger. One without a row that can be read is not among
  /// them: what cannot be read is not deleted.
  func expired(_ segments: [Int: Contents.Segment], before last: Int) -> [Int] {
    segments.filter { $0.key < last && ($0.value.newest ?? .max) < oldestOfAll }.keys.sorted()
  }
}

extension Compactor {
  /// A file is written anew when less than this share of it, in percent, is still needed.
  private static let worthKeeping = 50

  /// Drops what the retention no longer wants: the catalogue first, then out of sight, then the
  /// files. Rows of a block that is partly past its time stay until all of it is.
  mutating func retire(_ retention: Retention) throws {
    let segments = contents.segments
    let ended = retention.expired(segments, before: segments.keys.max() ?? 0)
    contents.remove(files: [], segments: ended)
    let files = contents.files
    let dropped = retention.expired(files)
    for (number, gone) in dropped {
      guard let file = files[number] else { continue }
      let rest = file.blocks.filter { !gone.contains($0.id) }
      if rest.isEmpty {
        // Nobody will know then what the file replaced: that must be gone for good before. What a
        // read still holds waits for the next turn.
        guard try present(file.replaced, in: "/blocks").isEmpty,
          try present(file.sealed, in: "/segments").isEmpty
        else { continue }
        try catalogue.remove(files: [number])
        contents.remove(files: [number], segments: [])
        continue
      }
      var directory = BlockDirectory()
      (directory.sealed, directory.replaced) = (file.sealed, file.replaced)
      directory.blocks = rest
      try catalogue.update(Catalogue.File(number: number, size: file.size, directory: directory))
      contents.remove(blocks: gone, of: number)
      let live = rest.reduce(0) { $0 + $1.size }
      if live * 100 < file.size * Self.worthKeeping { try rewrite(number) }
    }
    // What is gone stays gone, also when the power goes now.
    if !ended.isEmpty { try disk.syncFolder(folder + "/segments") }
    if !dropped.isEmpty { try disk.syncFolder(blocks) }
  }

  /// Writes the blocks a file still needs to a new file.
  mutating func rewrite(_ number: Int) throws {
    guard let file = contents.files[number] else { return }
    try write(sealed: present(file.sealed, in: "/segments"), replaced: [number]) {
      compactor, writer in
      for head in file.blocks {
        try compactor.copy(BlockEntry(head: head, file: file.file), to: &writer)
      }
    }
  }

  /// Copies a block as it is. What cannot be read is set aside and counted, not copied.
  func copy(_ block: BlockEntry, to writer: inout BlockFileWriter) throws(DiskFault) {
    if let bytes = try block.checkedBytes() { return try writer.append(copyOf: block.head, bytes) }
    try setAside(block)
  }

  /// Keeps a copy of a block that cannot be read, and counts it. Throws when that fails: what
  /// cannot be read is not deleted.
  func setAside(_ block: BlockEntry) throws(DiskFault) {
    damage.note(block)
    let bytes = try block.file.read(at: block.head.offset, count: block.head.size)
    try Quarantine(disk, folder).keep(bytes, as: "block-\(block.head.id).bin")
  }

  /// Those files, by number, of a folder that are still on disk, because a read has them or their
  /// removal failed: the next directory names them again.
  func present(_ numbers: [Int], in inner: String) throws(DiskFault) -> [Int] {
    guard !numbers.isEmpty else { return [] }
    // What looks removed must be: a name whose removal is not durable may come back.
    try disk.syncFolder(folder + inner)
    let names = try disk.list(folder + inner)
    let found = Set(
      names.compactMap { SegmentWriter.number(of: $0) ?? BlockFileWriter.number(of: $0) })
    return numbers.filter(found.contains)
  }
}
