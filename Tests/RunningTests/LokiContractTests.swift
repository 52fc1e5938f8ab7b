import Foundation
import Support
import Testing

/// Loki's API against the running program. Each file of `fixtures/serve/loki` is a talk with one
/// server: blocks of a call and its answer, one blank line between them.
///
///     POST /loki/api/v1/push as acme
///       | {"streams":[...]}
///     204
///
///     GET /loki/api/v1/query_range as acme
///       query: {app="shop"}
///       start: {T-5}
///     200 {"status":"success",...}
///
/// `{T+5}` are nanoseconds, `{S+5}` seconds, `{R+5}` RFC 3339, five seconds behind the full minute
/// before the last one. `FORM` posts the parameters. Answers are compared whole; with `UPDATE=1`
/// they are written anew.
@Suite struct LokiContractTests {
  @Test(arguments: Fixture.all("serve/loki", suffix: ".calls"))
  func callsAreAnsweredAsWritten(_ fixture: Fixture) async throws {
    let server = try ServerProcess()
    defer { server.remove() }
    let moment = (Int(Date().timeIntervalSince1970) - 60) / 60 * 60
    var talk: [String] = []
    let text = try fixture.text().trimmingCharacters(in: .newlines)
    for block in text.components(separatedBy: "\n\n") {
      var call = LokiCall(block)
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

/// One call of a talk.
private struct LokiCall {
  private(set) var method = ""
  private var path = ""
  private var headers: [String: String] = [:]
  private var parameters: [(name: String, value: String)] = []
  private var body: [String] = []
  /// What stands in front of the answer.
  private var lines: [String] = []

  init(_ block: String) {
    for line in block.components(separatedBy: "\n") {
      if line.hasPrefix("#") {
        lines.append(line)
      } else if method.isEmpty {
        let words = line.split(separator: " ").map(String.init)
        guard words.count > 1 else { return }
        method = words[0]
        path = words[1]
        if words.count > 3, words[2] == "as" { headers["X-Scope-OrgID"] = words[3] }
        lines.append(line)
      } else if line.hasPrefix("  | ") {
        body.append(String(line.dropFirst(4)))
        lines.append(line)
      } else if line.hasPrefix("  "), let colon = line.firstIndex(of: ":") {
        let name = String(line[..<colon].dropFirst(2))
        let value = String(line[line.index(after: colon)...].drop { $0 == " " })
        if name.first?.isUppercase == true {
          headers[name] = value
        } else {
          parameters.append((name, value))
        }
        lines.append(line)
      }
    }
  }

  mutating func send(
    to server: ServerProcess, moment: Int
  ) async throws -> (status: Int, text: String) {
    let query = parameters.map { name, value in
      HTTPContractTests.escape(name) + "="
        + HTTPContractTests.escape(Self.filled(value, moment: moment))
    }.joined(separator: "&")
    if method == "FORM" {
      headers["Content-Type"] = "application/x-www-form-urlencoded"
      return try await server.call("POST", path, body: Data(query.utf8), headers: headers)
    }
    var sent: Data?
    if method == "POST" {
      if headers["Content-Type"] == nil { headers["Content-Type"] = "application/json" }
      let text = Self.filled(body.joined(separator: "\n"), moment: moment)
      // Bytes that are no text stand as hexadecimal.
      sent = text.hasPrefix("hex ") ? Self.bytes(text.dropFirst(4)) : Data(text.utf8)
    }
    return try await server.call(
      method, path + (query.isEmpty ? "" : "?" + query), body: sent, headers: headers)
  }

  func text(answer: (status: Int, text: String), moment: Int) -> String {
    let text = Self.emptied(answer.text, moment: moment)
    return (lines + ["\(answer.status)" + (text.isEmpty ? "" : " " + text)])
      .joined(separator: "\n")
  }

  private static func bytes(_ hex: Substring) -> Data {
    let digits = hex.compactMap(\.hexDigitValue)
    return Data(
      stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) })
  }

  private static func filled(_ text: String, moment: Int) -> String {
    var out = text
    for seconds in -600...600 where out.contains("{") {
      let sign = seconds < 0 ? "\(seconds)" : "+\(seconds)"
      let instant = moment + seconds
      for (mark, value) in [
        ("{T\(sign)}", "\(instant)000000000"), ("{S\(sign)}", "\(instant)"),
        ("{R\(sign)}", Self.stamp(instant)),
      ] where out.contains(mark) {
        out = out.replacingOccurrences(of: mark, with: value)
      }
    }
    return out
  }

  /// Times, and what the store may arrange one way or another, as a talk writes them.
  private static func emptied(_ text: String, moment: Int) -> String {
    var out = text.replacingOccurrences(of: "\n", with: "\\n")
    for seconds in -600...600 {
      let sign = seconds < 0 ? "\(seconds)" : "+\(seconds)"
      for (value, mark) in [
        ("\(moment + seconds)000000000", "{T\(sign)}"), ("\(moment + seconds)", "{S\(sign)}"),
      ] where out.contains(value) {
        out = out.replacingOccurrences(of: value, with: mark)
      }
    }
    return out.replacingOccurrences(
      of: #""chunks":[1-9][0-9]*"#, with: #""chunks":1"#, options: .regularExpression)
  }

  private static func stamp(_ seconds: Int) -> String {
    ISO8601DateFormatter().string(from: Date(timeIntervalSince1970: Double(seconds)))
  }
}
