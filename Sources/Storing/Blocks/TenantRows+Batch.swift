import Bytes
import Model

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
