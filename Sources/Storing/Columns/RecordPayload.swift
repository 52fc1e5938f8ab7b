import Model
import Packing

/// The records of a batch as columns: what level 0 keeps of them. FORMAT.md has it byte by byte.
enum RecordPayload {
  static let version: UInt8 = 1
  /// Rows of one group, so that a row's number in it fits 16 bits.
  static let mostRows = 65_536
  /// Unpacked bytes of a payload; a longer claim is damage.
  static let longest = 1 << 30

  /// Packs the records of a batch. A record keeps at most 256 fields of one name and kind, and
  /// what lies outside of the batch's bytes is taken for empty.
  static func pack(_ batch: Batch) -> [UInt8] {
    // Never empty, so that there always is a first byte to point at.
    let arena = batch.arena.isEmpty ? [0] : batch.arena
    let records = batch.records
    let fields = batch.fields
    // The arrays outlive the closures, in which alone their memory is touched.
    return arena.withUnsafeBufferPointer { arena in
      records.withUnsafeBufferPointer { records in
        fields.withUnsafeBufferPointer { fields in
          guard let bytes = arena.baseAddress else { return [] }
          let packer = GroupPacker(
            bytes: ValueBytes(base: bytes, count: arena.count), records: records, fields: fields)
          return packer.pack()
        }
      }
    }
  }

  /// Reads a payload; nil when any of its parts is damaged or does not fit the others.
  static func unpack(_ payload: Span<UInt8>) -> RecordColumns? {
    var reader = BlockReader(payload)
    guard let count = reader.takeHead() else { return nil }
    var groups: [RecordGroup] = []
    for _ in 0..<count {
      guard let bytes = reader.takeGroup() else { return nil }
      var group = GroupReader(bytes)
      guard let read = group.read() else { return nil }
      groups.append(read)
    }
    return reader.isAtEnd ? RecordColumns(groups: groups) : nil
  }
}
