import Bytes
import Model
import Packing

/// A log block that is read: its head is checked, its sections are unpacked when they are asked
/// for.
final class LogBlockReader: Sendable {
  private let sections: SectionReader
  private let tenant: ByteString

  /// Nil when the bytes are not the block of that tenant and number.
  init?(_ bytes: [UInt8], tenant: ByteString, blockID: UInt64) {
    guard let sections = SectionReader(bytes, tenant: tenant, blockID: blockID) else { return nil }
    self.sections = sections
    self.tenant = tenant
  }

  var rowCount: Int { sections.rowCount }

  /// Nanoseconds of each row; nil when damaged.
  func times() -> [Int64]? {
    sections.section(.times).flatMap { BlockClock.read($0, rowCount) }
  }

  /// `Level`'s raw value of each row; nil when damaged.
  func levels() -> [UInt8]? {
    guard let levels = sections.section(.levels), levels.count == rowCount,
      levels.allSatisfy({ Level(rawValue: $0) != nil })
    else { return nil }
    return levels
  }

  /// False when no message can hold this whole word, told without unpacking any.
  func mayContain(word: [UInt8]) -> Bool {
    sections.section(.words).map { WordFilter.mayContain(word, $0) } ?? true
  }

  /// All rows; nil when damaged.
  func rows() -> TenantRows? {
    guard let times = times(), let levels = levels(), let received = sections.section(.receivedAt),
      let receivedAt = BlockClock.read(received, rowCount),
      let columns = sections.section(.columns), let numbers = sections.section(.numbers),
      let texts = sections.section(.texts), let hexadecimals = sections.section(.hexadecimals),
      let shapes = sections.section(.shapes)
    else { return nil }
    var reading = ColumnReading(
      columns: columns, shapes: shapes,
      values: ValueReading(numbers: numbers, texts: texts, hexadecimals: hexadecimals))
    guard let found = reading.all(rowCount) else { return nil }
    return TenantRows(
      tenant: tenant, arena: reading.values.arena, times: times, receivedAt: receivedAt,
      levels: levels, columns: found)
  }

  /// All rows as a batch; nil when damaged.
  func batch() -> Batch? {
    rows()?.batch()
  }

  /// Whether every part is what was written.
  var isWhole: Bool { rows() != nil && sections.section(.words) != nil }
}

/// Reads the columns of a block one after another.
struct ColumnReading {
  private let columns: [UInt8]
  private let shapes: [UInt8]
  private var place = 0
  private var shapePlace = 0
  var values: ValueReading

  init(columns: [UInt8], shapes: [UInt8], values: ValueReading) {
    self.columns = columns
    self.shapes = shapes
    self.values = values
  }

  /// All columns of so many rows; nil when damaged.
  mutating func all(_ rowCount: Int) -> [RecordColumn]? {
    guard let count = VariableInteger.take(in: columns, at: &place),
      count <= UInt64(columns.count)
    else { return nil }
    var found: [RecordColumn] = []
    for _ in 0..<count {
      guard let column = next(rowCount) else { return nil }
      found.append(column)
    }
    return found
  }

  private mutating func next(_ rowCount: Int) -> RecordColumn? {
    guard columns.count - place >= 3,
      let part = ColumnKey.Part(rawValue: columns[place]),
      let kind = FieldKind(rawValue: columns[place + 1])
    else { return nil }
    let occurrence = columns[place + 2]
    place += 3
    guard let size = VariableInteger.take(in: columns, at: &place),
      size <= UInt64(columns.count - place)
    else { return nil }
    let name = ByteString(columns[place..<(place + Int(size))])
    place += Int(size)
    guard let (rows, count) = presence(rowCount), place < columns.count else { return nil }
    let isCut = columns[place] == 1
    place += 1
    guard let values = isCut ? cutTexts(count) : self.values.values(count) else { return nil }
    let key =
      part == .field ? ColumnKey(field: name, kind, occurrence: occurrence) : ColumnKey(part)
    return RecordColumn(key: key, rows: rows, values: values)
  }

  /// The rows that have a value; nil for all of them.
  private mutating func presence(_ rowCount: Int) -> (rows: [UInt32]?, count: Int)? {
    guard place < columns.count else { return nil }
    place += 1
    if columns[place - 1] == 1 { return (nil, rowCount) }
    let size = (rowCount + 7) / 8
    guard size <= columns.count - place else { return nil }
    var rows: [UInt32] = []
    for index in 0..<rowCount where columns[place + index / 8] & (1 << UInt8(index & 7)) != 0 {
      rows.append(UInt32(truncatingIfNeeded: index))
    }
    place += size
    return (rows, rows.count)
  }

