import Bytes
import Model
import Storing
import Support
import Testing

/// Rows of many batches are put together by tenant, whatever columns each batch has.
@Suite struct GatheringTests {
  /// All batches are compacted at once.
  private static let roomy: StoreSettings = {
    var settings = Rows.settings()
    settings.cacheBytes = 0
    settings.segmentBytes = 64 << 20
    return settings
  }()

  /// Compacts all at once; every row must come back as it was, once.
  private func expectWhole(_ stored: [Batch], in store: Store) throws {
    try store.compact(now: Rows.now)
    #expect(store.status().segments == 0)
    let expected = Dictionary(stored.flatMap(Rows.pieces).map { ($0, 1) }, uniquingKeysWith: +)
    let isWhole = try Rows.pieces(in: store) == expected
    #expect(isWhole)
    store.close()
  }

  /// A column may have codes in one batch and texts in the next, or values in some rows only, or in
  /// none; values may be long where they are few.
  @Test func columnsMayDifferFromBatchToBatch() throws {
    var random = SeededGenerator(seed: 12)
    let store = try Rows.open(MemoryDisk(), settings: Self.roomy)
    var stored: [Batch] = []
    let long = String(repeating: "long ", count: 20_000)
    for number in 0..<150 {
      var batch = Batch()
      for row in 0..<(number % 10 == 0 ? 300 : 20) {
        let own = "\(number).\(row)"
        // Varied, and so texts, in every other of the large batches.
        let varied = number % 20 == 0 ? "value \(own)" : "value \(row % 3)"
        batch.addField("varied", batch.intern(ByteString(varied)), .text)
        if number % 3 == 0 || (number % 3 == 1 && row % 4 == 0) {
          batch.addField("rare", batch.intern(ByteString("\(row * number)")), .integer)
        }
        if number % 50 == 10 {
          batch.addField("long", batch.intern(ByteString("\(long)\(row % 2)")), .text)
        } else if number % 50 == 20 {
          batch.addField("long", batch.intern(ByteString("short \(own)")), .text)
        }
        var record = Record(time: Rows.now + Int64(number), receivedAt: Rows.now)
        let tenant = "t\(Int.random(in: 0..<40, using: &random))"
        record.tenant = batch.intern(ByteString(tenant))
        record.host = batch.intern(ByteString("h\(Int.random(in: 0..<9, using: &random))"))
        record.message = batch.intern(ByteString("row \(own) of \(tenant)"))
        batch.append(record: record)
      }
      try Rows.append(batch, to: store)
      stored.append(batch)
    }
    try expectWhole(stored, in: store)
  }

  /// Each row may have a column of its own, and a batch columns that no other has; what is coded in
  /// many columns of one batch may be texts in the next.
  @Test func batchesMayHaveManyColumns() throws {
    let store = try Rows.open(MemoryDisk(), settings: Self.roomy)
    var stored: [Batch] = []
    let long = String(repeating: "l", count: 2_000)
    for number in 0..<6 {
      var batch = Batch()
      for row in 0..<(number == 4 ? 80 : 1_000) {
        if number == 4 || (number == 5 && row < 80) {
          for column in 0..<60 {
            let value = number == 4 ? "\(long)\(column)" : "\(row) in \(column)"
            batch.addField(
              batch.intern(ByteString("c\(column)")), batch.intern(ByteString(value)), .text)
          }
        } else {
          batch.addField(
            batch.intern(ByteString("f\(number % 2).\(row)")), batch.intern(ByteString("\(row)")),
            .integer)
        }
        var record = Record(time: Rows.now + Int64(row), receivedAt: Rows.now)
        record.tenant = batch.intern(ByteString("t\(row % 7)"))
        batch.append(record: record)
      }
      try Rows.append(batch, to: store)
      stored.append(batch)
    }
    try expectWhole(stored, in: store)
  }

  /// More values than 16 bits number, in a column that has codes in each batch.
  @Test func columnsMayHaveManyValues() throws {
    let store = try Rows.open(MemoryDisk(), settings: Self.roomy)
    var expected: [ByteString: Int] = [:]
    for number in 0..<22 {
      var batch = Batch()
      for row in 0..<16_000 {
        let value = ByteString("\(number)/\(row / 5)")
        expected[value, default: 0] += 1
        batch.addField("value", batch.intern(value), .text)
        var record = Record(time: Rows.now + Int64(row), receivedAt: Rows.now)
        record.tenant = batch.intern(ByteString("t\(row % 2)"))
        batch.append(record: record)
      }
      try Rows.append(batch, to: store)
    }
    try store.compact(now: Rows.now)
    #expect(store.status().segments == 0)
    var found: [ByteString: Int] = [:]
    try store.scan(in: .fleet, from: .min, to: .max) { batch in
      for record in batch.records {
        found[batch.field("value", of: record) ?? .empty, default: 0] += 1
      }
      return true
    }
    let isWhole = found == expected
    #expect(isWhole)
    store.close()
  }
}
