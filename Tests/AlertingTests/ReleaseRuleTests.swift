import Alerting
import Support
import Testing

/// Rules that ask who runs which release since when.
@Suite struct ReleaseRuleTests {
  @Test(arguments: Fixture.all("rules/releases", suffix: ".test.yml"))
  func testsPass(fixture: Fixture) throws {
    let report = RuleTest.run(try fixture.bytes(), file: fixture.description) { name in
      let rules = Fixture.named("rules/releases/" + name)
      return (try? rules.bytes()).map { [(path: name, bytes: $0)] } ?? []
    }
    #expect(report.failures == [])
    #expect(report.caseCount > 0)
  }
}
