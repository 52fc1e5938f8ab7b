import Model

/// A group's columns with their rows in the order of streams. It holds nothing of the group's own
/// bytes, which are released once this is made.
final class OrderedGroup {
  let times: GrowingBuffer<Int64>
  let receivedAt: GrowingBuffer<Int64>
  let levels: GrowingBuffer<UInt8>
  private(set) var columns: [OrderedColumn] = []

  init(
    _ group: RecordGroup, _ base: UnsafePointer<UInt8>, order: borrowing StreamOrder,
    serial: Int, merging catalogue: ColumnCatalogue
  ) {
    let rowCount = group.rowCount
    times = GrowingBuffer(capacity: rowCount)
    receivedAt = GrowingBuffer(capacity: rowCount)
    levels = GrowingBuffer(capacity: rowCount)
    for index in 0..<rowCount {
      // The order has each row of the group once.
      let row = Int(order.rows.base[index])
      times.base[index] = group.times.value(row, base)
      receivedAt.base[index] = group.receivedAt.value(row, base)
      levels.base[index] = base[group.levels + row]
    }
    var spreads: [(PackedColumn, Spread)] = []
    for column in group.columns {
      // A second column of one name, which only a damaged payload has, is left out.
      guard let number = catalogue.number(of: column.key, in: serial) else { continue }
      columns.append(
        OrderedColumn(
          column, number, base, order: order.rows,
          spread: spread(of: column, group, base, order, &spreads),
          rowCount: rowCount, merging: catalogue))
    }
  }

  /// Which rows have a value, in the new order; columns that come together share it.
  private func spread(
    of column: PackedColumn, _ group: RecordGroup, _ base: UnsafePointer<UInt8>,
    _ order: borrowing StreamOrder, _ made: inout [(PackedColumn, Spread)]
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
  private(set) var merged: [UInt32] = []
  /// Of a plain column: the bytes, and where each value begins, and the last ends, in them.
  private(set) var bytes = GrowingBuffer<UInt8>(capacity: 1)
  private(set) var starts = GrowingBuffer<UInt32>(capacity: 1)

  init(
    _ column: PackedColumn, _ number: Int, _ base: UnsafePointer<UInt8>,
    order: borrowing GrowingBuffer<UInt16>, spread: Spread?, rowCount: Int,
    merging catalogue: ColumnCatalogue
  ) {
    self.number = number
    self.spread = spread
    count = column.count
    switch column.values {
    case .coded(let packed):
      isPlain = false
      hasOneCode = packed.width == 0
      merged = catalogue.merge(packed.values, base, of: number)
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

  /// Which values stretch of rows has.
  @inline(__always)
  func values(of start: Int, _ count: Int) -> Range<Int> {
    guard let spread else { return start..<(start &+ count) }
    // One element more than rows, and a run ends at the last of them.
    let first = Int(spread.before.base[start])
    return first..<max(first, Int(spread.before.base[start &+ count]))
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
  func merge(_ slices: [Slice], _ base: UnsafePointer<UInt8>, of number: Int) -> [UInt32] {
    values[number].merged.codes(of: slices, base)
  }
}

/// The distinct values of a column.
final class ColumnValueTable {
  var merged = MergedValues()
}
