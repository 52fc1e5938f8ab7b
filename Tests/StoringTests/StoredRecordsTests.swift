import Bytes
import Foundation
import Model
import Storing
import Support
import Testing

/// Questions that decode only what they need give what a look at every record gives: before and
/// after compaction, for one tenant and the fleet, for all time and a part of it.
@Suite struct StoredRecordsTests {
  /// A shape of message: words that stay, and what differs.
  private static func message(_ random: inout SeededGenerator) -> String {
    let hexadecimal = String(random.next(), radix: 16)
    let small = Int.random(in: 0..<300, using: &random)
    switch Int.random(in: 0..<8, using: &random) {
    case 0: return "shipment \(small) left, ref=\(hexadecimal.uppercased().prefix(12))"
    case 1: return "order \(hexadecimal.prefix(12)) took \(small) ms"
    case 2: return "import of S\(small)_\(hexadecimal.prefix(4)) failed: no \"sku\""
    case 3: return "ratio 0.\(small) of warehouse WH/\(small % 7)"
    case 4: return "deadbeef beef\(small) \(hexadecimal.prefix(8))-\(hexadecimal.suffix(4))"
    case 5: return "Überweisung \(small)€ an Kunde_\(small % 9)"
    case 6: return "\(small).\(small % 10)"
    default: return "ping"
    }
  }

  private static func batch(_ random: inout SeededGenerator, rows: Int) -> Batch {
    var batch = Batch()
    for _ in 0..<rows {
      if Int.random(in: 0..<4, using: &random) > 0 {
        let path = "/api/\(Int.random(in: 0..<5, using: &random))"
        batch.addField("path", batch.intern(ByteString(path)), .text)
      }
      if Int.random(in: 0..<4, using: &random) > 0 {
        let number = Int.random(in: 0..<100_000, using: &random)
        let isOdd = Int.random(in: 0..<500, using: &random) == 0
        let text = isOdd ? "n/a" : "\(number / 100).\(number % 10)"
        batch.addField("duration_ms", batch.intern(ByteString(text)), .text)
      }
      let time = Rows.now + Int64.random(in: -3_600...3_600, using: &random) * Rows.second
      var record = Record(time: time, receivedAt: Rows.now)
      record.level = Level.allCases.randomElement(using: &random) ?? .info
      let tenant = "t\(Int.random(in: 0..<2, using: &random))"
      record.tenant = batch.intern(ByteString(tenant))
      if Int.random(in: 0..<5, using: &random) > 0 {
        let release = "1.\(Int.random(in: 0..<3, using: &random))"
        record.release = batch.intern(ByteString(release))
      }
      record.message = batch.intern(ByteString(message(&random)))
      batch.append(record: record)
    }
    return batch
  }

  /// A question's bounds.
  private struct Bounds {
    let scope: Scope
    let from: Int64
    let to: Int64

    func hold(_ time: Int64) -> Bool { time >= from && time < to }

    func hold(_ record: Record, _ batch: Batch) -> Bool {
      hold(record.time) && scope.sees(batch.string(record.tenant))
    }
  }

  /// What the questions by column come to.
  private struct Own {
    var releases: [ByteString: Int] = [:]
    var windows: [Int64: [Level: Int]] = [:]
    var numbers: [ByteString: [Double]] = [:]

    mutating func add(_ heads: StoredHeads, _ bounds: Bounds) throws {
      let times = try heads.rowTimes()
      let release = try heads.column(.release)
      let releases = try heads.codes(.release, in: release)
      let level = try heads.column(.level)
      let levels = try heads.codes(.level, in: level)
      for row in times.indices where bounds.hold(times[row]) {
        self.releases[release.values[Int(releases[row])], default: 0] += 1
        let name = level.values[Int(levels[row])]
        let own = Level.allCases.first { $0.text == name } ?? .unknown
        windows[times[row] - times[row] % (300 * Rows.second), default: [:]][own, default: 0] += 1
      }
      #expect(release.counts.reduce(0, +) == heads.count)
      let path = try #require(try heads.field { $0 == "path" })
      for name in ["duration_ms"] as [ByteString] {
        let columns = try heads.numbers(where: { $0 == name }, readsDigits: true) { text, _ in
          Numbers.decimal(text) ?? .nan
        }
        for column in try #require(columns) {
          for (index, value) in column.values.enumerated() where !value.isNaN {
            let row = column.rows.map { Int($0[index]) } ?? index
            guard bounds.hold(times[row]), !path.codes.isEmpty, path.codes[row] >= 0 else {
              continue
            }
            numbers[path.values[Int(path.codes[row])].text, default: []].append(value)
          }
        }
      }
    }

