import CProcessor
import Model

/// A group's columns with their rows in the order of tenants. It holds nothing of the group's own
/// bytes, which are released once this is made.
final class OrderedGroup {
  let times: GrowingBuffer<Int64>
  let receivedAt: GrowingBuffer<Int64>
  let levels: GrowingBuffer<UInt8>
  let streams: GrowingBuffer<StreamKey>
  /// How many bytes of plain columns the rows before each have; one more element than rows.
  private let plainBytes: GrowingBuffer<UInt32>
  private(set) var columns: [OrderedColumn] = []

  init(
    _ group: RecordGroup, _ bytes: ValueBytes, order: borrowing TenantOrder,
    serial: Int, merging catalogue: ColumnCatalogue,
    services: borrowing GrowingBuffer<UInt32>, environments: borrowing GrowingBuffer<UInt32>,
    hosts: borrowing GrowingBuffer<UInt32>
  ) {
    let rowCount = group.rowCount
    let base = bytes.base
    times = GrowingBuffer(capacity: rowCount)
    receivedAt = GrowingBuffer(capacity: rowCount)
    levels = GrowingBuffer(capacity: rowCount)
    streams = GrowingBuffer(capacity: rowCount)
    plainBytes = GrowingBuffer(capacity: rowCount + 1)
    for index in 0..<rowCount {
      // The order has each row of the group once.
      let row = Int(order.rows.base[index])
      times.base[index] = group.times.value(row, base)
      receivedAt.base[index] = group.receivedAt.value(row, base)
      levels.base[index] = base[group.levels + row]
      // There is a number for each of the group's codes.
      streams.base[index] = StreamKey(
        service: services[group.services.code(row, base)],
        environment: environments[group.environments.code(row, base)],
        host: hosts[group.hosts.code(row, base)])
    }
    var spreads: [(PackedColumn, Spread)] = []
    for column in group.columns {
      // A second column of one name, which only a damaged payload has, is left out.
      guard let number = catalogue.number(of: column.key, in: serial) else { continue }
      columns.append(
        OrderedColumn(
          column, number, bytes, order: order.rows,
          spread: spread(of: column, group, base, order, &spreads),
          rowCount: rowCount, merging: catalogue))
    }
    countPlainBytes(rowCount)
  }

  /// Asks for the streams and times of some rows that are read soon.
  @inline(__always)
  func prefetchStreams(_ start: UInt32) {
    // Addresses are asked for, not read.
    plimsoll_prefetch(streams.base + Int(start))
    plimsoll_prefetch(times.base + Int(start))
  }

  /// How many bytes of plain columns some of its rows have.
  @inline(__always)
  func plainByteCount(of start: UInt32, _ count: UInt32) -> Int {
    // A run's rows are of the group.
    Int(plainBytes.base[Int(start &+ count)] &- plainBytes.base[Int(start)])
  }

  private func countPlainBytes(_ rowCount: Int) {
    let sums = plainBytes.base
    // One more than rows, as many as there is room for, as columns have of starts.
    sums.update(repeating: 0, count: rowCount + 1)
    for column in columns where column.isPlain {
      let starts = column.starts.base
      if let before = column.spread?.before.base {
        for row in 0...rowCount { sums[row] &+= starts[Int(before[row])] }
      } else {
        for row in 0...rowCount { sums[row] &+= starts[row] }
      }
    }
  }

  /// Which rows have a value, in the new order; columns that come together share it.
  private func spread(
    of column: PackedColumn, _ group: RecordGroup, _ base: UnsafePointer<UInt8>,
    _ order: borrowing TenantOrder, _ made: inout [(PackedColumn, Spread)]
  ) -> Spread? {
    if column.presence == .all { return nil }
    for (other, spread) in made.suffix(8)
    where other.presence == column.presence && other.count == column.count {
      let size = column.presence == .list ? column.count * 2 : (group.rowCount + 7) / 8
      let own = UnsafeBufferPointer(start: base + column.rows, count: size)
      // Both lie whole in the group's bytes.
      if own.elementsEqual(UnsafeBufferPointer(start: base + other.rows, count: size)) {
        return spread
      }
    }
    let spread = Spread(column, rowCount: group.rowCount, base, order: order.rows)
    made.append((column, spread))
    return spread
  }
}

