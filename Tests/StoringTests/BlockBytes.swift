import Bytes
import Packing
import Support

/// A block file as FORMAT.md describes it, read by the tests' own hand, to aim damage at its parts
/// and to forge them.
struct BlockBytes {
  /// What a test may aim at.
  enum Part: CaseIterable {
    case head, block, directory, trailer
  }

  static let headSize = 16
  static let trailerSize = 24
  /// Of an entry of the directory, without its tenant.
  private static let entrySize = 50

  /// A block as the directory has it.
  struct Entry {
    let id: UInt64
    let kind: UInt8
    var range: Range<Int>
    var rows: Int
    var times: ClosedRange<Int64>
    let tenant: ByteString
    /// Where its entry begins in the file.
    let place: Int
  }

  var bytes: [UInt8]
  let directory: Range<Int>
  var entries: [Entry] = []

  init?(_ bytes: [UInt8]) {
    self.bytes = bytes
    guard bytes.count >= Self.headSize + Self.trailerSize else { return nil }
    let trailer = bytes.count - Self.trailerSize
    let size = Int(Self.number(bytes, trailer, 8))
    guard size <= trailer - Self.headSize else { return nil }
    directory = (trailer - size)..<trailer
    var place = directory.lowerBound + 12
    for _ in 0..<Self.number(bytes, directory.lowerBound, 4) {
      let tenantSize = Int(bytes[place + 9])
      let offset = Int(Self.number(bytes, place + 10, 8))
      let first = Int64(bitPattern: Self.number(bytes, place + 26, 8))
      let last = Int64(bitPattern: Self.number(bytes, place + 34, 8))
      entries.append(
        Entry(
          id: Self.number(bytes, place, 8), kind: bytes[place + 8],
          range: offset..<(offset + Int(Self.number(bytes, place + 18, 4))),
          rows: Int(Self.number(bytes, place + 22, 4)), times: first...last,
          tenant: ByteString(bytes[(place + 50)..<(place + 50 + tenantSize)]), place: place))
      place += Self.entrySize + tenantSize
    }
  }

  static func number(_ bytes: [UInt8], _ offset: Int, _ size: Int) -> UInt64 {
    (0..<size).reduce(0) { $0 | UInt64(bytes[offset + $1]) << UInt64(8 * $1) }
  }

  func range(of part: Part) -> Range<Int> {
    switch part {
    case .head: 0..<Self.headSize
    case .block: Self.headSize..<directory.lowerBound
    case .directory: directory
    case .trailer: directory.upperBound..<bytes.count
    }
  }

  /// Makes the checksums of the directory and of all blocks fit what is there now, as somebody who
  /// forges a file would.
  mutating func sign() {
    for entry in entries {
      let checksum = Checksum.xxh3(Array(bytes[entry.range]))
      bytes.replaceSubrange(
        (entry.place + 42)..<(entry.place + 50), with: checksum.littleEndianBytes)
    }
    let checksum = Checksum.xxh3(Array(bytes[directory]))
    let place = directory.upperBound + 8
    bytes.replaceSubrange(place..<(place + 8), with: checksum.littleEndianBytes)
  }
}
