import Bytes
import Model
import Querying
import Support
import Testing

struct PromQLParserTests {
  /// The lines of a fixture, cut at the arrow.
  private static func pairs(_ name: String) throws -> [(query: String, result: String)] {
    try Fixture.named("query/promql/" + name).text().split(separator: "\n").compactMap { line in
      if line.hasPrefix("# ") && !line.hasPrefix("# =>") { return nil }
      let parts = line.split(separator: " => ", maxSplits: 1).map(String.init)
      guard parts.count == 2 else { return nil }
      return (parts[0] == "<empty>" ? "" : parts[0], parts[1])
    }
  }

  @Test func printsWhatItRead() throws {
    let pairs = try Self.pairs("parse-good.txt")
    #expect(pairs.count > 70)
    for (query, printed) in pairs {
      do {
        let expression = try PromQL.parse(ByteString(query))
        #expect(expression.text == printed, "\(query)")
        #expect(try PromQL.parse(ByteString(expression.text)) == expression, "\(query)")
      } catch {
        Issue.record("\(query): \(error)")
      }
    }
  }

  @Test func saysWhereAndWhat() throws {
    let pairs = try Self.pairs("parse-bad.txt")
    #expect(pairs.count > 60)
    for (query, message) in pairs {
      do {
        let expression = try PromQL.parse(ByteString(query))
        Issue.record("\(query) parsed as \(expression.text)")
      } catch {
        #expect(error.message == message, "\(query)")
        #expect(error.kind == .badData)
        #expect(error.position != nil)
      }
    }
  }

  @Test func countsLinesAndColumns() {
    let query: ByteString = "sum(\n  a +\n  # a comment\n  * 2)"
    #expect(throws: QueryFault(.badData, "4:3: parse error: unexpected <op:*>", at: 27)) {
      _ = try PromQL.parse(query)
    }
  }

  @Test(arguments: [
    String(repeating: "(", count: 10_000) + "1" + String(repeating: ")", count: 5_000),
    String(repeating: "-", count: 10_000) + "a",
    "1" + String(repeating: "+1", count: 8_000),
    "a" + String(repeating: " or a", count: 3_000),
    "1" + String(repeating: "^1", count: 8_000),
    String(repeating: "abs(", count: 4_000),
    "a" + String(repeating: "[1h:1s]", count: 2_000),
    String(repeating: "sum(", count: 101) + "a" + String(repeating: ")", count: 101),
    String(repeating: "a", count: 20_000),
  ])
  func refusesDepthAndLength(query: String) {
    let clock = ContinuousClock()
    let time = clock.measure {
      #expect(throws: QueryFault.self) { _ = try PromQL.parse(ByteString(query)) }
    }
    #expect(time < .seconds(1))
  }

  @Test func takesTheDepthItAllows() throws {
    let query = String(repeating: "(", count: 90) + "1" + String(repeating: ")", count: 90)
    #expect(try PromQL.parse(ByteString(query)).text == query)
  }

  @Test func knowsWhichLabelsAQueryNames() throws {
    let naming = [
      "a{release=\"1\"}", "sum by (release) (a)", "a + on(release) b",
      "a + on(x) group_left(release) b", "label_replace(a, \"r\", \"$1\", \"release\", \"(.*)\")",
      "rate(a{release!=\"\"}[5m])", "max_over_time(a{release=~\"x\"}[1h:1m])",
    ]
    for query in naming {
      #expect(try PromQL.parse(ByteString(query)).names("release"), "\(query)")
    }
    for query in ["release", "sum without (release) (a)", "a + ignoring(release) b", "sum(a)"] {
      #expect(try !PromQL.parse(ByteString(query)).names("release"), "\(query)")
    }
  }

  /// Queries put together and broken at random: a fault or a tree that prints and reads back.
  @Test func survivesMutations() throws {
    var generator = SeededGenerator(seed: 11)
    let queries = try Self.pairs("parse-good.txt").map { Array($0.query.utf8) }
    let source = PromQLMemorySource()
    var parsed = 0
    for _ in 0..<20_000 {
      var bytes = queries.randomElement(using: &generator) ?? []
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let place = Int.random(in: 0...bytes.count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0 where place < bytes.count: bytes.remove(at: place)
        case 1: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: place)
        case 2 where place < bytes.count:
          bytes[place] = UInt8.random(in: 32...126, using: &generator)
        default: bytes.insert(contentsOf: queries.randomElement(using: &generator) ?? [], at: place)
        }
      }
      guard let expression = try? PromQL.parse(ByteString(bytes)) else { continue }
      parsed += 1
      #expect(try PromQL.parse(ByteString(expression.text)) == expression, "\(expression.text)")
      _ = try? PromQL.evaluate(
        expression, from: source, scope: .fleet, times: EvaluationTimes(at: 60_000),
        isInstant: true)
    }
    #expect(parsed > 1_000)
  }
}
