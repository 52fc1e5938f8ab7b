import Bytes
import Model
import Querying
import Storing

/// A question to a store of log rows, and the milliseconds its answer may take, warm.
struct LogQuestion {
  let name: String
  let bar: Double
  /// What the answer counts.
  let unit: String
  /// Asks; how many rows or groups the answer has.
  let ask: (Store) throws -> Int

  /// The six questions. The rare needle is a carrier's reference that stands in the middle of the
  /// rows; throws when there is none.
  static func all(about bodies: Bodies) throws -> [LogQuestion] {
    let needle = try rareNeedle(in: bodies)
    let inside = ByteString(needle.bytes[2..<11])
    let pattern = "ref=[0-9A-F]{2}" + inside.text + "[0-9A-F]"
    let regex = try Regex.filter(ByteString(pattern))
    return [
      LogQuestion(name: "a rare token", bar: 4, unit: "rows") { store in
        try rows(of: store) { $0.firstRange(of: needle.bytes.span, from: 0) != nil }
      },
      LogQuestion(name: "a rare substring", bar: 50, unit: "rows") { store in
        try rows(of: store) { $0.firstRange(of: inside.bytes.span, from: 0) != nil }
      },
      LogQuestion(name: "a regular expression with a literal", bar: 60, unit: "rows") { store in
        try rows(of: store) { regex.matches($0) }
      },
      LogQuestion(name: "count by release", bar: 2, unit: "releases") { store in
        try groups(of: store) { batch, record in batch.string(record.release) }
      },
      LogQuestion(name: "count by 5 minutes and severity", bar: 25, unit: "groups") { store in
        try groups(of: store) { _, record in
          Window(start: record.time / (300 * Instant.second), level: record.level)
        }
      },
      LogQuestion(name: "p99 of duration_ms by path", bar: 120, unit: "paths") { store in
        try slowest(of: store).count
      },
    ]
  }

  /// Five minutes and a severity.
  private struct Window: Hashable {
    let start: Int64
    let level: Level
  }

  /// The twelve digits behind `ref=` next to the middle of the file.
  private static func rareNeedle(in bodies: Bodies) throws -> ByteString {
    for place in bodies.count / 2..<bodies.count {
      let body = bodies.body(place)
      if let found = body.span.firstRange(of: ByteString("ref=").bytes.span, from: 0),
        found.upperBound + 12 <= body.count
      {
        return ByteString(body[found.upperBound..<found.upperBound + 12])
      }
    }
    throw BenchFault("no row has a carrier's reference to look for")
  }

  /// How many rows have such a message.
  private static func rows(
    of store: Store, where isFound: (Span<UInt8>) -> Bool
  ) throws -> Int {
    var count = 0
    try store.scan(in: .fleet, from: .min, to: .max) { batch in
      for record in batch.records where isFound(batch.bytes(record.message)) { count += 1 }
      return true
    }
    return count
  }

  /// How many groups the rows fall into; each group's rows are counted.
  private static func groups<Key: Hashable>(
    of store: Store, by key: (Batch, Record) -> Key
  ) throws -> Int {
    var counts: [Key: Int] = [:]
    try store.scan(in: .fleet, from: .min, to: .max) { batch in
      for record in batch.records { counts[key(batch, record), default: 0] += 1 }
      return true
    }
    return counts.count
  }

  /// The value that 99 of 100 requests of each path stay below.
  private static func slowest(of store: Store) throws -> [ByteString: Double] {
    var values: [ByteString: [Double]] = [:]
    try store.scan(in: .fleet, from: .min, to: .max) { batch in
      for record in batch.records {
        guard let path = batch.field("path", of: record),
          let text = batch.field("duration_ms", of: record),
          let value = Numbers.decimal(text.bytes.span)
        else { continue }
        values[path, default: []].append(value)
      }
      return true
    }
    return values.mapValues { $0.sorted()[$0.count * 99 / 100] }
  }
}
