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
    }
    // The fields of pushed records are labels of theirs in every query.
    let wanted = counts.parts[.field] == nil ? needs.fields : nil
    let isFound = found != nil
    let isWanted = { (key: ColumnKey) in
      switch key.part {
      case .message: needs.message && !isFound
      case .field: wanted?(key.name) ?? true
      default: true
      }
    }
    guard let times = times(), let levels = levels(),
      let own = kept.map({ columns(where: isWanted, at: $0) }) ?? columns(where: isWanted)
    else { return nil }
    var rows = TenantRows(
      tenant: tenant, arena: own.arena, times: times, receivedAt: times, levels: levels,
      columns: own.columns)
    if let kept {
      rows.times = kept.map { times[Int($0)] }
      rows.receivedAt = rows.times
      rows.levels = kept.map { levels[Int($0)] }
    }
    if let found { rows.add(found, at: kept ?? found.rows) }
    return rows.batch()
  }

  /// The messages that hold all of the texts.
  private func messages(holding texts: [ByteString]) -> FoundMessages? {
    let sought = texts.map { SoughtText($0.bytes) }
    for text in sought {
      guard let mayHold = mayHold(text) else { return nil }
      if !mayHold {
        ReadMeter.current?.filtered()
        return FoundMessages()
      }
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
    var part = FoundMessages()
    part.arena = arena
    var next = 0
    for (row, message) in zip(rows, messages) {
      while next < chosen.count, chosen[next] < row { next += 1 }
      guard next < chosen.count, chosen[next] == row else { continue }
      part.rows.append(row)
      part.messages.append(message)
    }
    return part
  }
}

extension TenantRows {
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
