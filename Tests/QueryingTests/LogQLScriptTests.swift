import Support
import Testing

/// Our own scripts: what each query answers stands below it, and was checked by hand.
@Suite struct LogQLScriptTests {
  @Test(arguments: Fixture.all("query/logql", suffix: ".test"))
  func scriptsAnswerAsWritten(_ fixture: Fixture) throws {
    let replayed = try LogQLScript.replay(try fixture.text())
    #expect(replayed.text == (try fixture.golden(".test", for: ".test", actual: replayed.text)))
    #expect(replayed.evals > 0)
  }

  @Test func thereAreManyOfThem() throws {
    var evals = 0
    for fixture in Fixture.all("query/logql", suffix: ".test") {
      evals += try LogQLScript.replay(try fixture.text()).evals
    }
    print("\(evals) cases of LogQL")
    #expect(evals >= 400)
  }
}
