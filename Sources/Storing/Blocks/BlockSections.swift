import Bytes
import Packing

/// Which part of a log block a section is. Raw values are stored.
enum LogSection: UInt32 {
  case times = 1
  case receivedAt = 2
  case levels = 3
  /// Names, kinds and presence of the columns.
  case columns = 4
  /// Small values of columns: numbers, codes, dictionaries.
  case numbers = 5
  /// Values as text.
  case texts = 6
  /// Bytes of hexadecimal texts, which nothing makes smaller.
  case hexadecimals = 7
  /// Shapes of texts that are mostly alike.
  case shapes = 8
  /// A Bloom filter over the words of the messages.
  case words = 9
  /// How many rows have each value of the columns with few of them.
  case counts = 10
}

/// The parts of a block while it is written: each is packed alone and has its checksum, so that a
/// read unpacks only what it needs.
struct SectionWriter {
  private var directory = LayoutWriter()
  private var body: [UInt8] = []
  private var count: UInt32 = 0

  /// Adds a section, packed when that makes it smaller.
  mutating func add(_ section: LogSection, _ bytes: [UInt8], with zstandard: borrowing Zstandard) {
    let start = body.count
    let packed = zstandard.compress(bytes.span, into: &body) ?? .max
    if packed >= bytes.count {
      body.removeLast(body.count - start)
      body += bytes
    }
    note(section, bytes.count, from: start)
  }

  /// Adds a section that nothing makes smaller.
  mutating func add(_ section: LogSection, _ bytes: [UInt8]) {
    let start = body.count
    body += bytes
    note(section, bytes.count, from: start)
  }

  private mutating func note(_ section: LogSection, _ size: Int, from start: Int) {
    directory.put(section.rawValue)
    directory.put(UInt32(truncatingIfNeeded: body.count - start))
    directory.put(UInt32(truncatingIfNeeded: size))
    directory.put(Checksum.xxh3(body.span.extracting(start..<body.count)))
    count += 1
  }

  /// The block: head, directory, sections.
  func block(tenant: ByteString, id: UInt64, rows: Int) -> [UInt8] {
    var head = LayoutWriter(capacity: 64 + directory.bytes.count)
    head.put(LogBlockLayout.magic)
    head.put(LogBlockLayout.version)
    head.put(UInt8(truncatingIfNeeded: tenant.count))
    head.put(UInt16(0))
    head.put(id)
    head.put(UInt32(truncatingIfNeeded: rows))
    head.put(count)
    head.put(tenant.bytes.prefix(Int(UInt8.max)))
    head.put(directory.bytes)
    head.put(Checksum.xxh3(head.bytes))
    return head.bytes + body
  }
}

/// The head of a log block.
enum LogBlockLayout {
  static let magic: UInt32 = 0x314C_4C50  // "PLL1"
  static let version: UInt8 = 1
  /// A longer claim is damage: rows are limited to 8 MiB of values, their numbers to as much.
  static let longestSection = 64 << 20
  static let mostSections: UInt32 = 64
  /// No head is longer.
  static let longestHead = 32 + Int(UInt8.max) + Int(mostSections) * 20
}
