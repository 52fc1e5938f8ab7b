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

  /// Rows of a block whose bytes are not those that were written are said to be missing.
  @Test func whatCannotBeReadIsSaid() async throws {
    let server = try ServerProcess()
    defer { server.remove() }
    let lines = (0..<200).map { #"{"message":"line \#($0)","service":"s"}"# }
    _ = try await server.call(
      "POST", "/ingest/json", body: Data(lines.joined(separator: "\n").utf8))
    #expect(try await server.call("POST", "/internal/compact").status < 300)
    let folder = server.folder + "/data/blocks"
    for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
      let path = folder + "/" + name
      var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
      for index in bytes.indices.dropFirst(24).prefix(4_000) { bytes[index] ^= 0x5a }
      // Written in place: the server has the file open.
      let file = try #require(FileHandle(forUpdatingAtPath: path))
      try file.write(contentsOf: bytes)
      try file.close()
    }
    let query = HTTPContractTests.escape(#"{service="s"} |= "line""#)
    let paths = [
      "query_range?query=" + query, "labels", "series",
      "query?query=" + HTTPContractTests.escape(#"count_over_time({service="s"}[1h])"#),
    ]
    for path in paths { _ = try await server.call("GET", "/loki/api/v1/" + path) }
    for path in paths {
      let got = try await server.call("GET", "/loki/api/v1/" + path)
      #expect(got.text.contains(#""warnings":["#), "\(path) \(got.text)")
      #expect(got.text.contains("cannot be read: see plimsoll doctor"), "\(path)")
    }
  }
}
