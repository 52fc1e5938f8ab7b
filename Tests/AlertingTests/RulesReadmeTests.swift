import Alerting
import Judging
import Support
import Testing

/// What `rules/README.md` shows is what the product reads.
@Suite struct RulesReadmeTests {
  /// The YAML examples of the page, in order.
  private static func examples() throws -> [String] {
    try Fixture.named("../rules/README.md").text()
      .split(separator: "```yaml\n", omittingEmptySubsequences: false).dropFirst()
      .map { String($0.prefix(upTo: $0.firstRange(of: "```")?.lowerBound ?? $0.endIndex)) }
  }

  @Test func theRuleFileIsGoodAndItsTestPasses() throws {
    let examples = try Self.examples()
    let rules = Array(try #require(examples.first).utf8)
    let (file, faults) = RuleFile.parse(rules, file: "order-import.yml")
    #expect(faults == [] && file?.warnings == [] && file?.groups.count == 1)
    let tests = Array(try #require(examples.last).utf8)
    let report = RuleTest.run(tests, file: "README.md") { [(path: $0, bytes: rules)] }
    #expect(report.failures == [] && report.caseCount == 1)
  }
}
