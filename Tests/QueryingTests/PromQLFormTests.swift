import Bytes
import Foundation
import Model
import Querying
import Support
import Testing

/// A query as text over lines and as a tree.
struct PromQLFormTests {
  private static func labels(_ metric: ByteString, _ x: ByteString) -> Labels {
    Labels([Label(Labels.metricName, metric), Label("x", x)])
  }

  @Test(arguments: Fixture.all("query/layout", suffix: ".in"))
  func laysOutAsPrometheusDoes(_ fixture: Fixture) throws {
    let expression = try PromQL.parse(ByteString(try fixture.bytes()))
    let expected = try fixture.golden(".out", for: ".in", actual: expression.layout + "\n")
    #expect(expression.layout + "\n" == expected)
    #expect(try PromQL.parse(ByteString(expression.layout)) == expression)
  }

  @Test(arguments: Fixture.all("query/trees", suffix: ".in"))
  func writesTheTree(_ fixture: Fixture) throws {
    let expression = try PromQL.parse(ByteString(try fixture.bytes()))
    let tree = String(decoding: PrometheusAnswer.parsed(expression), as: UTF8.self) + "\n"
    #expect(try fixture.golden(".json", for: ".in", actual: tree) == tree)
  }

  @Test func theDeepestQueryHasItsForms() throws {
    let query = String(repeating: "(", count: 90) + "1" + String(repeating: ")", count: 90)
    let expression = try PromQL.parse(ByteString(query))
    #expect(expression.layout.hasPrefix("(\n  (\n"))
    let tree = String(decoding: PrometheusAnswer.parsed(expression), as: UTF8.self)
    #expect(tree.components(separatedBy: #""type":"parenExpr""#).count == 91)
  }

  @Test(arguments: [
    ("plain", "plain"), ("U__a_2e_b", "a.b"), ("U__a__b", "a_b"), ("U___e9_", "é"),
    ("U___1F600_x", "😀x"), ("U__", ""), ("U__a_", "U__a_"), ("U__a_2e", "U__a_2e"),
    ("U__a_zz_", "U__a_zz_"), ("U___d800_", "U___d800_"), ("U___1111111_", "U___1111111_"),
    ("U___FFFFFFFF_", "U___FFFFFFFF_"),
  ])
  func unescapesNames(escaped: String, name: String) {
    #expect(EscapedName.decode(ByteString(escaped)).text == name)
  }

  @Test func countsTheSamplesOfEachStep() throws {
    var source = PromQLMemorySource()
    source.add(Self.labels("a", "1"), tenant: "t", [(0, 1), (60_000, 2), (120_000, 3)])
    for (query, samples) in [
      ("a", [1, 1, 1]), ("rate(a[2m])", [1, 2, 2]), ("a + a", [2, 2, 2]), ("1", [0, 0, 0]),
      ("max_over_time(a[2m:1m])", [1, 2, 2]),
    ] {
      let answer = try PromQL.answer(
        PromQL.parse(ByteString(query)), from: source, scope: .fleet,
        times: EvaluationTimes(from: 0, through: 120_000, step: 60_000), isInstant: false,
        countsSamples: true)
      let statistics = try #require(answer.statistics)
      #expect(statistics.samplesByStep == samples, "\(query)")
      #expect(statistics.evaluating >= statistics.preparing)
      #expect(statistics.held > 0)
    }
  }

  @Test func aLookbackOfItsOwn() throws {
    var source = PromQLMemorySource()
    source.add(Self.labels("a", "1"), tenant: "t", [(0, 1)])
    for (lookback, count) in [(Int64(60_000), 0), (120_000, 1)] {
      let answer = try PromQL.answer(
        PromQL.parse("a"), from: source, scope: .fleet, times: EvaluationTimes(at: 60_000),
        isInstant: true, lookback: lookback)
      guard case .vector(let elements) = answer.value else {
        Issue.record("no vector")
        continue
      }
      #expect(elements.count == count)
    }
  }

  @Test func limitsCut() {
    let elements = (0..<3).map {
      VectorElement(labels: Self.labels("n", ByteString("\($0)")), point: Point(time: 0, value: 0))
    }
    for (limit, kept, isCut) in [(2, 2, true), (3, 3, false), (0, 3, false)] {
      let cut = QueryValue.vector(elements).limited(to: limit)
      #expect(cut.value == .vector(Array(elements.prefix(kept))))
      #expect(cut.isCut == isCut)
    }
  }

  @Test func cardinalityCountsSeriesLabelsAndPairs() throws {
    var source = PromQLMemorySource()
    source.add(Self.labels("a", "1"), tenant: "t", [(5, 1)])
    source.add(Self.labels("a", "22"), tenant: "t", [(7, 1)])
    source.add(Self.labels("b", "22"), tenant: "t", [(6, 1)])
    let found = try Cardinality(reading: source, in: .tenant("t"), from: 0, through: 10)
    #expect(found.series == 3)
    #expect(found.labelPairs == 4)
    #expect(found.times == 5...7)
    #expect(found.metrics(10).map(\.count) == [2, 1])
    #expect(found.pairs(1).map(\.name) == ["__name__=a"])
    #expect(found.bytes(10).map(\.count) == [3, 2])
    #expect(found.labels(10).map(\.name) == ["__name__", "x"])
  }
}
