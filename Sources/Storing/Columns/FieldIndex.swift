import Model

/// Finds the column of a field: the one that followed the column before it the last time or the
/// time before, when its name matches; else by hash.
struct FieldIndex: ~Copyable {
  /// What is known of a column without looking at it.
  struct Head: BitwiseCopyable {
    /// Of the name: its first eight bytes, where it lies, and its length.
    var word: UInt64
    var offset: UInt32
    var length: UInt32
    /// The columns of the fields that followed one of this column.
    var next: Int32 = -1
    var nextBefore: Int32 = -1
    /// The column of the next field of this name and kind in one record.
    var repeated: Int32 = -1
    /// Of a name's first column: the one of its latest field in `row`.
    var latest: Int32 = -1
    /// The row that has had a value last.
    var row: Int32 = -1
    /// Values of the current stretch of rows.
    var filled: Int32 = 0
    var kind: UInt8
    var occurrence: UInt8
  }

  private var heads = GrowingBuffer<Head>(capacity: 32)
  private var table: GrowingBuffer<Int32>
  private var bits: UInt64 = 6
  private var places: GrowingBuffer<ValuePlace>
  private var rows: GrowingBuffer<UInt16>
  /// Rows of a stretch, and so the room each column has.
  let stride: Int
  private(set) var packers: [ColumnPacker] = []
  private let rowCount: Int
  private let bytes: ValueBytes

  /// Values of no more columns than this fit a group, unless one record alone has more.
  static let manyColumns = 4_096

  /// For a group of so many rows whose values lie in `bytes`.
  init(rowCount: Int, bytes: ValueBytes) {
    self.rowCount = rowCount
    self.bytes = bytes
    stride = min(rowCount, 256)
    places = GrowingBuffer(capacity: 24 * stride)
    rows = GrowingBuffer(capacity: 24 * stride)
    table = GrowingBuffer(capacity: 64)
    for slot in 0..<64 { table[slot] = -1 }
    // No field has a name of this length, so none is taken for a part of the head.
    for part in [nil, ColumnKey.Part.service, .environment, .host, .release, .logger, .message] {
      heads.append(Head(word: 0, offset: 0, length: .max, kind: 0, occurrence: 0))
      packers.append(ColumnPacker(part, isCodedAlways: heads.count <= 4, rowCount: rowCount))
    }
    places.count = heads.count * stride
    rows.count = heads.count * stride
  }

  /// Takes the rows in order; false when they have too many columns for one group. `records` are
  /// as many as the group has rows.
  mutating func add(
    _ records: UnsafePointer<Record>, _ fields: UnsafeBufferPointer<Field>
  ) -> Bool {
    var start = 0
    while start < rowCount {
      let length = min(stride, rowCount - start)
      for index in 0..<length {
        // Below the row count, which is that of the records.
        add(
          records + start + index, fields,
          row: Int32(truncatingIfNeeded: start + index), own: UInt16(truncatingIfNeeded: index))
        if heads.count > Self.manyColumns, rowCount > 1 { return false }
      }
      flush(start: start, length: length)
      start += length
    }
    for packer in packers { packer.finish() }
    return true
  }

  @inline(__always)
  private mutating func add(
    _ record: UnsafePointer<Record>, _ fields: UnsafeBufferPointer<Field>,
    row: Int32, own: UInt16
  ) {
    let slot = Int(own)
    // Every row has a value of these four, if only the empty one.
    places.base[slot] = bytes.place(record.pointee.tenant)
    places.base[stride &+ slot] = bytes.place(record.pointee.service)
    places.base[2 &* stride &+ slot] = bytes.place(record.pointee.environment)
    places.base[3 &* stride &+ slot] = bytes.place(record.pointee.host)
    put(bytes.place(record.pointee.release), own, 4)
    put(bytes.place(record.pointee.logger), own, 5)
    put(bytes.place(record.pointee.message), own, 6)
    var index = Int(record.pointee.firstField)
    let end = index &+ Int(record.pointee.fieldCount)
    guard end <= fields.count, let firstField = fields.baseAddress else { return }
    var before = 6
    while index < end {
      // Inside the fields, as just checked.
      let field = firstField + index
      let name = bytes.place(field.pointee.name)
      let kind = Self.number(of: field.pointee.kind)
      var column = column(name, kind, after: before)
      // The column of the first field of a name is also where to look for the next one's.
      before = column
      if heads.base[column].row == row {
        column = repeated(column)
      } else {
        heads.base[column].row = row
        heads.base[column].latest = Int32(truncatingIfNeeded: column)
      }
      if column >= 0 {
        let slot = column &* stride &+ Int(heads.base[column].filled)
        // A column has at most one value a row, and room for all rows of the stretch.
        places.base[slot] = bytes.place(field.pointee.value)
        rows.base[slot] = own
        heads.base[column].filled &+= 1
      }
      index &+= 1
    }
  }

  /// The raw value, which the other module would have to be called for.
  @inline(__always)
  private static func number(of kind: FieldKind) -> UInt8 {
    switch kind {
    case .text: 0
    case .integer: 1
    case .decimal: 2
    case .boolean: 3
    }
  }

