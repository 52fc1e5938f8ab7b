/// Which rows of an ordered group have a value of a column, by how many of the rows before each
/// have one.
final class Spread {
  /// One more element than rows; fewer than all rows have a value, so that it fits.
  let before: GrowingBuffer<UInt16>

  /// `places` are those of the groups' rows in the order.
  init(
    _ parts: [ColumnPart], _ lent: LentGroups, _ places: borrowing GrowingBuffer<UInt16>
  ) {
    let rowCount = lent.rowCount
    before = GrowingBuffer(capacity: rowCount + 1)
    // One more than rows, each of which has its place below the count.
    before.base.update(repeating: 0, count: rowCount + 1)
    for part in parts {
      let source = lent.sources[part.source]
      part.column.forEachRow(of: source.group.rowCount, source.base) { row in
        before.base[Int(places.base[source.firstRow &+ row])] = 1
      }
    }
    var count: UInt16 = 0
    for row in 0...rowCount {
      let own = before.base[row]
      before.base[row] = count
      count &+= own
    }
  }
}

/// A group's part of a column.
struct ColumnPart {
  /// The group's index among those that are lent.
  let source: Int
  let column: PackedColumn
}

/// Where the values of a column go in an ordered group; columns that come together, as the fields
/// of one kind of line do, share it.
final class Scatter {
  /// Nil when all rows have a value, which then go where their rows go.
  let spread: Spread?
  /// For each value of the groups, its place among the values of the ordered group.
  private let own: GrowingBuffer<UInt16>
  private let parts: [ColumnPart]
  let count: Int

  init(
    _ parts: [ColumnPart], _ lent: LentGroups, _ places: borrowing GrowingBuffer<UInt16>
  ) {
    self.parts = parts
    count = parts.reduce(0) { $0 + $1.column.count }
    // Each group's values are of different rows, so that these are all.
    if count == lent.rowCount {
      spread = nil
      own = GrowingBuffer(capacity: 1)
      return
    }
    let spread = Spread(parts, lent, places)
    self.spread = spread
    let targets = GrowingBuffer<UInt16>(capacity: count)
    var index = 0
    for part in parts {
      let source = lent.sources[part.source]
      // As many rows as the column has values, each with its place below the count of rows.
      part.column.forEachRow(of: source.group.rowCount, source.base) { row in
        targets.base[index] = spread.before.base[Int(places.base[source.firstRow &+ row])]
        index &+= 1
      }
    }
    own = targets
  }

  /// Where the values go, given where the rows go; valid as long as both.
  func targets(_ places: borrowing GrowingBuffer<UInt16>) -> UnsafePointer<UInt16> {
    UnsafePointer(spread == nil ? places.base : own.base)
  }

  /// Whether the values of another column are of the same rows.
  func fits(_ others: [ColumnPart], _ lent: LentGroups) -> Bool {
    guard parts.count == others.count else { return false }
    for (part, other) in zip(parts, others) {
      guard part.source == other.source, part.column.presence == other.column.presence,
        part.column.count == other.column.count
      else { return false }
      let source = lent.sources[part.source]
      let size =
        switch part.column.presence {
        case .all: 0
        case .list: part.column.count * 2
        case .bitmap: (source.group.rowCount + 7) / 8
        }
      // Both lie whole in the group's bytes.
      let one = UnsafeBufferPointer(start: source.base + part.column.rows, count: size)
      let two = UnsafeBufferPointer(start: source.base + other.column.rows, count: size)
      guard one.elementsEqual(two) else { return false }
    }
    return true
  }
}