    mutating func add(_ batch: Batch, _ bounds: Bounds) {
      for record in batch.records where bounds.hold(record, batch) {
        releases[batch.string(record.release), default: 0] += 1
        windows[record.time - record.time % (300 * Rows.second), default: [:]][
          record.level, default: 0] += 1
        guard let path = batch.field("path", of: record),
          let text = batch.field("duration_ms", of: record),
          let value = Numbers.decimal(text.bytes.span)
        else { continue }
        numbers[path, default: []].append(value)
      }
    }
  }

  private static let bounds = [
    Bounds(scope: .fleet, from: .min, to: .max),
    Bounds(scope: .tenant("t1"), from: .min, to: .max),
    Bounds(scope: .fleet, from: Rows.now - 600 * Rows.second, to: Rows.now + 60 * Rows.second),
    Bounds(scope: .tenant("t0"), from: Rows.now, to: Rows.now + 1_200 * Rows.second),
    Bounds(scope: .tenant("nobody"), from: .min, to: .max),
  ]

  private static func look(
    _ store: Store, _ bounds: Bounds, _ body: (Batch, Record) -> Void
  ) throws {
    try store.scan(in: bounds.scope, from: bounds.from, to: bounds.to) { batch in
      for record in batch.records where bounds.hold(record, batch) { body(batch, record) }
      return true
    }
  }

  private static func check(
    _ store: Store, _ bounds: Bounds, _ random: inout SeededGenerator, _ when: Comment
  ) throws {
    var all = Own()
    var messages: [String] = []
    try store.scan(in: bounds.scope, from: bounds.from, to: bounds.to) { batch in
      all.add(batch, bounds)
      return true
    }
    try look(store, bounds) { batch, record in
      messages.append(batch.string(record.message).text)
    }
    var own = Own()
    try store.visitRecords(in: bounds.scope, from: bounds.from, to: bounds.to) { records in
      if let heads = records.heads {
        try own.add(heads, bounds)
      } else {
        try own.add(records.batch(), bounds)
      }
      return true
    }
    #expect(own.releases == all.releases, when)
    #expect(own.windows == all.windows, when)
    #expect(own.numbers.mapValues { $0.sorted() } == all.numbers.mapValues { $0.sorted() }, when)
    for text in texts(messages, &random) {
      let expected = messages.filter { Array($0.utf8).contains(Array(text.utf8)) }
      #expect(
        try Self.messages(store, bounds, holding: text).sorted() == expected.sorted(),
        "\(text) \(when)")
    }
  }

  private static func messages(
    _ store: Store, _ bounds: Bounds, holding text: String
  ) throws -> [String] {
    var found: [String] = []
    try store.visitRecords(in: bounds.scope, from: bounds.from, to: bounds.to) { records in
      let batch = try records.batch(RecordNeeds(texts: [ByteString(text)]))
      for record in batch.records where bounds.hold(record, batch) {
        let message = batch.string(record.message).text
        // Records that are not compacted come with others.
        if records.heads != nil || Array(message.utf8).contains(Array(text.utf8)) {
          found.append(message)
        }
      }
      return true
    }
    return found
  }

  /// Parts of messages, and some that none has.
  private static func texts(
    _ messages: [String], _ random: inout SeededGenerator
  ) -> [String] {
    var texts = [".", "-", "ref=", "beef", "BEEF", " ", "sku", "nowhere", "0", "Über", "e"]
    for _ in 0..<40 {
      guard let message = messages.randomElement(using: &random) else { break }
      let characters = Array(message)
      let start = Int.random(in: 0..<characters.count, using: &random)
      let count = Int.random(in: 1...14, using: &random)
      texts.append(String(characters[start..<min(characters.count, start + count)]))
    }
    return texts
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func questionsAgreeWithALookAtEveryRecord(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let store = try Rows.open(MemoryDisk())
    for round in 0..<3 {
      for rows in [1, 40, 700] {
        try Rows.append(Self.batch(&random, rows: rows), to: store)
      }
      for bounds in Self.bounds {
        try Self.check(store, bounds, &random, "seed \(seed), round \(round), fresh")
      }
      try store.compact(now: Rows.now)
      for bounds in Self.bounds {
        try Self.check(store, bounds, &random, "seed \(seed), round \(round), compacted")
      }
    }
  }

  @Test func aWholeWordIsFoundByItsFilter() throws {
    var random = SeededGenerator(seed: 9)
    let store = try Rows.open(MemoryDisk())
    try Rows.append(Self.batch(&random, rows: 2_000), to: store)
    try store.compact(now: Rows.now)
    var words: Set<String> = []
    try Self.look(store, Self.bounds[0]) { batch, record in
      let message = batch.string(record.message).text
      if let range = message.range(of: ", ref=") {
        words.insert("left, ref=" + message[range.upperBound...])
      }
    }
    #expect(words.count > 100)
    for word in words {
      #expect(try !Self.messages(store, Self.bounds[0], holding: word).isEmpty, "\(word)")
    }
  }
}
