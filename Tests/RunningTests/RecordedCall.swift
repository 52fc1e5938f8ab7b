import Foundation
import Support

/// One call of a talk with a server, and its answer. In a file one blank line stands between calls:
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
/// `{T+5}` are nanoseconds, `{S+5}` seconds, `{R+5}` RFC 3339, five seconds behind the moment of
/// the talk. `FORM` posts the parameters. An answer may go on over further lines.
struct RecordedCall {
  private(set) var method = ""
  private(set) var path = ""
  private var headers: [String: String] = [:]
  private var parameters: [(name: String, value: String)] = []
  /// How long the server took for the answer, with the way there and back.
  private(set) var seconds = 0.0
  /// The answer as it was recorded: the status, and behind a blank the body.
  private(set) var answer = ""
  private var body: [String] = []
  /// What stands in front of the answer.
  private var lines: [String] = []

  init(_ block: String) {
    for line in block.components(separatedBy: "\n") {
      if !answer.isEmpty {
        answer += "\n" + line
      } else if line.hasPrefix("#") {
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
      } else if line.first?.isNumber == true {
        answer = line
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
    let begin = Date()
    defer { seconds = Date().timeIntervalSince(begin) }
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
    guard ["{T", "{S", "{R"].contains(where: { text.contains($0) }) else { return text }
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
