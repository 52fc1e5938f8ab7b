import Bytes
import Model
import Querying
import Support
import Testing

/// The grammar: what parses, how it prints, and what a fault says and where.
@Suite struct LogQLParserTests {
  /// Queries at the left margin, what became of them indented below.
  private static func queries(_ fixture: Fixture) throws -> [String] {
    try fixture.text().split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      .filter { !$0.hasPrefix("  ") }.dropLast()
  }

  @Test func goodQueriesPrintAsTheyParse() throws {
    let fixture = Fixture.named("query/logql/parse.good")
    var out = ""
    let queries = try Self.queries(fixture)
    for query in queries {
      let tree = try LogQL.parse(ByteString(query))
      let printed = tree.description
      #expect(try LogQL.parse(ByteString(printed)) == tree, "\(printed)")
      #expect(try LogQL.parse(ByteString(printed)).description == printed)
      out += query + "\n  " + printed + "\n"
    }
    #expect(out == (try fixture.golden(".good", for: ".good", actual: out)))
    #expect(queries.count >= 80)
  }

  @Test func badQueriesSayWhere() throws {
    let fixture = Fixture.named("query/logql/parse.bad")
    var out = ""
    let queries = try Self.queries(fixture)
    for query in queries {
      let fault = #expect(throws: QueryFault.self, "\(query)") {
        try LogQL.parse(ByteString(query))
      }
      #expect(fault?.kind == .badData)
      #expect(fault?.position != nil)
      out += query + "\n  " + (fault?.message ?? "parsed") + "\n"
    }
    #expect(out == (try fixture.golden(".bad", for: ".bad", actual: out)))
    #expect(queries.count >= 40)
  }

  @Test func positionsCountLines() throws {
    let fault = #expect(throws: QueryFault.self) { try LogQL.parse("sum(\n  rate({a=\"b\"}[5m]\n") }
    #expect(
      fault?.message == "parse error at line 3, col 1: syntax error: unexpected $end, expecting )")
  }

  @Test(arguments: [
    String(repeating: "(", count: 10_000), String(repeating: "sum(", count: 3_000),
    #"{a="b"} | "# + String(repeating: "(", count: 10_000),
    "1" + String(repeating: "+1", count: 7_000), "1" + String(repeating: "^1", count: 7_000),
    String(repeating: "-", count: 10_000), String(repeating: "1+(", count: 5_000),
    "rate(" + String(repeating: "(", count: 10_000), String(repeating: " ", count: 20_000),
  ])
  func deepQueriesFailFast(_ query: String) {
    let clock = ContinuousClock()
    let taken = clock.measure {
      #expect(throws: QueryFault.self) { try LogQL.parse(ByteString(query)) }
    }
    #expect(taken < .milliseconds(500))
  }

  @Test func longChainsOfStagesAndFiltersParse() throws {
    let stages = #"{a="b"}"# + String(repeating: #"|="x""#, count: 2_000)
    guard case .lines(let selection) = try LogQL.parse(ByteString(stages)) else {
      Issue.record("no log query")
      return
    }
    #expect(selection.stages.count == 2_000)
    let filters = #"{a="b"} | x=1"# + String(repeating: " or x=1", count: 1_500)
    #expect(!LogQL.isMetric(try LogQL.parse(ByteString(filters))))
  }

  @Test func selectorsStandAlone() throws {
    #expect(try LogQL.parseSelector("{}").isEmpty)
    #expect(try LogQL.parseSelector(#"{a="b",c!="d"}"#).count == 2)
    #expect(throws: QueryFault.self) { try LogQL.parseSelector(#"{a="b"} |= "x""#) }
  }

  /// Whatever the bytes, parsing ends in a tree or a fault, and a tree prints to itself.
  @Test func mutatedQueriesNeverTrap() throws {
    var generator = SeededGenerator(seed: 7)
    let seeds = try Self.queries(.named("query/logql/parse.good")).map { Array($0.utf8) }
    let bits = [
      "|", "(", ")", "{", "}", "\"", "`", "[5m]", " or ", "1", "=~", "!", "by(", "\\x", "é",
    ]
    .map { Array($0.utf8) }
    var parsed = 0
    for _ in 0..<4_000 {
      var query = seeds.randomElement(using: &generator) ?? []
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let place = Int.random(in: 0...query.count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: query.insert(contentsOf: bits.randomElement(using: &generator) ?? [], at: place)
        case 1: if place < query.count { query.remove(at: place) }
        case 2:
          if place < query.count { query[place] = UInt8.random(in: 0...255, using: &generator) }
        default:
          let other = seeds.randomElement(using: &generator) ?? []
          query = Array(query.prefix(place)) + other.suffix(other.count / 2)
        }
      }
      guard let tree = try? LogQL.parse(ByteString(query)) else { continue }
      parsed += 1
      let printed = ByteString(tree.description)
      #expect((try? LogQL.parse(printed)) == tree, "\(ByteString(query)) printed \(printed)")
      _ = try? LogQL.evaluate(
        tree, from: LogRecords(), scope: .fleet, times: EvaluationTimes(at: 0), isInstant: true)
    }
    #expect(parsed > 100)
  }
}
