import Model

/// The records of a payload by column, as they were packed: groups of rows that follow each other.
struct RecordColumns: Sendable {
  let groups: [RecordGroup]

  var rowCount: Int { groups.reduce(0) { $0 + $1.rowCount } }
}

/// Up to 65,536 rows whose columns lie in one piece of bytes. Every offset, code and length in it
/// has been checked against the others.
struct RecordGroup: Sendable {
  let bytes: [UInt8]
  let rowCount: Int
  /// Where the levels lie, a byte each.
  let levels: Int
  /// Nanoseconds.
  let times: PackedIntegers
  /// Nanoseconds.
  let receivedAt: PackedIntegers
  let tenants: PackedCodes
  let services: PackedCodes
  let environments: PackedCodes
  let hosts: PackedCodes
  let columns: [PackedColumn]
}

/// Integers as multiples of a scale above the least of them.
struct PackedIntegers: Sendable {
  let least: Int64
  let scale: UInt64
  /// Bytes of each: 0 when all are the least, else 1, 2, 4 or 8.
  let width: Int
  let offset: Int

  /// The integer at an index, wrapping as the writer's arithmetic did. `base` is the first of the
  /// group's bytes.
  @inline(__always)
  func value(_ index: Int, _ base: UnsafePointer<UInt8>) -> Int64 {
    // The reader has checked that all of them lie in the bytes.
    let raw = UnsafeRawPointer(base + offset)
    let above: UInt64
    switch width {
    case 0: return least
    case 1: above = UInt64(raw.load(fromByteOffset: index, as: UInt8.self))
    case 2:
      above = UInt64(
        UInt16(littleEndian: raw.loadUnaligned(fromByteOffset: index &* 2, as: UInt16.self)))
    case 4:
      above = UInt64(
        UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: index &* 4, as: UInt32.self)))
    default:
      above = UInt64(
        littleEndian: raw.loadUnaligned(fromByteOffset: index &* 8, as: UInt64.self))
    }
    return least &+ Int64(bitPattern: above &* scale)
  }
}

/// Distinct values and the code of each row's value.
struct PackedCodes: Sendable {
  /// Slices of the group's bytes.
  let values: [Slice]
  /// Bytes of a code: 0 when there is one value, else 1 or 2.
  let width: Int
  let offset: Int

  /// The code at an index. `base` is the first of the group's bytes.
  @inline(__always)
  func code(_ index: Int, _ base: UnsafePointer<UInt8>) -> Int {
    // The reader has checked that all of them lie in the bytes, and are of values.
    switch width {
    case 0: return 0
    case 1: return Int(base[offset &+ index])
    default:
      return Int(
        UInt16(
          littleEndian: UnsafeRawPointer(base + offset).loadUnaligned(
            fromByteOffset: index &* 2, as: UInt16.self)))
    }
  }
}

/// Values one after another.
struct PackedText: Sendable {
  /// Bytes of a length: 0 when all are `length`, else 1, 2 or 4.
  let width: Int
  let length: Int
  /// Where the lengths lie.
  let offset: Int
  /// Where the values lie, and their bytes together.
  let start: Int
  let byteCount: Int

  /// The length at an index. `base` is the first of the group's bytes.
  @inline(__always)
  func length(_ index: Int, _ base: UnsafePointer<UInt8>) -> Int {
    // The reader has checked that all of them lie in the bytes, and what they add up to.
    let raw = UnsafeRawPointer(base + offset)
    switch width {
    case 0: return length
    case 1: return Int(raw.load(fromByteOffset: index, as: UInt8.self))
    case 2:
      return Int(
        UInt16(littleEndian: raw.loadUnaligned(fromByteOffset: index &* 2, as: UInt16.self)))
    default:
      return Int(
        UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: index &* 4, as: UInt32.self)))
    }
  }
}

/// A column of a group.
struct PackedColumn: Sendable {
  /// The values, as codes or as texts.
  enum Values: Sendable {
    case coded(PackedCodes)
    case plain(PackedText)
  }

  let key: ColumnKey
  /// Where its name lies.
  let name: Slice
  /// How many rows have a value.
  let count: Int
  let presence: Presence
  /// Where the bitmap or the list of rows lies.
  let rows: Int
  var values: Values

  /// Calls `visit` with each row that has a value, ascending. `base` is the first of the group's
  /// bytes.
  @inline(__always)
  func forEachRow(of rowCount: Int, _ base: UnsafePointer<UInt8>, _ visit: (Int) -> Void) {
    // The reader has checked that the bitmap or list is there, whole, ascending and of rows.
    switch presence {
    case .all: for row in 0..<rowCount { visit(row) }
    case .list:
      for index in 0..<count {
        visit(
          Int(
            UInt16(
              littleEndian: UnsafeRawPointer(base + rows).loadUnaligned(
                fromByteOffset: index &* 2, as: UInt16.self))))
      }
    case .bitmap:
      for place in 0..<((rowCount &+ 7) / 8) {
        var bits = base[rows &+ place]
        while bits != 0 {
          visit(place &* 8 &+ bits.trailingZeroBitCount)
          bits &= bits &- 1
        }
      }
    }
  }
}
