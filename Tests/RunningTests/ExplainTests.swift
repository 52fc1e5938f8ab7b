import Bytes
import Foundation
import Support
import Testing

/// What a query says of itself when it is asked to.
@Suite struct ExplainTests {
  private static func explained(_ server: ServerProcess, _ path: String) async throws -> JSONValue {
    let got = try await server.call("GET", path + "&explain=1")
    let plain = try await server.call("GET", path)
    #expect(got.status == 200, "\(got.text)")
    #expect(!plain.text.contains("\"explain\""))
    let json = try JSONValue(parsing: Array(got.text.utf8))
    return try #require(json["data"]?["explain"], "\(got.text)")
  }

  /// Blocks are all read, or left out for one reason.
  private static func balances(_ explain: JSONValue) -> Bool {
    let left = ["tenant", "time", "index", "filter"].reduce(Int64(0)) {
      $0 + (pruned(explain, $1) ?? -1_000)
    }
    let blocks = explain["blocks"]
    return blocks?["considered"]?.integer == left + (blocks?["read"]?.integer ?? -1)
  }

  private static func pruned(_ explain: JSONValue, _ reason: String) -> Int64? {
    explain["blocks"]?["pruned"]?[reason]?.integer
  }

  @Test func itTellsWhatWasReadAndWhatNot() async throws {
    let server = try ServerProcess()
    defer { server.remove() }
    let now = Int(Date().timeIntervalSince1970)
    for tenant in ["one", "two"] {
      let lines = (0..<50).map { #"{"message":"order \#($0) imported","service":"\#(tenant)"}"# }
      let samples = (0..<50).map { #"{"name":"m_\#(tenant)","value":\#($0),"time":\#(now - $0)}"# }
      for (path, rows) in [("json", lines), ("metrics", samples)] {
        _ = try await server.call(
          "POST", "/ingest/" + path, body: Data(rows.joined(separator: "\n").utf8),
          headers: ["X-Scope-OrgID": tenant])
      }
    }
    #expect(try await server.call("POST", "/internal/compact").status < 300)
    func logs(_ query: String, _ more: String = "") -> String {
      "/loki/api/v1/query_range?query=" + HTTPContractTests.escape(query) + more
    }
    let lines = try await Self.explained(server, logs(#"{service="one"} |= "imported""#))
    #expect(Self.balances(lines), "\(lines)")
    #expect([50, 100].contains(lines["rows"]?.integer ?? 0), "\(lines)")
    #expect(lines["bytesUnpacked"]?.integer ?? 0 > 0)
    for stage in ["wait", "parse", "plan", "read", "evaluate", "write"] {
      #expect(lines["seconds"]?[stage]?.number ?? -1 >= 0, "\(stage)")
    }
    let absent = try await Self.explained(server, logs(#"{service=~".+"} |= "zebra""#))
    #expect(Self.balances(absent), "\(absent)")
    #expect(Self.pruned(absent, "filter") ?? 0 >= 1, "\(absent)")
    let early = try await Self.explained(
      server, logs(#"{service=~".+"}"#, "&start=1000000000&end=1000000100"))
    #expect(Self.balances(early), "\(early)")
    #expect(Self.pruned(early, "time") ?? 0 >= 1)
    #expect(early["rows"]?.integer == 0)
    let samples = try await Self.explained(
      server, "/api/v1/query?query=" + HTTPContractTests.escape("sum_over_time(m_one[5m])"))
    #expect(Self.balances(samples), "\(samples)")
    #expect(samples["samples"]?.integer == 50)
    #expect(samples["series"]?.integer == 1)
    #expect(Self.pruned(samples, "index") ?? 0 >= 1, "\(samples)")
    let range = try await Self.explained(
      server, "/api/v1/query_range?query=m_one&start=\(now - 60)&end=\(now)&step=15")
    #expect(Self.balances(range))
  }

  @Test func theCommandLineShowsIt() async throws {
    let server = try ServerProcess()
    defer { server.remove() }
    _ = try await server.call(
      "POST", "/ingest/json", body: Data(#"{"message":"one","service":"s"}"#.utf8))
    let logs = try run(
      ServerProcess.program, ["logs", "--explain", "--server", server.http, #"{service="s"}"#])
    #expect(logs.status == 0)
    #expect(logs.output.contains("bytes unpacked"), "\(logs.output)")
    let query = try run(
      ServerProcess.program, ["query", "--explain", "--server", server.http, "1 + 1"])
    #expect(query.status == 0)
    #expect(query.output.contains("evaluate"), "\(query.output)")
  }
}
