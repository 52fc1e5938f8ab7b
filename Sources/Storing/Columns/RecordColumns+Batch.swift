import Model

extension RecordColumns {
  /// The records again, in their order; fields stand in the order of columns.
  func batch() -> Batch {
    var rows = BatchRows()
    rows.arena.reserveCapacity(groups.count == 1 ? 0 : groups.reduce(0) { $0 + $1.bytes.count })
    for group in groups { rows.add(group) }
    return Batch(
      arena: rows.arena, records: rows.records, fields: rows.fields, series: [], labels: [],
      samples: [])
  }
}

/// The tables of a batch while groups are added to them. The bytes of a group are its arena.
private struct BatchRows {
  var arena: [UInt8] = []
  var records: [Record] = []
  var fields: [Field] = []

  mutating func add(_ group: RecordGroup) {
    let shift = UInt32(truncatingIfNeeded: arena.count)
    // One group, as nearly always, lends its bytes without a copy.
    if arena.isEmpty { arena = group.bytes } else { arena += group.bytes }
    let first = records.count
    records.reserveCapacity(first + group.rowCount)
    // All that is read through the pointer was checked when the group was read.
    group.bytes.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress else { return }
      addHeads(group, base, shift)
      var starts = fieldStarts(group, base, first: first)
      let none = Field(name: .empty, value: .empty, kind: .text)
      fields += repeatElement(none, count: starts.reduce(0, +))
      var next = fields.count - starts.reduce(0, +)
      for row in 0..<group.rowCount {
        records[first + row].firstField = UInt32(truncatingIfNeeded: next)
        records[first + row].fieldCount = UInt32(truncatingIfNeeded: starts[row])
        (starts[row], next) = (next, next + starts[row])
      }
      for column in group.columns {
        switch column.key.part {
        case .field: addFields(column, group, base, shift, &starts)
        default: setHeads(column, group, base, shift, first)
        }
      }
    }
  }

  private mutating func addHeads(
    _ group: RecordGroup, _ base: UnsafePointer<UInt8>, _ shift: UInt32
  ) {
    for row in 0..<group.rowCount {
      var record = Record(
        time: group.times.value(row, base), receivedAt: group.receivedAt.value(row, base))
      record.level = Level(rawValue: base[group.levels + row]) ?? .unknown
      record.tenant = moved(group.tenants.values[group.tenants.code(row, base)], shift)
      record.service = moved(group.services.values[group.services.code(row, base)], shift)
      record.environment = moved(
        group.environments.values[group.environments.code(row, base)], shift)
      record.host = moved(group.hosts.values[group.hosts.code(row, base)], shift)
      records.append(record)
    }
  }

  /// How many fields each row has.
  private func fieldStarts(
    _ group: RecordGroup, _ base: UnsafePointer<UInt8>, first: Int
  ) -> [Int] {
    var counts = [Int](repeating: 0, count: group.rowCount)
    for column in group.columns where column.key.part == .field {
      column.forEachRow(of: group.rowCount, base) { counts[$0] += 1 }
    }
    return counts
  }

  private mutating func addFields(
    _ column: PackedColumn, _ group: RecordGroup, _ base: UnsafePointer<UInt8>, _ shift: UInt32,
    _ next: inout [Int]
  ) {
    let name = moved(column.name, shift)
    forEachValue(column, group, base) { row, value in
      fields[next[row]] = Field(name: name, value: moved(value, shift), kind: column.key.kind)
      next[row] += 1
    }
  }

  private mutating func setHeads(
    _ column: PackedColumn, _ group: RecordGroup, _ base: UnsafePointer<UInt8>, _ shift: UInt32,
    _ first: Int
  ) {
    let part = column.key.part
    forEachValue(column, group, base) { row, value in
      switch part {
      case .release: records[first + row].release = moved(value, shift)
      case .logger: records[first + row].logger = moved(value, shift)
      default: records[first + row].message = moved(value, shift)
      }
    }
  }

  // `base` lends the group's bytes, whose parts were checked when it was read.
  @inline(__always)
  private func forEachValue(
    _ column: PackedColumn, _ group: RecordGroup, _ base: UnsafePointer<UInt8>,
    _ visit: (Int, Slice) -> Void
  ) {
    var index = 0
    switch column.values {
    case .coded(let codes):
      column.forEachRow(of: group.rowCount, base) { row in
        visit(row, codes.values[codes.code(index, base)])
        index &+= 1
      }
    case .plain(let text):
      var start = text.start
      column.forEachRow(of: group.rowCount, base) { row in
        let length = text.length(index, base)
        visit(
          row,
          Slice(
            offset: UInt32(truncatingIfNeeded: start), count: UInt32(truncatingIfNeeded: length)))
        start &+= length
        index &+= 1
      }
    }
  }

  @inline(__always)
  private func moved(_ slice: Slice, _ shift: UInt32) -> Slice {
    Slice(offset: slice.offset &+ shift, count: slice.count)
  }
}
