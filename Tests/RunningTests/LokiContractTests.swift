import Foundation
import Support
import Testing

/// Loki's API against the running program. Each file of `fixtures/serve/loki` is a talk with one
/// server, in the form of `RecordedCall`. Answers are compared whole; with `UPDATE=1` they are
/// written anew.
@Suite struct LokiContractTests {
  @Test(arguments: Fixture.all("serve/loki", suffix: ".calls"))
  func callsAreAnsweredAsWritten(_ fixture: Fixture) async throws {
    let server = try ServerProcess()
    defer { server.remove() }
    let moment = (Int(Date().timeIntervalSince1970) - 60) / 60 * 60
    var talk: [String] = []
    let text = try fixture.text().trimmingCharacters(in: .newlines)
    for block in text.components(separatedBy: "\n\n") {
      var call = RecordedCall(block)
      guard !call.method.isEmpty else {
        talk.append(block)
        continue
      }
      let answer = try await call.send(to: server, moment: moment)
      talk.append(call.text(answer: answer, moment: moment))
    }
    let actual = talk.joined(separator: "\n\n") + "\n"
    #expect(try fixture.golden(".calls", for: ".calls", actual: actual) == actual)
  }

  @Test func manyCallsAreReplayed() throws {
    let texts = try Fixture.all("serve/loki", suffix: ".calls").map { try $0.text() }
    let paths = Set(
      texts.joined(separator: "\n").split(separator: "\n")
        .filter { $0.hasPrefix("GET ") || $0.hasPrefix("POST ") || $0.hasPrefix("FORM ") }
        .compactMap { $0.split(separator: " ").dropFirst().first })
    #expect(paths.count >= 25)
  }
}
