import Bytes
import Model
import Packing
import Synchronization

/// Where the bytes of a block are: in memory, or in a file, of which only the sections that are
/// asked for are read.
enum BlockBytes: Sendable {
  case memory([UInt8])
  case file(StoredFile, offset: Int, size: Int)

  var count: Int {
    switch self {
    case .memory(let bytes): bytes.count
    case .file(_, _, let size): size
    }
  }

  /// Nil when they are not there, or cannot be read now.
  func read(_ range: Range<Int>) -> [UInt8]? {
    guard range.lowerBound >= 0, range.upperBound <= count else { return nil }
    switch self {
    case .memory(let bytes): return Array(bytes[range])
    case .file(let file, let offset, _):
      let bytes = try? file.read(at: offset + range.lowerBound, count: range.count)
      ReadMeter.current?.note { $0.bytesRead += range.count }
      return bytes?.count == range.count ? bytes : nil
    }
  }
}

/// The parts of a block that is read.
struct SectionReader: Sendable {
  /// Where a section lies.
  private struct Part: Sendable {
    let range: Range<Int>
    let size: Int
    let checksum: UInt64
  }

  let rowCount: Int
  private let bytes: BlockBytes
  private let id: UInt64
  private let cache: BlockCache<[UInt8]>?
  private var parts: [UInt32: Part] = [:]

  /// Nil when the bytes are not the block of that tenant and number. Sections are kept in `cache`.
  init?(_ bytes: BlockBytes, tenant: ByteString, blockID: UInt64, cache: BlockCache<[UInt8]>?) {
    self.bytes = bytes
    self.cache = cache
    id = blockID
    guard let head = bytes.read(0..<min(bytes.count, LogBlockLayout.longestHead)) else {
      return nil
    }
    var reader = LayoutReader(head.span)
    guard reader.take(UInt32.self) == LogBlockLayout.magic,
      reader.take(UInt8.self) == LogBlockLayout.version,
      let tenantSize = reader.take(UInt8.self), reader.take(UInt16.self) == 0,
      reader.take(UInt64.self) == blockID, let rows = reader.take(UInt32.self),
      let count = reader.take(UInt32.self), count < LogBlockLayout.mostSections,
      let name = reader.take(count: Int(tenantSize)), ByteString(name) == tenant
    else { return nil }
    rowCount = Int(rows)
    var found: [(section: UInt32, packed: Int, size: Int, checksum: UInt64)] = []
    for _ in 0..<count {
      guard let section = reader.take(UInt32.self), let packed = reader.take(UInt32.self),
        let size = reader.take(UInt32.self), let checksum = reader.take(UInt64.self)
      else { return nil }
      found.append((section, Int(packed), Int(size), checksum))
    }
    let end = reader.position
    guard let own = reader.take(UInt64.self),
      Checksum.xxh3(head.span.extracting(0..<end)) == own
    else { return nil }
    var position = reader.position
    for part in found {
      guard part.packed <= bytes.count - position else { return nil }
      parts[part.section] = Part(
        range: position..<(position + part.packed), size: part.size, checksum: part.checksum)
      position += part.packed
    }
  }

  /// A section's bytes; nil when there is none or it is not what was written.
  func section(_ section: LogSection) -> [UInt8]? {
    guard let part = parts[section.rawValue] else { return nil }
    guard let cache else { return read(part) }
    return cache.value(id: id, checksum: part.checksum, cost: { $0.count + 64 }) { read(part) }
  }

  private func read(_ part: Part) -> [UInt8]? {
    ReadMeter.current?.note { $0.bytesUnpacked += part.size }
    return ReadMeter.current.reading { unpacked(part) }
  }

  private func unpacked(_ part: Part) -> [UInt8]? {
    guard let packed = bytes.read(part.range), Checksum.xxh3(packed.span) == part.checksum else {
      return nil
    }
    if part.size == packed.count { return packed }
    return try? Zstandard.unpack(
      packed.span, size: part.size, limit: LogBlockLayout.longestSection)
  }
}
