import Bytes
import Foundation
import Support
import Testing

/// What bounds queries, and ends them, against the running program.
@Suite struct QueryBudgetTests {
  /// Sorts 288,000 values at each of some thousand instants: many minutes of work in little memory.
  private static let heavy =
    "/api/v1/query_range?start=1700000000&end=1700600000&step=60&query="
    + HTTPContractTests.escape("quantile_over_time(0.5, vector(1)[200d:1m])")

  private static func figure(_ name: String, _ metrics: String) -> Int? {
    metrics.split(separator: "\n").first { $0.hasPrefix("plimsoll_\(name) ") }
      .flatMap { Int($0.split(separator: " ")[1]) }
  }

  private static func runs(_ count: Int, _ server: ServerProcess) async throws {
    _ = try await server.wait("/metrics") { figure("queries_running", $0) == count }
  }

  @Test func aQueryEndsWithItsClient() async throws {
    let server = try ServerProcess(arguments: ["--query-timeout", "30m"])
    defer { server.remove() }
    let client = try ClientSocket(port: server.ports["http"] ?? 0)
    try client.ask(Self.heavy)
    try await Self.runs(1, server)
    let begin = Date()
    client.leave()
    _ = try await server.wait("/metrics") {
      Self.figure("queries_cancelled_total", $0) == 1 && Self.figure("queries_running", $0) == 0
    }
    // The bound is a second; other tests keep the machine busy, so that it is only printed.
    print("a query ended \(Date().timeIntervalSince(begin)) s after its client")
    #expect(try await server.call("GET", "/api/v1/query?query=1").status == 200)
  }

  @Test func aQueryEndsAtItsTimeout() async throws {
    let server = try ServerProcess()
    defer { server.remove() }
    let got = try await server.call("GET", Self.heavy + "&timeout=200ms")
    #expect(got.status == 503)
    #expect(got.text.contains(#""errorType":"timeout""#))
    #expect(got.text.contains("query_timeout"))
    let metrics = try await server.call("GET", "/metrics").text
    #expect(Self.figure("queries_timed_out_total", metrics) == 1)
  }

  @Test func queriesWaitForTheirTurnAndNotForEver() async throws {
    let server = try ServerProcess(arguments: [
      "--query-concurrency", "1", "--query-concurrency-per-tenant", "1", "--query-queue", "2",
      "--query-wait", "300ms", "--query-timeout", "30m",
    ])
    defer { server.remove() }
    let running = try ClientSocket(port: server.ports["http"] ?? 0)
    try running.ask(Self.heavy)
    try await Self.runs(1, server)
    let prometheus = try await server.call("GET", "/api/v1/query?query=1")
    #expect(prometheus.status == 503)
    #expect(prometheus.text.contains(#""errorType":"unavailable""#))
    #expect(prometheus.text.contains("query_wait"))
    let loki = try await server.call("GET", "/loki/api/v1/query?query=vector(1)")
    #expect(loki.status == 429)
    #expect(loki.text.contains("query_wait"))
    if let curl = installed("curl") {
      for path in ["/api/v1/query?query=1", "/loki/api/v1/query?query=vector(1)"] {
        let head = try run(curl, ["-s", "-i", server.http + path]).output.lowercased()
        #expect(head.contains("retry-after: "), "\(head)")
      }
    }
    // What is no query goes on.
    let stored = try await server.call(
      "POST", "/ingest/json", body: Data(#"{"message":"meanwhile"}"#.utf8))
    #expect(stored.status == 200)
    running.leave()
    try await Self.runs(0, server)
    #expect(try await server.call("GET", "/api/v1/query?query=1").status == 200)
  }

  @Test func aTenantLeavesRoomForOthers() async throws {
    let server = try ServerProcess(arguments: [
      "--query-concurrency", "2", "--query-concurrency-per-tenant", "1", "--query-queue", "2",
      "--query-wait", "10m", "--query-timeout", "30m",
    ])
    defer { server.remove() }
    let running = try ClientSocket(port: server.ports["http"] ?? 0)
    try running.ask(Self.heavy)
    try await Self.runs(1, server)
    let waiting = try ClientSocket(port: server.ports["http"] ?? 0)
    try waiting.ask(Self.heavy)
    _ = try await server.wait("/metrics") { Self.figure("queries_waiting", $0) == 1 }
    let refused = try await server.call("GET", "/api/v1/query?query=1")
    #expect(refused.status == 503)
    #expect(refused.text.contains("too many outstanding requests"))
    let other = try await server.call(
      "GET", "/api/v1/query?query=1", headers: ["X-Scope-OrgID": "other"])
    #expect(other.status == 200)
    waiting.leave()
    running.leave()
    try await Self.runs(0, server)
  }

  @Test func howLongARegularExpressionMayBeIsASetting() async throws {
    let server = try ServerProcess(arguments: ["--query-regex-bytes", "8KiB"])
    defer { server.remove() }
    for (length, status) in [(8_192, 200), (8_193, 400)] {
      let pattern = String(repeating: "a", count: length)
      for path in [
        "/api/v1/query?query=", "/api/v1/labels?match%5B%5D=", "/loki/api/v1/series?match%5B%5D=",
        "/loki/api/v1/query_range?query=", "/loki/api/v1/format_query?query=",
      ] {
        let answer = try await server.call(
          "GET", path + HTTPContractTests.escape(#"{a=~"\#(pattern)"}"#))
        #expect(answer.status == status, "\(path): \(answer.text.prefix(200))")
        #expect((status == 200) != answer.text.contains("(query_regex_bytes)"), "\(path)")
      }
    }
  }

  @Test(arguments: [
    ("--query-samples", "100", "query_samples"), ("--query-series", "2", "query_series"),
    ("--query-memory", "500", "query_memory"), ("--query-bytes", "10", "query_bytes"),
  ])
  func anErrorNamesTheBudget(_ flag: String, _ limit: String, _ name: String) async throws {
    let server = try ServerProcess(arguments: [flag, limit])
    defer { server.remove() }
    let now = Int(Date().timeIntervalSince1970)
    let samples = (0..<400).map {
      #"{"name":"m","value":\#($0),"time":\#(now - $0 / 4),"labels":{"i":"\#($0 % 4)"}}"#
    }
    let lines = (0..<400).map { #"{"message":"line \#($0)","service":"s\#($0 % 4)"}"# }
    for (path, rows) in [("metrics", samples), ("json", lines)] {
      _ = try await server.call(
        "POST", "/ingest/" + path, body: Data(rows.joined(separator: "\n").utf8))
    }
    _ = try await server.call("POST", "/internal/compact")
    let prometheus = try await server.call(
      "GET", "/api/v1/query?query=" + HTTPContractTests.escape("sum_over_time(m[1h])"))
    #expect(prometheus.status == 422, "\(prometheus.text)")
    #expect(prometheus.text.contains(#""errorType":"execution""#))
    #expect(prometheus.text.contains("(\(name))"), "\(prometheus.text)")
    let query = #"sum by (service) (count_over_time({service=~".+"} |= "line" [1h]))"#
    let loki = try await server.call(
      "GET", "/loki/api/v1/query?query=" + HTTPContractTests.escape(query))
    #expect(loki.status == 400, "\(loki.text)")
    #expect(loki.text.contains("(\(name))"), "\(loki.text)")
  }
}