  /// A part of the head: an empty one is none.
  @inline(__always)
  private mutating func put(_ place: ValuePlace, _ own: UInt16, _ column: Int) {
    guard place.count > 0 else { return }
    let slot = column &* stride &+ Int(heads.base[column].filled)
    places.base[slot] = place
    rows.base[slot] = own
    heads.base[column].filled &+= 1
  }

  @inline(__always)
  private func matches(_ column: Int, _ word: UInt64, _ name: ValuePlace, _ kind: UInt8) -> Bool {
    // Every column number is of a head that is there.
    let head = heads.base + column
    return head.pointee.word == word && Int(head.pointee.length) == name.count
      && head.pointee.kind == kind
      && bytes.hasEqualRest(Int(head.pointee.offset), name.offset, name.count)
  }

  @inline(__always)
  private mutating func column(_ name: ValuePlace, _ kind: UInt8, after before: Int) -> Int {
    let word = bytes.head(name.offset, name.count)
    let likely = Int(heads.base[before].next)
    if likely >= 0, matches(likely, word, name, kind) { return likely }
    return lessLikely(name, kind, word, after: before)
  }

  private mutating func lessLikely(
    _ name: ValuePlace, _ kind: UInt8, _ word: UInt64, after before: Int
  ) -> Int {
    let second = Int(heads.base[before].nextBefore)
    heads.base[before].nextBefore = heads.base[before].next
    if second >= 0, matches(second, word, name, kind) {
      heads.base[before].next = Int32(truncatingIfNeeded: second)
      return second
    }
    let column = find(name, kind, word)
    heads.base[before].next = Int32(truncatingIfNeeded: column)
    return column
  }

  private mutating func find(_ name: ValuePlace, _ kind: UInt8, _ word: UInt64) -> Int {
    var slot = slot(of: name, kind, word)
    while table[slot] >= 0 {
      if matches(Int(table[slot]), word, name, kind) { return Int(table[slot]) }
      slot = (slot + 1) & ((1 << Int(bits)) - 1)
    }
    let column = addColumn(name, kind, word, occurrence: 0)
    table[slot] = Int32(truncatingIfNeeded: column)
    if heads.count * 2 > 1 << Int(bits) { growTable() }
    return column
  }

  private func slot(of name: ValuePlace, _ kind: UInt8, _ word: UInt64) -> Int {
    let hash = bytes.hash(
      word, bytes.tail(name.offset, name.count, word), name.offset, name.count)
    return Int(
      truncatingIfNeeded: ValueBytes.mix(hash ^ UInt64(kind), 0x9E37_79B9_7F4A_7C15)
        &>> (64 - bits))
  }

  private mutating func growTable() {
    bits += 1
    table = GrowingBuffer(capacity: 1 << Int(bits))
    for slot in 0..<(1 << Int(bits)) { table[slot] = -1 }
    for column in 7..<heads.count where heads.base[column].occurrence == 0 {
      let head = heads.base[column]
      let name = ValuePlace(offset: head.offset, count: head.length)
      var slot = slot(of: name, head.kind, head.word)
      while table[slot] >= 0 { slot = (slot + 1) & ((1 << Int(bits)) - 1) }
      table[slot] = Int32(truncatingIfNeeded: column)
    }
  }

  /// The column of a further field of one name and kind; -1 after 256 of them.
  private mutating func repeated(_ first: Int) -> Int {
    let latest = Int(heads.base[first].latest)
    if heads.base[latest].repeated < 0 {
      let head = heads.base[latest]
      guard head.occurrence < .max else { return -1 }
      let name = ValuePlace(offset: head.offset, count: head.length)
      let added = addColumn(name, head.kind, head.word, occurrence: head.occurrence + 1)
      heads.base[latest].repeated = Int32(truncatingIfNeeded: added)
    }
    heads.base[first].latest = heads.base[latest].repeated
    return Int(heads.base[latest].repeated)
  }

  private mutating func addColumn(
    _ name: ValuePlace, _ kind: UInt8, _ word: UInt64, occurrence: UInt8
  ) -> Int {
    heads.append(
      Head(
        word: word, offset: UInt32(truncatingIfNeeded: name.offset),
        length: UInt32(truncatingIfNeeded: name.count), kind: kind, occurrence: occurrence))
    packers.append(
      ColumnPacker(
        .field, name: name, kind: kind, occurrence: occurrence, rowCount: rowCount))
    // What the columns have in this stretch moves along when there is more room.
    places.count = (heads.count - 1) * stride
    places.reserve(stride)
    rows.count = places.count
    rows.reserve(stride)
    return heads.count - 1
  }

  /// Gives the values of a stretch of rows to their columns.
  private mutating func flush(start: Int, length: Int) {
    for column in 0..<4 {
      packers[column].addCoded(places.base + column * stride, length, in: bytes)
    }
    for column in 4..<heads.count where heads.base[column].filled > 0 {
      // The column's own part of both lists.
      packers[column].add(
        places.base + column * stride, rows.base + column * stride, Int(heads.base[column].filled),
        start: start, length: length, in: bytes)
      heads.base[column].filled = 0
    }
  }
}