/// Which rows of an ordered group have a value of a column, by how many of the rows before each
/// have one.
final class Spread {
  /// One more element than rows; fewer than all rows have a value, so that it fits.
  let before: GrowingBuffer<UInt16>
  /// For each value in the new order, its index in the old one.
  let values: GrowingBuffer<UInt16>

  init(
    _ column: PackedColumn, rowCount: Int, _ base: UnsafePointer<UInt8>,
    order: borrowing GrowingBuffer<UInt16>
  ) {
    before = GrowingBuffer(capacity: rowCount + 1)
    values = GrowingBuffer(capacity: column.count + 1)
    let none = UInt16.max
    let valueOfRow = GrowingBuffer<UInt16>(capacity: rowCount)
    // Rows and values are fewer than what 16 bits count, and each loop stays below them.
    valueOfRow.base.update(repeating: none, count: rowCount)
    var index = 0
    column.forEachRow(of: rowCount, base) { row in
      valueOfRow.base[row] = UInt16(truncatingIfNeeded: index)
      index &+= 1
    }
    var count = 0
    for row in 0..<rowCount {
      let value = valueOfRow.base[Int(order.base[row])]
      before.base[row] = UInt16(truncatingIfNeeded: count)
      values.base[count] = value
      count &+= value == none ? 0 : 1
    }
    before.base[rowCount] = UInt16(truncatingIfNeeded: count)
  }
}

/// A column of an ordered group.
final class OrderedColumn {
  /// Its number among the columns of all groups.
  let number: Int
  /// Nil when all rows have a value.
  let spread: Spread?
  let count: Int
  let isPlain: Bool
  /// Of a column with a dictionary: the code of each value, unless there is one code only, and
  /// the number of each code's value among those of all groups.
  private(set) var codes = GrowingBuffer<UInt16>(capacity: 1)
  let hasOneCode: Bool
  private(set) var merged = GrowingBuffer<UInt32>(capacity: 1)
  /// Of a plain column: the bytes, and where each value begins, and the last ends, in them.
  private(set) var bytes = GrowingBuffer<UInt8>(capacity: 1)
  private(set) var starts = GrowingBuffer<UInt32>(capacity: 1)

  init(
    _ column: PackedColumn, _ number: Int, _ own: ValueBytes,
    order: borrowing GrowingBuffer<UInt16>, spread: Spread?, rowCount: Int,
    merging catalogue: ColumnCatalogue
  ) {
    let base = own.base
    self.number = number
    self.spread = spread
    count = column.count
    switch column.values {
    case .coded(let packed):
      isPlain = false
      hasOneCode = packed.width == 0
      merged = catalogue.merge(packed.values, own, of: number)
      if hasOneCode { return }
      codes = GrowingBuffer(capacity: count)
      if let spread {
        copyCodes(packed, base, spread.values)
      } else {
        copyCodes(packed, base, order)
      }
    case .plain(let text):
      isPlain = true
      hasOneCode = false
      starts = GrowingBuffer(capacity: count + 1)
      bytes = GrowingBuffer(capacity: text.byteCount + 16)
      if let spread { copyText(text, base, spread.values) } else { copyText(text, base, order) }
    }
  }

  // `base` lends the group's bytes, whose parts were checked when it was read.
  private func copyCodes(
    _ packed: PackedCodes, _ base: UnsafePointer<UInt8>, _ order: borrowing GrowingBuffer<UInt16>
  ) {
    // The order has the index of each of the column's values once.
    for index in 0..<count {
      codes.base[index] = UInt16(
        truncatingIfNeeded: packed.code(Int(order.base[index]), base))
    }
  }

