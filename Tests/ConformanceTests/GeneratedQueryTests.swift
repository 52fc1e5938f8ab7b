import Bytes
import Model
import Querying
import Support
import Testing

/// Random queries of the grammar, and what is left of them when bytes are broken: a tree that
/// prints as what it is, or a fault that says where.
@Suite struct GeneratedQueryTests {
  private static func queries(_ count: Int, seed: UInt64) throws -> [String] {
    var generator = try QueryGenerator(seed: seed)
    return (0..<count).map { _ in generator.query() }
  }

  private static func logQueries() throws -> [String] {
    try Fixture.named("query/logql/parse.good").text().split(separator: "\n")
      .filter { !$0.hasPrefix("  ") }.map(String.init)
  }

  @Test func treesPrintAsWhatTheyAre() throws {
    for query in try Self.queries(5_000, seed: 1) {
      let tree = try PromQL.parse(ByteString(query))
      let printed = tree.text
      let again = try PromQL.parse(ByteString(printed))
      #expect(again == tree, "\(query)\n  printed: \(printed)")
      #expect(again.text == printed, "\(query)")
    }
  }

  /// A part of a query is a query, and prints as it does within.
  @Test func partsAreQueries() throws {
    for query in try Self.queries(500, seed: 2) {
      var parts = [try PromQL.parse(ByteString(query))]
      while let part = parts.popLast() {
        #expect(try PromQL.parse(ByteString(part.text)) == part, "\(part.text) of \(query)")
        parts += part.children
      }
    }
  }

  @Test func brokenQueriesSayWhere() throws {
    var random = SeededGenerator(seed: 3)
    var parsed = 0
    for query in try Self.queries(4_000, seed: 3) {
      let bytes = Damage.broken(Array(query.utf8), &random)
      guard
        let tree = Self.tree(bytes, { (query) throws(QueryFault) in try PromQL.parse(query) })
      else { continue }
      parsed += 1
      #expect(try PromQL.parse(ByteString(tree.text)) == tree, "\(ByteString(bytes))")
    }
    // Damage within names, numbers and texts leaves queries.
    #expect(parsed > 400)
  }

  @Test func brokenLogQueriesSayWhere() throws {
    var random = SeededGenerator(seed: 4)
    var parsed = 0
    let queries = try Self.logQueries()
    for _ in 0..<4_000 {
      let query = queries.randomElement(using: &random) ?? ""
      let bytes = Damage.broken(Array(query.utf8), &random)
      guard
        let tree = Self.tree(bytes, { (query) throws(QueryFault) in try LogQL.parse(query) })
      else { continue }
      parsed += 1
      #expect(try LogQL.parse(ByteString(tree.description)) == tree, "\(ByteString(bytes))")
    }
    #expect(parsed > 400)
  }

  /// Nil when it is refused, with a place in the query.
  private static func tree<Tree>(
    _ bytes: [UInt8], _ parse: (ByteString) throws(QueryFault) -> Tree
  ) -> Tree? {
    let query = ByteString(bytes)
    do {
      return try parse(query)
    } catch {
      #expect(error.kind == .badData, "\(query): \(error.message)")
      #expect(!error.message.isEmpty, "\(query)")
      let place = error.position ?? -1
      #expect((0...bytes.count).contains(place), "\(place): \(query): \(error.message)")
      return nil
    }
  }
}

/// What happens to texts: bytes change, ends are missing, parts come twice.
private enum Damage {
  static func broken(_ query: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
    var bytes = query
    for _ in 0..<Int.random(in: 1...2, using: &random) where !bytes.isEmpty {
      let place = Int.random(in: 0..<bytes.count, using: &random)
      let end = Int.random(in: place...bytes.count, using: &random)
      switch Int.random(in: 0..<6, using: &random) {
      case 0: bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
      case 1: bytes[place] = UInt8.random(in: 32...126, using: &random)
      case 2: bytes.removeLast(bytes.count - place)
      case 3: bytes.removeSubrange(place..<min(end, place + 4))
      case 4: bytes.insert(contentsOf: bytes[place..<end], at: place)
      default: bytes.swapAt(place, min(end, bytes.count - 1))
      }
    }
    return bytes
  }
}
