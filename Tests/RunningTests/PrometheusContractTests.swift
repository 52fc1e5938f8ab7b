import Bytes
import Foundation
import FoundationNetworking
import Support
import Testing

/// Every path of the Prometheus API, and what its clients send, against the running program.
@Suite struct PrometheusContractTests {
  private static func serve() async throws -> ServerProcess {
    // The samples of the fixtures have fixed times, which only grow older.
    let server = try ServerProcess(arguments: ["--retention", "200y"])
    let samples = try Fixture.named("serve/prometheus/samples.jsonl").bytes()
    let stored = try await server.call("POST", "/ingest/metrics", body: Data(samples))
    #expect(stored.text.contains(#""rejected":0"#), "\(stored.text)")
    return server
  }

  /// What is recorded is the shape of each answer (`JSONShape`), or its text.
  @Test(arguments: Fixture.all("serve/prometheus", suffix: ".calls"))
  func callsAreAnsweredAsRecorded(_ fixture: Fixture) async throws {
    let server = try await Self.serve()
    defer { server.remove() }
    let blocks = try fixture.text().trimmingCharacters(in: .newlines)
      .components(separatedBy: "\n\n")
    for block in blocks {
      var call = RecordedCall(block)
      let got = try await call.send(to: server, moment: 0)
      let status = call.answer.prefix { $0.isNumber }
      let wanted = call.answer.dropFirst(status.count + 1)
      #expect("\(got.status)" == status, "\(block)\n\(got.text)")
      guard wanted.hasPrefix("{") else {
        #expect(got.text.trimmingCharacters(in: .newlines) == wanted, "\(block)")
        continue
      }
      let shape = JSONShape(shape: try JSONValue(parsing: Array(wanted.utf8)))
      let value = try JSONValue(parsing: Array(got.text.utf8))
      #expect(shape.difference(value) == nil, "\(block)\n\(got.text)")
    }
  }

  @Test func everyPathIsCalled() throws {
    let texts = try Fixture.all("serve/prometheus", suffix: ".calls").map { try $0.text() }
    let called = Set(
      texts.joined(separator: "\n\n").components(separatedBy: "\n\n").map {
        RecordedCall($0).path
      })
    for path in [
      "query", "query_range", "query_exemplars", "format_query", "parse_query", "labels",
      "label/__name__/values", "series", "metadata", "targets", "targets/metadata",
      "scrape_pools", "alertmanagers", "rules", "alerts", "notifications", "status/config",
      "status/flags", "status/runtimeinfo", "status/buildinfo", "status/tsdb",
      "status/walreplay",
    ] {
      #expect(called.contains("/api/v1/" + path), "\(path)")
    }
  }

