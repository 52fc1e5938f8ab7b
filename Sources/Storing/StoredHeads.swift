package import Bytes
package import Model

/// The heads of a block's records, by column; each is decoded when it is asked for. Questions throw
/// `DamagedRecords`.
package struct StoredHeads {
  let block: LogBlockReader
  let head: BlockHead

  package var tenant: ByteString { head.tenant }

  package var count: Int { block.rowCount }

  /// Nanoseconds.
  package var times: ClosedRange<Int64> { head.times }

  package var haveStreamLabels: Bool { block.counts?.parts[.field] != nil }

  /// The values of a part: as they were counted when the block was written, where they were.
  package func column(_ part: RecordPart) throws -> HeadColumn {
    guard let known = block.counts else { throw DamagedRecords() }
    guard let key = part.column else {
      let levels = known.levels.sorted { $0.key < $1.key }
      return HeadColumn(
        values: levels.map { (Level(rawValue: $0.key) ?? .unknown).text },
        counts: levels.map(\.value))
    }
    var values: [ByteString] = []
    var counts: [Int] = []
    if let own = known.parts[key], own.isEmpty {
      (values, counts) = try counted(key)
    } else {
      for (value, rows) in known.parts[key] ?? [] {
        values.append(value)
        counts.append(rows)
      }
    }
    let rest = count - counts.reduce(0, +)
    guard rest >= 0 else { throw DamagedRecords() }
    if rest > 0 {
      values.append(.empty)
      counts.append(rest)
    }
    return HeadColumn(values: values, counts: counts)
  }

  private func counted(_ key: ColumnKey.Part) throws -> ([ByteString], [Int]) {
    var counts: [ByteString: Int] = [:]
    try forEachValue(key) { _, value in counts[value, default: 0] += 1 }
    let sorted = counts.sorted { $0.key < $1.key }
    return (sorted.map(\.key), sorted.map(\.value))
  }

  /// For each record the index of its value in the column.
  package func codes(_ part: RecordPart, in column: HeadColumn) throws -> [UInt32] {
    var places: [ByteString: UInt32] = [:]
    for (place, value) in column.values.enumerated() {
      places[value] = UInt32(truncatingIfNeeded: place)
    }
    ReadMeter.current?.scanned(rows: count)
    guard let key = part.column else { return try levelCodes(places) }
    // A record without the part has the empty value.
    var codes = [UInt32](repeating: places[.empty] ?? 0, count: count)
    guard let found = block.columns(where: { $0 == ColumnKey(key) }) else {
      throw DamagedRecords()
    }
    for column in found.columns {
      guard case .dictionary(let distinct, let own) = column.values else {
        for index in 0..<(column.rows?.count ?? count) {
          let value = ByteString(found.arena[column.values[index].range])
          guard let code = places[value] else { throw DamagedRecords() }
          codes[column.rows.map { Int($0[index]) } ?? index] = code
        }
        continue
      }
      let translated = try distinct.map { slice in
        guard let code = places[ByteString(found.arena[slice.range])] else {
          throw DamagedRecords()
        }
        return code
      }
      for (index, code) in own.enumerated() {
        codes[column.rows.map { Int($0[index]) } ?? index] = translated[Int(code)]
      }
    }
    return codes
  }

  private func levelCodes(_ places: [ByteString: UInt32]) throws -> [UInt32] {
    guard let levels = block.levels() else { throw DamagedRecords() }
    var codes = [UInt32?](repeating: nil, count: 256)
    for level in Level.allCases { codes[Int(level.rawValue)] = places[level.text] }
    return try levels.map { level in
      guard let code = codes[Int(level)] else { throw DamagedRecords() }
      return code
    }
  }

  private func forEachValue(
    _ key: ColumnKey.Part, _ body: (Int, ByteString) -> Void
  ) throws {
    guard let found = block.columns(where: { $0 == ColumnKey(key) }) else {
      throw DamagedRecords()
    }
    for column in found.columns {
      for index in 0..<(column.rows?.count ?? count) {
        body(
          column.rows.map { Int($0[index]) } ?? index,
          ByteString(found.arena[column.values[index].range]))
      }
    }
  }

  /// Nanoseconds of each record.
  package func rowTimes() throws -> [Int64] {
    ReadMeter.current?.scanned(rows: count)
    guard let times = block.times() else { throw DamagedRecords() }
    return times
  }
}

extension Level {
  /// The name as a label shows it: a record whose level is unknown has none.
  package var text: ByteString { self == .unknown ? .empty : name }
}

extension Batch {
  /// A part of a record's head.
  package func text(_ part: RecordPart, of record: Record) -> ByteString {
    switch part {
    case .release: string(record.release)
    case .service: string(record.service)
    case .environment: string(record.environment)
    case .host: string(record.host)
    case .logger: string(record.logger)
    case .level: record.level.text
    }
  }
}
