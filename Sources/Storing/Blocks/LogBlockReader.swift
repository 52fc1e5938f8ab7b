import Bytes
import Model
import Packing

/// A log block that is read: its head is checked, its sections are unpacked when they are asked
/// for.
final class LogBlockReader: Sendable {
  private let sections: SectionReader
  let tenant: ByteString
  /// Nil when damaged.
  let counts: RowCounts?

  /// Nil when the bytes are not the block of that tenant and number. Unpacked sections are kept in
  /// `cache`.
  init?(
    _ bytes: BlockBytes, tenant: ByteString, blockID: UInt64, cache: BlockCache<[UInt8]>? = nil
  ) {
    guard
      let sections = SectionReader(bytes, tenant: tenant, blockID: blockID, cache: cache)
    else { return nil }
    self.sections = sections
    self.tenant = tenant
    counts = sections.section(.counts).flatMap { RowCounts($0) }
  }

  var rowCount: Int { sections.rowCount }

  /// Nanoseconds of each row; nil when damaged.
  func times() -> [Int64]? {
    sections.section(.times).flatMap { BlockClock.read($0, rowCount) }
  }

  /// `Level`'s raw value of each row; nil when damaged.
  func levels() -> [UInt8]? {
    guard let levels = sections.section(.levels), levels.count == rowCount,
      levels.max().map({ Level(rawValue: $0) != nil }) ?? true
    else { return nil }
    return levels
  }

  /// False when no message can hold this text, told without decoding any: by the filter when it has
  /// a whole word that the filter knows, then by the streams as they are kept. Nil when damaged.
  func mayHold(_ text: SoughtText) -> Bool? {
    if !text.wholeWords.isEmpty {
      guard let filter = sections.section(.words) else { return nil }
      for word in text.wholeWords where !WordFilter.mayContain(word, filter) { return false }
    }
    guard !text.isInNumbers else { return true }
    guard let shapes = sections.section(.shapes), let texts = sections.section(.texts) else {
      return nil
    }
    if ByteSearch.first(text.core, in: shapes) != nil { return true }
    if ByteSearch.first(text.core, in: texts) != nil { return true }
    guard text.isWord, text.coreWord.isHexadecimal else { return false }
    guard let hexadecimals = sections.section(.hexadecimals) else { return nil }
    for halves in text.coreWord.halves {
      if halves.count < 2 || ByteSearch.first(halves, in: hexadecimals) != nil { return true }
    }
    return false
  }

  /// The messages that hold the text, with their rows; nil when damaged.
  func messages(holding text: SoughtText) -> FoundMessages? {
    guard let reading = reading(), let columns = walk(until: { $0.part == .message }) else {
      return nil
    }
    var found = FoundMessages()
    guard let place = columns.last, place.key.part == .message else { return found }
    var own = reading
    guard let hits = own.texts(of: place, mayHold: text.core) else { return nil }
    found.arena = own.values.arena
    let rows = own.rows(of: place)
    for (index, slice) in zip(hits.places, hits.texts) {
      let message = own.values.arena.span.extracting(slice.range)
      guard message.firstRange(of: text.bytes.span, from: 0) != nil else { continue }
      found.rows.append(rows?[index] ?? UInt32(truncatingIfNeeded: index))
      found.messages.append(slice)
    }
    return found
  }

  /// The columns that `isWanted`, decoded, with the arena they lie in; nil when damaged.
  func columns(
    where isWanted: (ColumnKey) -> Bool
  ) -> (columns: [RecordColumn], arena: [UInt8])? {
    guard var reading = reading(), let places = walk() else { return nil }
    var columns: [RecordColumn] = []
    for place in places where isWanted(place.key) {
      guard let column = reading.column(place) else { return nil }
      columns.append(column)
    }
    return (columns, reading.values.arena)
  }

  /// Of the columns that `isWanted` what those rows, ascending, have; the rows are counted anew
  /// from 0 on. Nil when damaged.
  func columns(
    where isWanted: (ColumnKey) -> Bool, at chosen: [UInt32]
  ) -> (columns: [RecordColumn], arena: [UInt8])? {
    guard var reading = reading(), let places = walk() else { return nil }
    var columns: [RecordColumn] = []
    for place in places where isWanted(place.key) {
      let own = reading.places(of: chosen, in: place)
      guard let texts = reading.texts(of: place, at: own.places) else { return nil }
      columns.append(RecordColumn(key: place.key, rows: own.rows, values: .plain(texts)))
    }
    return (columns, reading.values.arena)
  }

  func reading() -> ColumnReading? {
    guard let columns = sections.section(.columns), let numbers = sections.section(.numbers),
      let texts = sections.section(.texts), let hexadecimals = sections.section(.hexadecimals),
      let shapes = sections.section(.shapes)
    else { return nil }
    return ColumnReading(
      columns: columns, shapes: shapes,
      values: ValueReading(numbers: numbers, texts: texts, hexadecimals: hexadecimals),
      rowCount: rowCount)
  }

  func walk(until isLast: (ColumnKey) -> Bool = { _ in false }) -> [ColumnPlace]? {
    guard let columns = sections.section(.columns), let shapes = sections.section(.shapes),
      let values = reading()?.values,
      var walk = ColumnWalk(columns: columns, shapes: shapes, values: values, rowCount: rowCount)
    else { return nil }
    return walk.run(until: isLast)
  }

  /// All rows; nil when damaged.
  func rows() -> TenantRows? {
    guard let times = times(), let levels = levels(), let received = sections.section(.receivedAt),
      let receivedAt = BlockClock.read(received, rowCount),
      let found = columns(where: { _ in true })
    else { return nil }
    return TenantRows(
      tenant: tenant, arena: found.arena, times: times, receivedAt: receivedAt,
      levels: levels, columns: found.columns)
  }

  /// All rows as a batch; nil when damaged.
  func batch() -> Batch? {
    rows()?.batch()
  }

  /// Whether every part is what was written.
  var isWhole: Bool { rows() != nil && sections.section(.words) != nil && counts != nil }
}

/// Messages that a search found, as slices of the arena.
struct FoundMessages: Sendable {
  var arena: [UInt8] = []
  var rows: [UInt32] = []
  var messages: [Slice] = []
}
