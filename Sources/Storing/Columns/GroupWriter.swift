import Model
import Packing

/// Writes the columns of a group: a head with all that is small or numbers, then the bytes of each
/// plain column, in blocks that are packed where that pays. FORMAT.md has it byte by byte.
struct GroupWriter: ~Copyable {
  private var head: GrowingBuffer<UInt8>
  private let bytes: ValueBytes

  /// `bytes` is where names and values of dictionaries lie.
  init(bytes: ValueBytes, rowCount: Int) {
    self.bytes = bytes
    head = GrowingBuffer(capacity: 1024 + rowCount * 40)
  }

  /// Appends the group of so many records to a payload.
  mutating func write(
    _ records: UnsafePointer<Record>, _ rowCount: Int, columns: [ColumnPacker],
    to payload: inout GrowingBuffer<UInt8>
  ) {
    let free = columns.filter { !$0.isCodedAlways && $0.count > 0 }
    head.put(UInt32(truncatingIfNeeded: rowCount))
    head.put(UInt32(truncatingIfNeeded: free.count))
    putTimes(records, rowCount)
    for column in columns where column.isCodedAlways { putCodes(column) }
    for column in free { put(column, rowCount: rowCount) }
    BlockWriter.write(head, free.filter(\.isPlain), to: &payload)
  }

  private mutating func putTimes(_ records: UnsafePointer<Record>, _ rowCount: Int) {
    let times = GrowingBuffer<Int64>(capacity: rowCount)
    let receivedAt = GrowingBuffer<Int64>(capacity: rowCount)
    head.reserve(rowCount)
    // Levels go straight to their place, which comes first and has the room.
    for row in 0..<rowCount {
      let record = records + row
      times.base[row] = record.pointee.time
      receivedAt.base[row] = record.pointee.receivedAt
      head.base[head.count + row] = Self.number(of: record.pointee.level)
    }
    head.count += rowCount
    put(times, rowCount)
    put(receivedAt, rowCount)
  }

  /// The raw value, which the other module would have to be called for.
  @inline(__always)
  private static func number(of level: Level) -> UInt8 {
    switch level {
    case .unknown: 0
    case .trace: 1
    case .debug: 2
    case .info: 3
    case .notice: 4
    case .warning: 5
    case .error: 6
    case .critical: 7
    }
  }

  /// Integers as the smallest, a scale, and how many scales each is above the smallest, in as few
  /// bytes as the greatest of those needs.
  private mutating func put(_ integers: borrowing GrowingBuffer<Int64>, _ count: Int) {
    var least = Int64.max
    var greatest = Int64.min
    for index in 0..<count {
      least = min(least, integers[index])
      greatest = max(greatest, integers[index])
    }
    let scale = scale(of: integers, count, above: least)
    let most = UInt64(bitPattern: greatest &- least) / scale
    let width = most == 0 ? 0 : most < 1 << 8 ? 1 : most < 1 << 16 ? 2 : most < 1 << 32 ? 4 : 8
    head.put(least)
    head.put(scale)
    head.put(UInt8(truncatingIfNeeded: width))
    head.reserve(count * width)
    for index in 0..<(width == 0 ? 0 : count) {
      let above = UInt64(bitPattern: integers[index] &- least)
      switch (width, scale) {
      case (2, 1_000_000): head.put(UInt16(truncatingIfNeeded: above / 1_000_000))
      case (1, _): head.put(UInt8(truncatingIfNeeded: above / scale))
      case (2, _): head.put(UInt16(truncatingIfNeeded: above / scale))
      case (4, _): head.put(UInt32(truncatingIfNeeded: above / scale))
      default: head.put(above / scale)
      }
    }
  }

  /// Times mostly are whole seconds, milliseconds or microseconds.
  private func scale(
    of integers: borrowing GrowingBuffer<Int64>, _ count: Int, above least: Int64
  ) -> UInt64 {
    var whole: UInt64 = 1_000_000
    for index in 0..<count {
      let above = UInt64(bitPattern: integers[index] &- least)
      if whole == 1_000_000, above % 1_000_000 != 0 { whole = 1_000 }
      if whole == 1_000, above % 1_000 != 0 { return 1 }
    }
    return whole
  }

