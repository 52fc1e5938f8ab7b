/// The values that a run has of a column.
struct ColumnStretch: BitwiseCopyable {
  /// Of the column in the run's group.
  let view: ColumnView
  let firstValue: UInt32
  let endOfValues: UInt32
  /// The run's rows in its group.
  let start: UInt32
  let count: UInt32
  /// The run's first row in the part, as the rows came.
  let row: UInt32

  @inline(__always)
  var values: Range<UInt32> { firstValue..<endOfValues }
}

/// Finds which rows of a part have a value of a column that not all have; columns that come
/// together, as the fields of one kind of line do, share the answer.
struct RowFilling: ~Copyable {
  /// For each value as it came, its place among the column's values in order.
  private(set) var places = GrowingBuffer<UInt32>(capacity: 256)
  /// By row of the part in order: one more than the number of its value as it came, or 0.
  private var values = GrowingBuffer<UInt32>(capacity: 256)
  /// Two words a stretch: which rows of the part they are, and which of those have a value.
  private var signature = GrowingBuffer<UInt>(capacity: 256)
  private var rows: [UInt32] = []

  init() {}

  /// Forgets the last answer: another part has other rows.
  mutating func removeAll() {
    signature.count = 0
  }

  /// The rows in order; `places` then are those of the column's values.
  mutating func rows(
    of stretches: borrowing GrowingBuffer<ColumnStretch>, _ rowCount: Int,
    _ order: borrowing RowOrder
  ) -> [UInt32] {
    if isSame(stretches) { return rows }
    signature.count = 0
    places.count = 0
    places.reserve(rowCount)
    values.count = 0
    values.reserve(rowCount)
    // As many as were just reserved.
    values.base.update(repeating: 0, count: rowCount)
    var count: UInt32 = 0
    for index in 0..<stretches.count {
      let stretch = stretches.base[index]
      signature.append(UInt(stretch.row))
      signature.append(UInt(bitPattern: stretch.view.before))
      let rowPlaces = order.places.base + Int(stretch.row)
      for offset in 0..<Int(stretch.count) {
        // The run's rows are of its group, whose column counts the values before each and the end.
        if let before = stretch.view.before.map({ $0 + Int(stretch.start) + offset }),
          before[0] == before[1]
        {
          continue
        }
        count &+= 1
        values.base[Int(rowPlaces[offset])] = count
      }
    }
    rows = put(rowCount, valueCount: Int(count))
    return rows
  }

  private func isSame(_ stretches: borrowing GrowingBuffer<ColumnStretch>) -> Bool {
    guard signature.count == stretches.count * 2, stretches.count > 0 else { return false }
    for index in 0..<stretches.count
    where signature[index * 2] != UInt(stretches[index].row)
      || signature[index * 2 + 1] != UInt(bitPattern: stretches[index].view.before)
    {
      return false
    }
    return true
  }

  // Each value was given to one row, and there are as many places as rows.
  private func put(_ rowCount: Int, valueCount: Int) -> [UInt32] {
    [UInt32](unsafeUninitializedCapacity: valueCount) { target, count in
      for row in 0..<rowCount where values.base[row] != 0 {
        places.base[Int(values.base[row]) - 1] = UInt32(truncatingIfNeeded: count)
        target[count] = UInt32(truncatingIfNeeded: row)
        count &+= 1
      }
    }
  }
}
