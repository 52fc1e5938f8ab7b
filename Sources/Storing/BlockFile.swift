import Bytes
import Packing

/// What a block of a block file holds. Raw values are stored.
enum BlockKind: UInt8, Sendable {
  /// Records of one tenant.
  case log = 1
  /// Samples of one tenant, with the index of their series.
  case samples = 2
  /// Idempotency keys of the frames that were compacted into the file.
  case keys = 3
}

/// What is known of a block without reading it.
struct BlockHead: Sendable, Equatable {
  let id: UInt64
  let kind: BlockKind
  /// Empty for keys, which belong to none.
  let tenant: ByteString
  let offset: Int
  let size: Int
  /// Records, samples or keys.
  let rows: Int
  /// Records and keys in nanoseconds, samples in milliseconds.
  let times: ClosedRange<Int64>
  /// XXH3 of the block's bytes: beside the block, so that a stale or stray write shows.
  let checksum: UInt64
}

/// What a block file says of itself at its end. FORMAT.md has it byte by byte.
struct BlockDirectory: Sendable, Equatable {
  static let magic: UInt32 = 0x3142_4C50  // "PLB1"
  static let version: UInt8 = 1
  /// Magic, version and padding, at the start of a file.
  static let headSize = 16
  static let trailerSize = 24

  var blocks: [BlockHead] = []
  /// Level-0 segments whose rows are in the file: they count no more.
  var sealed: [Int] = []
  /// Block files whose blocks are in this one: they count no more.
  var replaced: [Int] = []

  static let head: [UInt8] = {
    var writer = LayoutWriter(capacity: headSize)
    writer.put(magic)
    writer.put(version)
    writer.put([UInt8](repeating: 0, count: headSize - 5))
    return writer.bytes
  }()

  /// The directory and the trailer that ends the file.
  func write() -> [UInt8] {
    var writer = LayoutWriter()
    for count in [blocks.count, sealed.count, replaced.count] {
      writer.put(UInt32(truncatingIfNeeded: count))
    }
    for block in blocks {
      writer.put(block.id)
      writer.put(block.kind.rawValue)
      writer.put(UInt8(truncatingIfNeeded: block.tenant.count))
      writer.put(UInt64(block.offset))
      writer.put(UInt32(truncatingIfNeeded: block.size))
      writer.put(UInt32(truncatingIfNeeded: block.rows))
      writer.put(block.times.lowerBound)
      writer.put(block.times.upperBound)
      writer.put(block.checksum)
      writer.put(block.tenant.bytes.prefix(Int(UInt8.max)))
    }
    for number in sealed + replaced { writer.put(UInt64(number)) }
    let size = writer.bytes.count
    let checksum = Checksum.xxh3(writer.bytes)
    writer.put(UInt64(size))
    writer.put(checksum)
    writer.put(Self.magic)
    writer.put(UInt32(Self.version))
    return writer.bytes
  }

  /// Reads the directory of a file of `size` bytes; nil when it has none that is whole.
  static func read(_ file: StoredFile, size: Int) throws(DiskFault) -> BlockDirectory? {
    guard size >= headSize + trailerSize else { return nil }
    let trailer = try file.read(at: size - trailerSize, count: trailerSize)
    var reader = LayoutReader(trailer.span)
    guard let length = reader.take(UInt64.self), let checksum = reader.take(UInt64.self),
      reader.take(UInt32.self) == magic, reader.take(UInt32.self) == UInt32(version),
      length <= UInt64(size - headSize - trailerSize)
    else { return nil }
    let start = size - trailerSize - Int(length)
    let bytes = try file.read(at: start, count: Int(length))
    guard Checksum.xxh3(bytes) == checksum else { return nil }
    return BlockDirectory(bytes.span, end: start)
  }

  private init?(_ bytes: Span<UInt8>, end: Int) {
    var reader = LayoutReader(bytes)
    guard let blockCount = reader.take(UInt32.self), let sealedCount = reader.take(UInt32.self),
      let replacedCount = reader.take(UInt32.self)
    else { return nil }
    for _ in 0..<blockCount {
      guard let block = BlockHead(&reader, end: end) else { return nil }
      blocks.append(block)
    }
    for index in 0..<(Int(sealedCount) + Int(replacedCount)) {
      guard let number = reader.take(UInt64.self), let number = Int(exactly: number) else {
        return nil
      }
      if index < Int(sealedCount) { sealed.append(number) } else { replaced.append(number) }
    }
  }