  /// Distinct values: count, bytes, lengths, bytes.
  private mutating func put(_ values: borrowing GrowingBuffer<ValuePlace>) {
    var total = 0
    for index in 0..<values.count { total += values[index].count }
    head.put(UInt32(truncatingIfNeeded: values.count))
    head.put(UInt32(truncatingIfNeeded: total))
    head.reserve(values.count * 4)
    for index in 0..<values.count {
      head.put(UInt32(truncatingIfNeeded: values[index].count))
    }
    head.reserve(total + 16)
    for index in 0..<values.count {
      let place = values[index]
      // Room for all of them and a block more was just reserved.
      bytes.copy(place.offset, place.count, to: head.base + head.count)
      head.count += place.count
    }
  }

  private mutating func put(_ column: ColumnPacker, rowCount: Int) {
    head.put(column.part?.rawValue ?? 0)
    head.put(column.kind)
    head.put(column.occurrence)
    let presence = Presence(of: column.count, isComplete: column.isComplete, rowCount: rowCount)
    head.put(presence.rawValue)
    head.put(UInt8(column.isPlain ? 1 : 0))
    head.put(UInt32(truncatingIfNeeded: column.name.count))
    // A name lies in the bytes of the batch, as its place was checked to.
    head.put(bytes.base + column.name.offset, column.name.count)
    head.put(UInt32(truncatingIfNeeded: column.count))
    put(column.rows, presence, rowCount: rowCount)
    if column.isPlain { putLengths(column) } else { putCodes(column) }
  }

  private mutating func put(
    _ rows: borrowing GrowingBuffer<UInt16>, _ presence: Presence, rowCount: Int
  ) {
    switch presence {
    case .all: break
    case .list:
      head.reserve(rows.count * 2)
      for index in 0..<rows.count { head.put(rows[index]) }
    case .bitmap:
      let size = (rowCount + 7) / 8
      head.reserve(size)
      // Cleared whole, then set for each row that has a value; rows are below the row count.
      let bitmap = head.base + head.count
      bitmap.update(repeating: 0, count: size)
      for index in 0..<rows.count {
        let row = Int(rows[index])
        bitmap[row >> 3] |= 1 << UInt8(truncatingIfNeeded: row & 7)
      }
      head.count += size
    }
  }

  private mutating func putCodes(_ column: ColumnPacker) {
    put(column.coder.values)
    let distinct = column.coder.values.count
    if distinct == 1 { return }
    let width = distinct <= 256 ? 1 : 2
    let count = column.codes.count
    head.reserve(count * width)
    // The room was just reserved; a code below 256 fits a byte.
    let codes = column.codes.base
    let target = head.base + head.count
    if width == 1 {
      for index in 0..<count { target[index] = UInt8(truncatingIfNeeded: codes[index]) }
      head.count += count
    } else {
      for index in 0..<count { head.put(codes[index]) }
    }
  }

  /// The width of a length (0 when all are the same), the lengths, and the bytes of all values.
  private mutating func putLengths(_ column: ColumnPacker) {
    let count = column.lengths.count
    var least = UInt32.max
    var most: UInt32 = 0
    let lengths = column.lengths.base
    for index in 0..<count {
      // Below the count of lengths.
      least = min(least, lengths[index])
      most = max(most, lengths[index])
    }
    head.put(UInt32(truncatingIfNeeded: column.bytes.count))
    let width = least == most ? 0 : most < 1 << 8 ? 1 : most < 1 << 16 ? 2 : 4
    head.put(UInt8(truncatingIfNeeded: width))
    head.reserve(4 + count * width)
    switch width {
    case 0: head.put(most)
    case 1: for index in 0..<count { head.put(UInt8(truncatingIfNeeded: lengths[index])) }
    case 2: for index in 0..<count { head.put(UInt16(truncatingIfNeeded: lengths[index])) }
    default: for index in 0..<count { head.put(lengths[index]) }
    }
  }
}

/// How a column says which rows have a value. Raw values are stored.
enum Presence: UInt8 {
  case all = 0
  case bitmap = 1
  case list = 2

  /// The shortest way.
  init(of count: Int, isComplete: Bool, rowCount: Int) {
    self = isComplete ? .all : count * 2 < (rowCount + 7) / 8 ? .list : .bitmap
  }
}
