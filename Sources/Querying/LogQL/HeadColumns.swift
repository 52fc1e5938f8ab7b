import Bytes
import Model

/// Some parts of the heads of a block's records, and all combinations of their values: what a
/// selector or a grouping says of a combination, it says of each record that has it.
struct HeadColumns {
  /// More different heads in one block are looked at record by record.
  private static let mostCombinations = 4_096

  private static let parts: [ByteString: RecordPart] = [
    LogLabels.release: .release, LogLabels.service: .service,
    LogLabels.environment: .environment, LogLabels.host: .host, LogLabels.logger: .logger,
    LogLabels.level: .level,
  ]

  let heads: any RecordHeads
  let columns: [(part: RecordPart, column: HeadColumn)]
  /// How many combinations there are.
  let count: Int

  /// The part that a label of this name is, if any.
  static func part(of name: ByteString) -> RecordPart? { parts[name] }

  /// Nil when there are too many combinations, or stream labels beside the heads.
  init?(_ heads: any RecordHeads, _ parts: Set<RecordPart>) throws {
    guard !heads.haveStreamLabels else { return nil }
    var columns: [(part: RecordPart, column: HeadColumn)] = []
    var count = 1
    for part in RecordPart.allCases where parts.contains(part) {
      let column = try heads.column(part)
      count *= max(1, column.values.count)
      guard count <= Self.mostCombinations else { return nil }
      columns.append((part, column))
    }
    self.heads = heads
    self.columns = columns
    self.count = count
  }

  /// Whether some record has no value of the part.
  func lacks(_ part: RecordPart) -> Bool {
    columns.contains { $0.part == part && $0.column.values.contains(where: \.isEmpty) }
  }

  /// How many records have each combination, where it was counted when they were stored: when no
  /// more than one part differs.
  var knownCounts: [Int]? {
    let varying = columns.filter { $0.column.values.count > 1 }
    guard varying.count <= 1 else { return nil }
    return varying.first?.column.counts ?? [heads.count]
  }

  /// For each record the place of its combination, the last part's values being neighbours.
  func places() throws -> [UInt32] {
    var places = [UInt32](repeating: 0, count: heads.count)
    for (part, column) in columns where column.values.count > 1 {
      let codes = try heads.codes(part, in: column)
      guard codes.count == places.count else { continue }
      let width = UInt32(truncatingIfNeeded: column.values.count)
      for index in places.indices { places[index] = places[index] &* width &+ codes[index] }
    }
    return places
  }

  /// A record with the values of a combination, in a batch of its own.
  func record(at place: Int) -> (record: Record, batch: Batch) {
    var batch = Batch()
    var record = Record(time: heads.times.lowerBound, receivedAt: heads.times.lowerBound)
    record.tenant = batch.intern(heads.tenant)
    var rest = place
    for (part, column) in columns.reversed() where !column.values.isEmpty {
      let (quotient, remainder) = rest.quotientAndRemainder(dividingBy: column.values.count)
      rest = quotient
      record.set(part, column.values[remainder], in: &batch)
    }
    return (record, batch)
  }
}

extension Record {
  /// Sets a part of the head to what its column shows.
  fileprivate mutating func set(
    _ part: RecordPart, _ value: ByteString, in batch: inout Batch
  ) {
    guard !value.isEmpty else { return }
    switch part {
    case .release: release = batch.intern(value)
    case .service: service = batch.intern(value)
    case .environment: environment = batch.intern(value)
    case .host: host = batch.intern(value)
    case .logger: logger = batch.intern(value)
    case .level: level = Level.allCases.first { $0.name == value } ?? .unknown
    }
  }
}