  init() {}
}

extension BlockHead {
  /// Reads what a directory says of a block that lies before `end`.
  fileprivate init?(_ reader: inout LayoutReader, end: Int) {
    guard let id = reader.take(UInt64.self),
      let kind = reader.take(UInt8.self).flatMap(BlockKind.init(rawValue:)),
      let tenantSize = reader.take(UInt8.self), let offset = reader.take(UInt64.self),
      let size = reader.take(UInt32.self), let rows = reader.take(UInt32.self),
      let first = reader.take(Int64.self), let last = reader.take(Int64.self),
      let checksum = reader.take(UInt64.self), let tenant = reader.take(count: Int(tenantSize)),
      first <= last, offset <= UInt64(end), UInt64(size) <= UInt64(end) - offset
    else { return nil }
    self.init(
      id: id, kind: kind, tenant: ByteString(tenant), offset: Int(offset), size: Int(size),
      rows: Int(rows), times: first...last, checksum: checksum)
  }
}

/// A block file that is being written: under another name until it is whole and durable.
struct BlockFileWriter {
  /// Blocks are gathered to writes of about this size.
  private static let writeBytes = 4 << 20

  let number: Int
  private let disk: any Disk
  private let folder: String
  private let file: any DiskFile
  private var pending = BlockDirectory.head
  private var written = 0
  private(set) var directory = BlockDirectory()

  static func path(_ folder: String, _ number: Int, isDraft: Bool = false) -> String {
    let digits = String(number)
    let zeros = String(repeating: "0", count: max(0, 8 - digits.count))
    return folder + "/" + zeros + digits + (isDraft ? ".draft" : ".blk")
  }

  /// The number of a block file's name; nil when it is none of ours.
  static func number(of name: String, suffix: String = ".blk") -> Int? {
    guard name.hasSuffix(suffix), name.utf8.count == 8 + suffix.utf8.count,
      name.utf8.prefix(8).allSatisfy(\.isDigit)
    else { return nil }
    return Int(name.prefix(8))
  }

  init(_ disk: any Disk, _ folder: String, number: Int) throws(DiskFault) {
    self.disk = disk
    self.folder = folder
    self.number = number
    file = try disk.open(Self.path(folder, number, isDraft: true), create: true)
    try file.truncate(to: 0)
  }

  /// The id of the next block.
  var nextID: UInt64 { UInt64(number) << 24 | UInt64(directory.blocks.count) }

  /// Adds a block, which was made with `id`: `nextID`, or that of a block whose place it takes.
  mutating func append(
    _ bytes: [UInt8], _ kind: BlockKind, id: UInt64, tenant: ByteString, rows: Int,
    times: ClosedRange<Int64>
  ) throws(DiskFault) {
    directory.blocks.append(
      BlockHead(
        id: id, kind: kind, tenant: tenant, offset: written + pending.count,
        size: bytes.count, rows: rows, times: times, checksum: Checksum.xxh3(bytes)))
    pending += bytes
    if pending.count >= Self.writeBytes { try flush() }
  }

  /// Adds a block of another file as it is.
  mutating func append(copyOf block: BlockHead, _ bytes: [UInt8]) throws(DiskFault) {
    directory.blocks.append(
      BlockHead(
        id: block.id, kind: block.kind, tenant: block.tenant, offset: written + pending.count,
        size: bytes.count, rows: block.rows, times: block.times, checksum: block.checksum))
    pending += bytes
    if pending.count >= Self.writeBytes { try flush() }
  }

  private mutating func flush() throws(DiskFault) {
    try file.append(pending, at: written)
    written += pending.count
    pending.removeAll(keepingCapacity: true)
  }

  /// Makes the file whole and durable under its own name (reliability: file, then folder), and
  /// returns its size.
  mutating func finish(sealed: [Int], replaced: [Int]) throws(DiskFault) -> Int {
    directory.sealed = sealed
    directory.replaced = replaced
    pending += directory.write()
    try flush()
    try file.sync()
    try disk.rename(
      Self.path(folder, number, isDraft: true), to: Self.path(folder, number))
    try disk.syncFolder(folder)
    return written
  }

  /// Removes what was written of a file that will not be finished.
  func abandon() {
    for isDraft in [true, false] {
      try? disk.remove(Self.path(folder, number, isDraft: isDraft))
    }
  }
}
