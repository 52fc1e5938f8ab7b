/// One column of a group while it is packed: codes of distinct values for as long as they repeat,
/// else lengths and bytes.
final class ColumnPacker {
  /// Nil for the tenant.
  let part: ColumnKey.Part?
  /// Whether rows are ordered by this column, which then has codes for all rows.
  let isCodedAlways: Bool
  /// Of a field; empty for parts of the head.
  let name: ValuePlace
  let kind: UInt8
  let occurrence: UInt8
  private let rowCount: Int
  /// Values so far.
  private(set) var count = 0
  /// Whether every row so far has a value; else `rows` names those that have.
  private(set) var isComplete = true
  private(set) var rows = GrowingBuffer<UInt16>(capacity: 1)
  private(set) var isPlain = false
  private(set) var coder: ValueCoder
  private(set) var codes: GrowingBuffer<UInt16>
  private(set) var lengths = GrowingBuffer<UInt32>(capacity: 1)
  private(set) var bytes = GrowingBuffer<UInt8>(capacity: 1)

  /// `rowCount` is how many rows the group has.
  init(
    _ part: ColumnKey.Part?, isCodedAlways: Bool = false, name: ValuePlace = .empty,
    kind: UInt8 = 0, occurrence: UInt8 = 0, rowCount: Int
  ) {
    self.isCodedAlways = isCodedAlways
    self.part = part
    self.name = name
    self.rowCount = rowCount
    self.kind = kind
    self.occurrence = occurrence
    coder = ValueCoder(expected: min(rowCount, 64))
    codes = GrowingBuffer(capacity: min(rowCount, 512))
  }

  /// Adds the values of a stretch of rows. `places` and `own` (the row of each, counted in the
  /// stretch) have `filled` elements; the stretch starts at row `start` and has `length` rows.
  func add(
    _ places: UnsafePointer<ValuePlace>, _ own: UnsafePointer<UInt16>, _ filled: Int,
    start: Int, length: Int, in arena: ValueBytes
  ) {
    noteRows(own, filled, start: start, length: length)
    var done = 0
    if !isPlain {
      codes.reserve(filled)
      // Room for all of them was just reserved.
      done = coder.encode(
        places, filled, in: arena, seen: count, to: codes.base + codes.count)
      codes.count += done
      if coder.isTooVaried(after: count + done) { becomePlain(arena) }
    }
    if isPlain { addPlain(places + done, filled - done, arena) }
    count += filled
  }

  /// Adds the values of a stretch of rows, each of which has one, to a column that stays coded.
  func addCoded(_ places: UnsafePointer<ValuePlace>, _ filled: Int, in arena: ValueBytes) {
    codes.reserve(filled)
    // Room for all of them was just reserved, and there are as many places.
    let target = codes.base + codes.count
    var last = ValuePlace.empty
    var code: UInt32 = 0
    for index in 0..<filled {
      if index &+ ValueBytes.ahead < filled { arena.prefetch(places[index &+ ValueBytes.ahead]) }
      // Rows that state nothing, or the same as the row before, often share one slice.
      if places[index].bits != last.bits || index == 0 {
        last = places[index]
        code = coder.code(of: last, in: arena)
      }
      target[index] = UInt16(truncatingIfNeeded: code)
    }
    codes.count += filled
    count += filled
  }

  private func noteRows(
    _ own: UnsafePointer<UInt16>, _ filled: Int, start: Int, length: Int
  ) {
    if isComplete {
      if filled == length, count == start { return }
      isComplete = false
      nameRows(below: count)
    }
    rows.reserve(filled)
    // Room was just reserved, and a group's rows fit 16 bits.
    let target = rows.base + rows.count
    let first = UInt16(truncatingIfNeeded: start)
    for index in 0..<filled { target[index] = first &+ own[index] }
    rows.count += filled
  }

  private func nameRows(below end: Int) {
    rows.reserve(end)
    for row in 0..<end { rows.base[row] = UInt16(truncatingIfNeeded: row) }
    rows.count = end
  }

  /// Ends the column.
  func finish() {
    guard isComplete, count < rowCount else { return }
    isComplete = false
    nameRows(below: count)
  }

  /// Writes the values again that have codes only.
  private func becomePlain(_ arena: ValueBytes) {
    isPlain = true
    let places = GrowingBuffer<ValuePlace>(capacity: codes.count)
    // Every code is of a value the coder has.
    for index in 0..<codes.count { places.base[index] = coder.values[Int(codes[index])] }
    // The rows to come are likely to be like these: one growth instead of many.
    let rowsToCome = rowCount / max(count, 1) + 1
    lengths.reserve(codes.count * rowsToCome)
    bytes.reserve(min(codes.count * coder.byteCount / coder.values.count * rowsToCome, 16 << 20))
    addPlain(places.base, codes.count, arena)
    codes = GrowingBuffer(capacity: 1)
  }

  private func addPlain(
    _ places: UnsafePointer<ValuePlace>, _ filled: Int, _ arena: ValueBytes
  ) {
    lengths.reserve(filled)
    var total = 0
    // The places were checked against the arena when they were made.
    let target = lengths.base + lengths.count
    for index in 0..<filled {
      let length = places[index].count
      target[index] = UInt32(truncatingIfNeeded: length)
      total &+= length
    }
    lengths.count += filled
    bytes.reserve(total + 16)
    var end = bytes.base + bytes.count
    for index in 0..<filled {
      if index &+ ValueBytes.ahead < filled { arena.prefetch(places[index &+ ValueBytes.ahead]) }
      let place = places[index]
      let length = place.count
      arena.copy(place.offset, length, to: end)
      end += length
    }
    bytes.count += total
  }
}
