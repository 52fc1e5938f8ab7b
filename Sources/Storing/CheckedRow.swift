import Bytes
import Packing

/// Rows of the catalogue with a checksum of their own, which SQLite's files do not have.
enum CheckedRow {
  /// XXH3 of the values of a row.
  static func checksum(_ values: [DatabaseValue]) -> Int64 {
    var writer = LayoutWriter()
    for value in values {
      switch value {
      case .integer(let number):
        writer.put(UInt8(1))
        writer.put(number)
      case .text(let text):
        writer.put(UInt8(2))
        writer.put(UInt32(truncatingIfNeeded: text.utf8.count))
        writer.put(Array(text.utf8))
      case .blob(let bytes):
        writer.put(UInt8(3))
        writer.put(UInt32(truncatingIfNeeded: bytes.count))
        writer.put(bytes)
      case .null: writer.put(UInt8(0))
      }
    }
    return Int64(bitPattern: Checksum.xxh3(writer.bytes))
  }

  /// Whether a row's last value is the checksum of the others.
  static func isWhole(_ row: [DatabaseValue]) -> Bool {
    guard let stated = row.last?.integer else { return false }
    return checksum(row.dropLast()) == stated
  }

  /// The file's number, which comes first in every row.
  static func file(_ row: [DatabaseValue]) -> Int? {
    row.first?.integer.flatMap { Int(exactly: $0) }
  }

  /// What is known of a file apart from its blocks.
  static func of(_ file: Catalogue.File) -> [DatabaseValue] {
    var links = LayoutWriter()
    links.put(UInt32(truncatingIfNeeded: file.directory.sealed.count))
    for number in file.directory.sealed + file.directory.replaced { links.put(UInt64(number)) }
    let values: [DatabaseValue] = [
      .integer(Int64(file.number)), .integer(Int64(file.size)),
      .integer(Int64(file.directory.blocks.count)), .blob(links.bytes),
    ]
    return values + [.integer(checksum(values))]
  }

  /// Reads that row; nil when it is not what was written.
  static func head(
    _ row: [DatabaseValue]
  ) -> (number: Int, size: Int, blocks: Int, links: BlockDirectory)? {
    guard row.count == 5, isWhole(row), let number = file(row), let size = integer(row[1]),
      let blocks = integer(row[2]), let bytes = row[3].blob
    else { return nil }
    var reader = LayoutReader(bytes.span)
    guard let sealedCount = reader.take(UInt32.self) else { return nil }
    var directory = BlockDirectory()
    while let number = reader.take(UInt64.self) {
      if directory.sealed.count < Int(sealedCount) {
        directory.sealed.append(Int(clamping: number))
      } else {
        directory.replaced.append(Int(clamping: number))
      }
    }
    return (number, size, blocks, directory)
  }

  /// A block of a file.
  static func of(_ block: BlockHead, in file: Int) -> [DatabaseValue] {
    let values: [DatabaseValue] = [
      .integer(Int64(file)), .integer(Int64(bitPattern: block.id)),
      .integer(Int64(block.kind.rawValue)), .blob(block.tenant.bytes),
      .integer(Int64(block.offset)), .integer(Int64(block.size)), .integer(Int64(block.rows)),
      .integer(block.times.lowerBound), .integer(block.times.upperBound),
      .integer(Int64(bitPattern: block.checksum)),
    ]
    return values + [.integer(checksum(values))]
  }

  fileprivate static func integer(_ value: DatabaseValue) -> Int? {
    value.integer.flatMap { Int(exactly: $0) }
  }
}

extension BlockHead {
  /// Reads a block's row; nil when it is not what was written.
  init?(_ row: [DatabaseValue]) {
    guard row.count == 11, CheckedRow.isWhole(row), let id = row[1].integer,
      let kind = row[2].integer.flatMap({ UInt8(exactly: $0) }).flatMap(BlockKind.init(rawValue:)),
      let tenant = row[3].blob, let offset = CheckedRow.integer(row[4]),
      let size = CheckedRow.integer(row[5]), let rows = CheckedRow.integer(row[6]),
      let oldest = row[7].integer, let newest = row[8].integer, oldest <= newest,
      let checksum = row[9].integer, offset >= 0, size >= 0
    else { return nil }
    self.init(
      id: UInt64(bitPattern: id), kind: kind, tenant: ByteString(tenant), offset: offset,
      size: size, rows: rows, times: oldest...newest, checksum: UInt64(bitPattern: checksum))
  }
}
