import Bytes
import Foundation
import Support
import Testing

/// Queries made to break things, against the running program: each is answered at once in its
/// API's own form, and the program goes on.
@Suite struct HostileQueryTests {
  /// What nothing hangs for. Other tests keep the machine busy, so that little can be said of
  /// time here; the slowest is printed.
  private static let guardSeconds = 60.0

  /// `«text*count»` made so many of the text.
  private static func expanded(_ block: String) -> String {
    var out = ""
    var rest = block[...]
    while let open = rest.firstIndex(of: "«"), let close = rest[open...].firstIndex(of: "»") {
      let inner = rest[rest.index(after: open)..<close]
      guard let star = inner.lastIndex(of: "*"),
        let count = Int(inner[inner.index(after: star)...])
      else { break }
      out += rest[..<open] + String(repeating: String(inner[..<star]), count: count)
      rest = rest[rest.index(after: close)...]
    }
    return out + rest
  }

  @Test func eachIsAnsweredAtOnce() async throws {
    let server = try ServerProcess(arguments: ["--retention", "200y"])
    defer { server.remove() }
    let samples = try Fixture.named("serve/prometheus/samples.jsonl").bytes()
    _ = try await server.call("POST", "/ingest/metrics", body: Data(samples))
    let lines = (0..<20).map { #"{"message":"aaaaaaaaaaaaaaa \#($0)","service":"s","a":\#($0)}"# }
    _ = try await server.call(
      "POST", "/ingest/json", body: Data(lines.joined(separator: "\n").utf8))
    let blocks = try Fixture.named("serve/hostile/queries.calls").text()
      .trimmingCharacters(in: .newlines).components(separatedBy: "\n\n")
    var count = 0
    var slowest = (seconds: 0.0, query: "")
    for block in blocks {
      var call = RecordedCall(Self.expanded(block))
      guard !call.method.isEmpty else { continue }
      count += 1
      let got = try await call.send(to: server, moment: 0)
      #expect(call.seconds < Self.guardSeconds, "\(block)")
      if call.seconds > slowest.seconds { slowest = (call.seconds, block) }
      let status = call.answer.prefix { $0.isNumber }
      #expect("\(got.status)" == status, "\(block)\n\(got.text.prefix(300))")
      let wanted = call.answer.dropFirst(status.count + 1)
      if !wanted.isEmpty {
        #expect(got.text.contains(wanted), "\(block)\n\(got.text.prefix(300))")
      }
      try Self.checkForm(got, call.path)
    }
    print("slowest of \(count) hostile queries: \(slowest.seconds) s, \(slowest.query.prefix(120))")
    #expect(count > 90)
    #expect(server.isRunning)
    #expect(try await server.call("GET", "/-/healthy").status == 200)
  }

  private static func checkForm(_ got: (status: Int, text: String), _ path: String) throws {
    guard got.status == 200 || path.hasPrefix("/api/v1/") else {
      #expect(!got.text.isEmpty && !got.text.hasPrefix("{\""), "\(got.text)")
      return
    }
    let json = try JSONValue(parsing: Array(got.text.utf8))
    guard path.hasPrefix("/api/v1/") else { return }
    #expect(json["status"]?.text == (got.status == 200 ? "success" : "error"))
    if got.status != 200 { #expect(json["errorType"]?.text?.isEmpty == false) }
  }
}