  @Test func statusCountsWhatIsStoredNow() async throws {
    let server = try ServerProcess()
    defer { server.remove() }
    let lines = (0..<3).map { #"{"name":"now_total","value":1,"labels":{"n":"\#($0)"}}"# }
    _ = try await server.call(
      "POST", "/ingest/metrics", body: Data(lines.joined(separator: "\n").utf8))
    let answer = try await server.call("GET", "/api/v1/status/tsdb?limit=1")
    let status = try JSONValue(parsing: Array(answer.text.utf8))["data"]
    #expect(status?["headStats"]?["numSeries"]?.integer == 3)
    let metrics = status?["seriesCountByMetricName"]?.elements
    #expect(metrics?.count == 1)
    #expect(metrics?.first?["name"]?.text == "now_total")
    #expect(metrics?.first?["value"]?.integer == 3)
  }

  @Test func aNativeHistogramIsKeptAndAnnounced() async throws {
    let server = try ServerProcess(arguments: ["--retention", "200y"])
    defer { server.remove() }
    let scope = ["X-Scope-OrgID": "acme"]
    var write = WriteRequestBuilder()
    let time = WriteRequestBuilder.number(15, 60_000, isFloat: false)
    let schema = WriteRequestBuilder.number(4, 18, isFloat: false)
    write.series(
      [("__name__", "seconds")], [(1, 60_000)],
      extra: WriteRequestBuilder.field(4, time) + WriteRequestBuilder.field(4, time + schema))
    let stored = try await server.call(
      "POST", "/api/v1/write", body: Data(write.packed), headers: scope)
    #expect(stored.status == 204, "\(stored.text)")
    let listeners = try await server.call("GET", "/api/v1/listeners")
    #expect(listeners.text.contains("native histogram: schema 9"), "\(listeners.text)")
    let answer = try await server.call("GET", "/api/v1/query?query=seconds&time=60", headers: scope)
    #expect(answer.text.contains(#""result":[{"metric":{"__name__":"seconds"},"#))
    #expect(answer.text.contains(#""warnings":["PromQL warning: native histogram \"seconds\""#))
    let series = try await server.call(
      "GET", "/api/v1/series?match[]=seconds&start=0&end=90", headers: scope)
    #expect(series.text.contains(#""data":[{"__name__":"seconds"}]"#), "\(series.text)")
  }

  @Test func aRefusedReloadIsNotified() async throws {
    let rules = NSTemporaryDirectory() + "/plimsoll-rules-" + UUID().uuidString.lowercased()
    try FileManager.default.createDirectory(atPath: rules, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: rules) }
    let server = try ServerProcess(rules: rules)
    defer { server.remove() }
    #expect(try await server.call("GET", "/api/v1/notifications").text.contains(#""data":[]"#))
    try "groups: 5".write(toFile: rules + "/bad.yml", atomically: true, encoding: .utf8)
    #expect(try await server.call("POST", "/-/reload").status == 500)
    let notices = try await server.call("GET", "/api/v1/notifications")
    #expect(notices.text.contains("Rules were refused: "))
    let runtime = try await server.call("GET", "/api/v1/status/runtimeinfo")
    #expect(runtime.text.contains(#""reloadConfigSuccess":false"#))
  }

  @Test func secretsOfSettingsStaySecret() async throws {
    let server = try ServerProcess(
      arguments: ["--webhook", "http://127.0.0.1:9/token-of-somebody"])
    defer { server.remove() }
    for path in ["status/config", "status/flags"] {
      let answer = try await server.call("GET", "/api/v1/" + path)
      #expect(answer.text.contains("secret"))
      #expect(!answer.text.contains("token-of-somebody"))
    }
  }

  @Test func longAnswersArePackedForWhoTakesThat() async throws {
    let server = try ServerProcess()
    defer { server.remove() }
    let curl = try #require(installed("curl"))
    func ask(_ path: String, _ arguments: [String]) throws -> (head: String, body: String) {
      let got = try run(curl, ["-s", "-i", server.http + path] + arguments)
      let parts = got.output.components(separatedBy: "\r\n\r\n")
      return (parts[0].lowercased(), parts.dropFirst().joined(separator: "\r\n\r\n"))
    }
    let plain = try ask("/assets/page.js", [])
    #expect(!plain.head.contains("content-encoding"))
    #expect(plain.head.contains("vary: accept-encoding"))
    let packed = try ask("/assets/page.js", ["--compressed"])
    #expect(packed.head.contains("content-encoding: gzip"))
    #expect(packed.body == plain.body)
    let refusing = try ask("/assets/page.js", ["-H", "Accept-Encoding: gzip;q=0, br"])
    #expect(!refusing.head.contains("content-encoding"))
    let short = try ask("/-/healthy", ["--compressed"])
    #expect(!short.head.contains("content-encoding"))

    let tag = try #require(
      plain.head.components(separatedBy: "\r\n").first { $0.hasPrefix("etag: ") }?.dropFirst(6))
    #expect(tag.hasPrefix("w/\""))
    let again = try ask("/assets/page.js", ["-H", "If-None-Match: \"x\", W\(tag.dropFirst())"])
    #expect(again.head.hasPrefix("http/1.1 304"))
    #expect(again.body.isEmpty)
    #expect(
      try ask("/assets/page.css", ["-H", "If-None-Match: W\(tag.dropFirst())"]).head
        .hasPrefix("http/1.1 200"))
    #expect(try ask("/api/v1/status/buildinfo", []).head.contains("etag: "))
    #expect(try !ask("/api/v1/query", ["-d", "query=1"]).head.contains("etag: "))
  }
}