  /// Texts that were cut into shapes.
  private mutating func cutTexts(_ count: Int) -> ColumnValues? {
    guard let shapeCount = VariableInteger.take(in: shapes, at: &shapePlace),
      shapeCount <= UInt64(shapes.count)
    else { return nil }
    var keys: [ArraySlice<UInt8>] = []
    for _ in 0..<shapeCount {
      guard let size = VariableInteger.take(in: shapes, at: &shapePlace),
        size <= UInt64(shapes.count - shapePlace)
      else { return nil }
      keys.append(shapes[shapePlace..<(shapePlace + Int(size))])
      shapePlace += Int(size)
    }
    guard let codes = codes(count, Int(shapeCount)) else { return nil }
    var counts = [Int](repeating: 0, count: keys.count)
    for code in codes { counts[code] += 1 }
    var parameters: [[ColumnValues]] = []
    for (shape, key) in keys.enumerated() {
      var own: [ColumnValues] = []
      for byte in key where byte == TextShapes.mark {
        guard let values = values.values(counts[shape]) else { return nil }
        own.append(values)
      }
      parameters.append(own)
    }
    return join(codes, keys, parameters)
  }

  private mutating func codes(_ count: Int, _ shapeCount: Int) -> [Int]? {
    let planes = shapeCount > 256 ? 2 : 1
    guard planes * count <= shapes.count - shapePlace else { return nil }
    var codes = [Int](repeating: 0, count: count)
    for plane in 0..<planes {
      for index in 0..<count { codes[index] |= Int(shapes[shapePlace + index]) << (plane * 8) }
      shapePlace += count
    }
    return codes.allSatisfy { $0 < shapeCount } ? codes : nil
  }

  private mutating func join(
    _ codes: [Int], _ keys: [ArraySlice<UInt8>], _ parameters: [[ColumnValues]]
  ) -> ColumnValues {
    var next = [Int](repeating: 0, count: keys.count)
    var texts: [Slice] = []
    texts.reserveCapacity(codes.count)
    for code in codes {
      let start = values.arena.count
      var parameter = 0
      for byte in keys[code] {
        guard byte == TextShapes.mark else {
          values.arena.append(byte)
          continue
        }
        let value = parameters[code][parameter][next[code]]
        values.arena.append(contentsOf: values.arena[value.range])
        parameter += 1
      }
      next[code] += 1
      texts.append(
        Slice(
          offset: UInt32(truncatingIfNeeded: start),
          count: UInt32(truncatingIfNeeded: values.arena.count - start)))
    }
    return .plain(texts)
  }
}

extension ColumnValues {
  /// The value at a place of the column.
  subscript(index: Int) -> Slice {
    switch self {
    case .plain(let values): values[index]
    case .dictionary(let values, let codes): values[Int(codes[index])]
    }
  }
}

extension TenantRows {
  /// The rows as a batch; a record's fields are in the order of the columns.
  func batch() -> Batch {
    var arena = arena
    let tenant = Slice(
      offset: UInt32(truncatingIfNeeded: arena.count),
      count: UInt32(truncatingIfNeeded: tenant.count))
    arena += self.tenant.bytes
    var records = times.indices.map { row in
      var record = Record(time: times[row], receivedAt: receivedAt[row])
      record.level = Level(rawValue: levels[row]) ?? .unknown
      record.tenant = tenant
      return record
    }
    var total = 0
    for column in columns {
      forEachValue(of: column) { row, value in
        if records[row].set(column.key.part, value) { return }
        records[row].fieldCount += 1
        total += 1
      }
    }
    var first: UInt32 = 0
    for row in records.indices {
      records[row].firstField = first
      first += records[row].fieldCount
      records[row].fieldCount = 0
    }
    let empty = Field(name: .empty, value: .empty, kind: .text)
    var fields = [Field](repeating: empty, count: total)
    for column in columns where column.key.part == .field {
      let name = Slice(
        offset: UInt32(truncatingIfNeeded: arena.count),
        count: UInt32(truncatingIfNeeded: column.key.name.count))
      arena += column.key.name.bytes
      forEachValue(of: column) { row, value in
        fields[Int(records[row].firstField + records[row].fieldCount)] = Field(
          name: name, value: value, kind: column.key.kind)
        records[row].fieldCount += 1
      }
    }
    return Batch(
      arena: arena, records: records, fields: fields, series: [], labels: [], samples: [])
  }

  private func forEachValue(of column: RecordColumn, _ body: (Int, Slice) -> Void) {
    if let rows = column.rows {
      for (index, row) in rows.enumerated() { body(Int(row), column.values[index]) }
    } else {
      for row in times.indices { body(row, column.values[row]) }
    }
  }
}

extension Record {
  /// Sets a part of the head; false for a field.
  fileprivate mutating func set(_ part: ColumnKey.Part, _ value: Slice) -> Bool {
    switch part {
    case .release: release = value
    case .service: service = value
    case .environment: environment = value
    case .host: host = value
    case .logger: logger = value
    case .message: message = value
    case .field: return false
    }
    return true
  }
}
