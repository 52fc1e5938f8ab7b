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
    let literal = regex.requiredLiteral ?? .empty
    return [
      LogQuestion(name: "a rare token", bar: 4, unit: "rows") { store in
        try rows(of: store, SoughtText(needle.bytes, isWhole: true)) { _ in true }
      },
      LogQuestion(name: "a rare substring", bar: 50, unit: "rows") { store in
        try rows(of: store, SoughtText(inside.bytes)) { _ in true }
      },
      LogQuestion(name: "a regular expression with a literal", bar: 60, unit: "rows") { store in
        try rows(of: store, SoughtText(literal.bytes)) { regex.matches($0) }
      },
      LogQuestion(name: "count by release", bar: 2, unit: "releases") { store in
        var counts: [ByteString: Int] = [:]
        try store.visitRecords(in: .fleet, from: .min, to: .max) {
          counts.merge(try $0.count(by: .release), uniquingKeysWith: +)
          return true
        }
        return counts.count
      },
      LogQuestion(name: "count by 5 minutes and severity", bar: 25, unit: "groups") { store in
        var windows: [Int64: [Level: Int]] = [:]
        try store.visitRecords(in: .fleet, from: .min, to: .max) {
          try $0.addCounts(step: 300 * Instant.second, to: &windows)
          return true
        }
        return windows.values.reduce(0) { $0 + $1.count }
      },
      LogQuestion(name: "p99 of duration_ms by path", bar: 120, unit: "paths") { store in
        try slowest(of: store).count
      },
    ]
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

  /// How many messages hold the text and pass `isFound`.
  private static func rows(
    of store: Store, _ text: SoughtText, where isFound: (Span<UInt8>) -> Bool
  ) throws -> Int {
    var count = 0
    try store.visitRecords(in: .fleet, from: .min, to: .max) { records in
      try records.forEachMessage(holding: text) { if isFound($0) { count += 1 } }
      return true
    }
    return count
  }

  /// The value that 99 of 100 requests of each path stay below.
  private static func slowest(of store: Store) throws -> [ByteString: Double] {
    var values: [ByteString: [Double]] = [:]
    try store.visitRecords(in: .fleet, from: .min, to: .max) {
      try $0.addNumbers(of: "duration_ms", by: "path", to: &values)
      return true
    }
    return values.mapValues { $0.sorted()[$0.count * 99 / 100] }
  }
}
