import Foundation
import Support
import Testing

/// The contract scripts rely on, against the running program.
@Suite struct HTTPContractTests {
  @Test func rowsOfOneTenantAreSeenByItAndTheFleet() async throws {
    let server = try ServerProcess()
    defer { server.remove() }
    let line =
      #"{"time":"\#(Self.now)","level":"error","message":"no stock","tenant":"other"}"#
    let stored = try await server.call(
      "POST", "/ingest/json", body: Data(line.utf8), headers: ["X-Scope-OrgID": "nordlog"])
    #expect(stored.status == 200)
    #expect(stored.text.contains(#""stored":1"#))
    let query = "query=" + Self.escape(#"{level="error"}"#)
    let own = try await server.call(
      "GET", "/loki/api/v1/query_range?" + query, headers: ["X-Scope-OrgID": "nordlog"])
    #expect(own.text.contains("no stock"))
    #expect(!own.text.contains(#""tenant":"nordlog""#))
    let fleet = try await server.call("GET", "/loki/api/v1/query_range?" + query)
    #expect(fleet.text.contains(#""tenant":"nordlog""#))
    let stranger = try await server.call(
      "GET", "/loki/api/v1/query_range?" + query, headers: ["X-Scope-OrgID": "someone"])
    #expect(!stranger.text.contains("no stock"))
  }

  @Test func anIdempotencyKeyCountsOnce() async throws {
    let server = try ServerProcess()
    defer { server.remove() }
    let body = Data(#"{"message":"once","service":"s"}"#.utf8)
    for attempt in 0..<3 {
      let answer = try await server.call(
        "POST", "/ingest/json", body: body, headers: ["Idempotency-Key": "k1"])
      #expect(answer.status == 200)
      #expect(answer.text.contains(#""duplicate":\#(attempt > 0)"#))
    }
    let answer = try await server.call(
      "GET",
      "/loki/api/v1/query?query=" + Self.escape(#"count_over_time({service="s"}[1h])"#))
    #expect(try Vector.values(answer.text, by: "service") == ["s": 1])
  }

  @Test(arguments: [
    ("/api/v1/query?query=sum(", 400), ("/api/v1/query_range?query=up", 400),
    ("/api/v1/query_range?query=up&start=0&end=10&step=0", 400),
    ("/loki/api/v1/query_range?query=%7Ba%3D", 400), ("/nothing", 404),
    ("/api//v1/query", 400), ("/api/v1/%2e%2e/query", 400), ("/-/healthy", 200),
    ("/-/ready", 200), ("/metrics", 200),
  ])
  func pathsAnswerAsTheyShould(_ path: String, _ status: Int) async throws {
    let server = try ServerProcess()
    defer { server.remove() }
    #expect(try await server.call("GET", path).status == status)
  }

  @Test func grafanasHealthChecksAnswerAtTheEpoch() async throws {
    let server = try ServerProcess()
    defer { server.remove() }
    let prometheus = try await server.call("GET", "/api/v1/query?query=1%2B1&time=4")
    #expect(
      prometheus.text
        == #"{"status":"success","data":{"resultType":"scalar","result":[4,"2"]}}"#)
    let loki = try await server.call(
      "GET", "/loki/api/v1/query?query=vector(1)%2Bvector(1)&time=4000000000&direction=backward")
    #expect(loki.text.contains(#""resultType":"vector""#))
    #expect(loki.text.contains(#","2"]}]"#))
  }

  @Test func promtoolReadsWhatRemoteWriteWrote() async throws {
    let server = try ServerProcess()
    defer { server.remove() }
    guard let promtool = installed("promtool") else {
      print("skipped: promtool is not installed (make test installs it)")
      return
    }
    let start = Int(Date().timeIntervalSince1970) - 60
    let lines = (0..<5).map { step in
      #"{"name":"orders_total","value":\#(step * 10),"time":\#(start + step * 15),"#
        + #""labels":{"job":"shop","tenant":"t1"}}"#
    }
    let stored = try await server.call(
      "POST", "/ingest/metrics", body: Data(lines.joined(separator: "\n").utf8))
    #expect(stored.status == 200, "\(stored.text)")
    let instant = try run(promtool, ["query", "instant", server.http, "orders_total"])
    #expect(instant.status == 0)
    #expect(instant.output.contains(#"orders_total{job="shop", tenant="t1"} => 40"#))
    let range = try run(
      promtool, ["query", "range", "--step=15s", server.http, "sum(orders_total)"])
    #expect(range.status == 0)
    #expect(range.output.contains("40 @["))
    let series = try run(
      promtool, ["query", "series", "--match=orders_total", server.http])
    #expect(series.output.contains(#"orders_total"#))
  }

  @Test func badBodiesAreRefusedAndTheNextGoodRowIsStored() async throws {
    let server = try ServerProcess()
    defer { server.remove() }
    let bomb = Data([UInt8](repeating: 0, count: 65 << 20))
    let huge = try? await server.call("POST", "/ingest/json", body: bomb)
    #expect(huge == nil || huge?.status == 413)
    for (body, status) in [
      ("{", 400), (String(repeating: "[", count: 100_000), 400), ("\u{0}", 400),
      (#"{"message":"a"}"# + "\nnot json\n", 200),
    ] {
      let answer = try await server.call("POST", "/ingest/json", body: Data(body.utf8))
      #expect(answer.status == status, "\(body.prefix(20)) \(answer.text)")
    }
    let squeezed = try await server.call(
      "POST", "/ingest/json", body: Data("not gzip".utf8), headers: ["Content-Encoding": "gzip"])
    #expect(squeezed.status == 400)
    let good = try await server.call(
      "POST", "/ingest/json", body: Data(#"{"message":"after"}"#.utf8))
    #expect(good.status == 200)
    let metrics = try await server.call("GET", "/metrics")
    #expect(metrics.text.contains("plimsoll_ingest_rows_rejected_total"))
    #expect(metrics.text.contains(#"reason="invalid_json""#))
    let listeners = try await server.call("GET", "/api/v1/listeners")
    #expect(listeners.text.contains(#""sample":"{""#))
    #expect(!listeners.text.contains(#""balances":false"#))
  }

  static var now: String {
    ISO8601DateFormatter().string(from: Date())
  }

  static func escape(_ text: String) -> String {
    text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
  }
}
