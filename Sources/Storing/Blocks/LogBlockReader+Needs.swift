import Bytes
import Model

extension LogBlockReader {
  /// What a read needs of the rows, as a batch: rows whose message cannot hold the texts are left
  /// out, and so is what is not looked at, and with `rows` all others. Nil when damaged.
  func batch(_ needs: RecordNeeds, rows chosen: [UInt32]?) -> Batch? {
    guard let counts else { return nil }
    var found: FoundMessages?
    var kept = chosen
    if !needs.texts.isEmpty {
      guard let messages = messages(holding: needs.texts) else { return nil }
      let own = chosen.map { messages.keeping($0) } ?? messages
      if own.rows.isEmpty { return Batch() }
      kept = own.rows
      found = own
    } else if needs.message, let chosen, chosen.count * 2 < rowCount {
      guard let messages = messages(at: chosen) else { return nil }
      found = messages
    }
    // The fields of pushed records are labels of theirs in every query.
    let wanted = counts.parts[.field] == nil ? needs.fields : nil
    let isFound = found != nil
    guard let times = times(), let levels = levels(),
      let own = columns(where: { key in
        switch key.part {
        case .message: needs.message && !isFound
        case .field: wanted?(key.name) ?? true
        default: true
        }
      })
    else { return nil }
    var rows = TenantRows(
      tenant: tenant, arena: own.arena, times: times, receivedAt: times, levels: levels,
      columns: own.columns)
    if let kept { rows = rows.keeping(kept) }
    if let found { rows.add(found, at: kept ?? found.rows) }
    return rows.batch()
  }

  /// The messages that hold all of the texts.
  private func messages(holding texts: [ByteString]) -> FoundMessages? {
    let sought = texts.map { SoughtText($0.bytes) }
    for text in sought {
      guard let mayHold = mayHold(text) else { return nil }
      if !mayHold { return FoundMessages() }
    }
    // The longest is likely the rarest, and what it leaves is checked for the others.
    guard let longest = sought.max(by: { $0.bytes.count < $1.bytes.count }),
      let found = messages(holding: longest)
    else { return nil }
    return found
  }
}

extension FoundMessages {
  /// Only those of some rows, ascending.
  fileprivate func keeping(_ chosen: [UInt32]) -> FoundMessages {
    let wanted = Set(chosen)
    var part = FoundMessages()
    part.arena = arena
    for (row, message) in zip(rows, messages) where wanted.contains(row) {
      part.rows.append(row)
      part.messages.append(message)
    }
    return part
  }
}

extension TenantRows {
  /// Only those rows, ascending.
  fileprivate func keeping(_ kept: [UInt32]) -> TenantRows {
    var places = [Int32](repeating: -1, count: times.count)
    for (place, row) in kept.enumerated() {
      places[Int(row)] = Int32(truncatingIfNeeded: place)
    }
    var part = self
    part.times = kept.map { times[Int($0)] }
    part.receivedAt = kept.map { receivedAt[Int($0)] }
    part.levels = kept.map { levels[Int($0)] }
    part.columns = columns.map { column in
      var rows: [UInt32] = []
      var values: [Slice] = []
      if let own = column.rows {
        for (index, row) in own.enumerated() where places[Int(row)] >= 0 {
          rows.append(UInt32(places[Int(row)]))
          values.append(column.values[index])
        }
      } else {
        for (place, row) in kept.enumerated() {
          rows.append(UInt32(truncatingIfNeeded: place))
          values.append(column.values[Int(row)])
        }
      }
      return RecordColumn(key: column.key, rows: rows, values: .plain(values))
    }
    return part
  }

  /// Gives rows the messages that were found for them; `kept` says which the rows were.
  fileprivate mutating func add(_ found: FoundMessages, at kept: [UInt32]) {
    let shift = UInt32(truncatingIfNeeded: arena.count)
    arena += found.arena
    var rows: [UInt32] = []
    var place = 0
    for row in found.rows {
      while kept[place] != row { place += 1 }
      rows.append(UInt32(truncatingIfNeeded: place))
    }
    columns.append(
      RecordColumn(
        key: ColumnKey(.message), rows: rows,
        values: .plain(
          found.messages.map { Slice(offset: $0.offset + shift, count: $0.count) })))
  }
}
