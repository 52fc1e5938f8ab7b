import Bytes
import Model

/// The columns that tell whether a selection takes a record, and which labels of it a query sees,
/// when nothing but columns is needed to know.
struct ColumnNeeds {
  var parts: Set<RecordPart>
  /// Labels that may be fields.
  let names: [ByteString]

  /// Nil when lines are looked at, or all fields.
  init?(
    _ selection: LogSelection, _ mention: LabelMention, unwrapping unwrapped: ByteString? = nil
  ) {
    var changesLabels = false
    for stage in selection.stages {
      switch stage {
      case .filter: break
      case .drop, .keep: changesLabels = true
      case .line, .json, .logfmt, .regexp, .pattern, .unpack, .decolorize, .lineFormat,
        .labelFormat:
        return nil
      }
    }
    var parts: Set<RecordPart> = []
    var names: [ByteString] = []
    for name in mention.named.sorted() {
      // What these are depends on the labels of the record.
      if name == LogLabels.exportedTenant || LogLabels.unextracted(name) != nil { return nil }
      if name == LogLabels.detectedLevel { parts.insert(.level) }
      if let part = HeadColumns.part(of: name) { parts.insert(part) }
      if name == LogLabels.error || name == LogLabels.errorDetails || name == unwrapped { continue }
      if mention.looked.contains(name) { names.append(name) }
    }
    if let unwrapped {
      // The label that is the value is a column of numbers, and of nothing else.
      guard !changesLabels, !mention.joined.contains(unwrapped),
        HeadColumns.part(of: unwrapped) == nil, unwrapped != LogLabels.tenant,
        unwrapped != LogLabels.detectedLevel, unwrapped != LogLabels.error,
        unwrapped != LogLabels.errorDetails, LogLabels.unextracted(unwrapped) == nil
      else { return nil }
    }
    self.parts = parts
    self.names = names
  }

  /// Of the streams that a selector takes; a selector looks at no fields.
  init(of matchers: [Matcher]) {
    parts = Set(matchers.compactMap { HeadColumns.part(of: $0.name) })
    if matchers.contains(where: { $0.name == LogLabels.detectedLevel }) { parts.insert(.level) }
    if matchers.contains(where: { $0.name == LogLabels.release }) { parts.insert(.release) }
    names = []
  }
}

/// The records of a block by all that a query looks at of them: what it says of one record, it says
/// of all that are alike.
struct AlikeRows {
  /// More kinds of records are looked at one by one.
  private static let most = 65_536

  /// How a kind came to be: from one of before and the code of a field.
  private struct Origin {
    let place: UInt32
    let code: Int32
  }

  let columns: HeadColumns
  private var fields: [FieldColumn] = []
  private var origins: [[Origin]] = []
  /// How many kinds there are at most.
  private(set) var count: Int

  /// For each record its kind; empty when all are told by their heads, and until asked for.
  private(set) var places: [UInt32] = []

  /// Nil when columns do not tell, or tell too many kinds apart.
  init?(_ heads: any RecordHeads, _ needs: ColumnNeeds) throws {
    guard let columns = try HeadColumns(heads, needs.parts) else { return nil }
    self.columns = columns
    count = columns.count
    for name in needs.names {
      // A label of the head hides a field of its name where the head has one.
      if let part = HeadColumns.part(of: name), !columns.lacks(part) { continue }
      guard let field = try heads.field(where: { LogLabels.spells($0.bytes.span, name) }) else {
        return nil
      }
      if field.codes.isEmpty { continue }
      try placeByHeads()
      guard split(by: field) else { return nil }
    }
  }

  /// Whether heads tell all there is.
  var areHeads: Bool { fields.isEmpty }

  /// Finds the kind of each record.
  mutating func placeByHeads() throws {
    if places.isEmpty { places = try columns.places() }
  }

  /// Splits each kind by the values of a field; false when that makes too many.
  private mutating func split(by field: FieldColumn) -> Bool {
    guard field.codes.count == places.count else { return false }
    let width = field.values.count + 1
    var known: [Int: UInt32] = [:]
    var origins: [Origin] = []
    // A table takes no longer to clear than the records to look at.
    let cells = count.multipliedReportingOverflow(by: width)
    let isSmall = !cells.overflow && cells.partialValue <= max(4_096, places.count * 4)
    var table = [UInt32](repeating: .max, count: isSmall ? cells.partialValue : 0)
    for index in places.indices {
      let place = places[index]
      let key = Int(place) * width + Int(field.codes[index]) + 1
      if let next = isSmall ? (table[key] == .max ? nil : table[key]) : known[key] {
        places[index] = next
        continue
      }
      guard origins.count < Self.most else { return false }
      let next = UInt32(truncatingIfNeeded: origins.count)
      origins.append(Origin(place: place, code: field.codes[index]))
      if isSmall { table[key] = next } else { known[key] = next }
      places[index] = next
    }
    fields.append(field)
    self.origins.append(origins)
    count = origins.count
    return true
  }

  /// A record of a kind, in a batch of its own.
  func record(at place: Int) -> (record: Record, batch: Batch) {
    var place = place
    var found: [(name: ByteString, value: FieldColumn.Value)] = []
    for (field, origins) in zip(fields, origins).reversed() {
      let origin = origins[place]
      if origin.code >= 0 { found.append((field.name, field.values[Int(origin.code)])) }
      place = Int(origin.place)
    }
    var (record, batch) = columns.record(at: place)
    for (name, value) in found.reversed() {
      batch.addField(batch.intern(name), batch.intern(value.text), value.kind)
    }
    batch.append(record: record)
    record = batch.records[0]
    return (record, batch)
  }
}