  private func copyText(
    _ text: PackedText, _ base: UnsafePointer<UInt8>, _ order: borrowing GrowingBuffer<UInt16>
  ) {
    let old = GrowingBuffer<UInt32>(capacity: count + 1)
    var place: UInt32 = 0
    for index in 0..<count {
      old.base[index] = place
      place &+= UInt32(truncatingIfNeeded: text.length(index, base))
    }
    old.base[count] = place
    let source = ValueBytes(base: base + text.start, count: text.byteCount)
    var end: UInt32 = 0
    // The order has each value once, so that all fit the bytes there are, and a block more.
    for index in 0..<count {
      let value = Int(order.base[index])
      let start = old.base[value]
      let length = old.base[value &+ 1] &- start
      starts.base[index] = end
      source.copy(Int(start), Int(length), to: bytes.base + Int(end))
      end &+= length
    }
    starts.base[count] = end
    bytes.count = Int(end)
  }

  /// What is copied of it; valid as long as the column.
  var view: ColumnView {
    ColumnView(
      before: spread?.before.base, codes: codes.base, merged: merged.base, starts: starts.base,
      bytes: bytes.base, isPlain: isPlain, hasOneCode: hasOneCode)
  }
}

/// The memory of an `OrderedColumn`, for the loops that go through the runs of a tenant: there are
/// as many runs as rows when a fleet has many streams, and each would count references.
struct ColumnView: BitwiseCopyable {
  /// As in `Spread`; nil when all rows have a value.
  let before: UnsafeMutablePointer<UInt16>?
  let codes: UnsafeMutablePointer<UInt16>
  let merged: UnsafeMutablePointer<UInt32>
  let starts: UnsafeMutablePointer<UInt32>
  let bytes: UnsafeMutablePointer<UInt8>
  let isPlain: Bool
  let hasOneCode: Bool

  /// Which values a stretch of rows has.
  @inline(__always)
  func values(of start: UInt32, _ count: UInt32) -> Range<UInt32> {
    guard let before else { return start..<(start &+ count) }
    // One element more than rows, and a run ends at the last of them.
    let first = UInt32(before[Int(start)])
    return first..<max(first, UInt32(before[Int(start &+ count)]))
  }

  /// Asks for where the values of some rows are found.
  @inline(__always)
  func prefetchSpread(_ start: UInt32) {
    // An address is asked for, not read.
    if let before { plimsoll_prefetch(before + Int(start)) }
  }

  /// Asks for what the first of some values are read from.
  @inline(__always)
  func prefetch(_ values: Range<UInt32>) {
    // Addresses are asked for, not read.
    if isPlain {
      plimsoll_prefetch(starts + Int(values.lowerBound))
    } else if !hasOneCode {
      plimsoll_prefetch(codes + Int(values.lowerBound))
      plimsoll_prefetch(merged)
    }
  }
}

/// The columns of all groups, and the values that have codes in them.
final class ColumnCatalogue {
  private var numbers: [ColumnKey: Int] = [:]
  private(set) var keys: [ColumnKey] = []
  private(set) var values: [ColumnValueTable] = []

  /// The last group that had each of them.
  private var lastGroups: [Int] = []

  /// The number of a column of a group; nil when the group had it before.
  func number(of key: ColumnKey, in group: Int) -> Int? {
    if let number = numbers[key] {
      if lastGroups[number] == group { return nil }
      lastGroups[number] = group
      return number
    }
    numbers[key] = keys.count
    keys.append(key)
    lastGroups.append(group)
    values.append(ColumnValueTable())
    return keys.count - 1
  }

  /// The numbers of a group's distinct values of a column.
  func merge(
    _ slices: [Slice], _ bytes: ValueBytes, of number: Int
  ) -> GrowingBuffer<UInt32> {
    values[number].merged.codes(of: slices, bytes)
  }
}

/// The distinct values of a column.
final class ColumnValueTable {
  var merged = MergedValues()
}
