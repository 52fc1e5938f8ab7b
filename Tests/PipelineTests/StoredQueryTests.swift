import Bytes
import Model
import Querying
import Running
import Storing
import Support
import Testing

/// A query answers the same from blocks, where it is answered by column and most is left packed, as
/// from the records as they came in.
@Suite struct StoredQueryTests {
  private static let start: Int64 = 1_795_132_800_000_000_000
  private static let rows = 1_500
  private static let step: Int64 = 2_345_678_901

  private static let metrics = [
    #"sum by (release) (count_over_time({service="odoo"}[2h]))"#,
    #"sum by (release) (count_over_time({service=~".+"}[30m]))"#,
    #"sum by (release, level) (count_over_time({service="odoo"}[2h]))"#,
    #"sum by (level) (count_over_time({service="odoo"}[5m]))"#,
    #"sum by (tenant) (rate({level="error"}[10m]))"#,
    #"sum by (tenant, host) (rate({tenant=~".+", host!="w1"}[7m]))"#,
    #"sum by (environment) (count_over_time({tenant="t0"}[2h]))"#,
    #"sum by (path) (count_over_time({service="odoo"}[20m]))"#,
    #"sum without (host) (count_over_time({service="odoo"}[20m]))"#,
    #"count_over_time({tenant="t1", service="odoo"}[15m])"#,
    #"count_over_time({job="shop"}[2h])"#,
    #"sum(count_over_time({service="odoo"} |= "order 7"[2h]))"#,
    #"sum by (level) (count_over_time({service="odoo"} |= "order" |~ "token [0-9a-f]+ of"[2h]))"#,
    #"sum by (path) (rate({service="odoo"} | status >= 500 [30m]))"#,
    #"quantile_over_time(0.9, {service="odoo"} | unwrap duration_ms [1h]) by (path)"#,
    #"sum by (host) (bytes_over_time({service="odoo"}[1h]))"#,
    #"absent_over_time({service="nobody"}[10m])"#,
    #"absent_over_time({service="odoo"}[1m])"#,
    #"sum by (n) (count_over_time({service="odoo"} | regexp "order (?P<n>[0-9]+)" [2h]))"#,
    #"sum by (detected_level) (count_over_time({service="odoo"}[1h]))"#,
    #"count by (release) (sum by (tenant, release) (count_over_time({tenant=~"t.*"}[20m])))"#,
    #"sum by (label) (count_over_time({service="odoo"} | label_format label=path [1h]))"#,
  ]

  private static let lines = [
    #"{service="odoo"}"#, #"{service="odoo"} |= "order 77""#, #"{service="odoo"} |= "r 7" |= "a""#,
    #"{level="error", release=~"r.*"} |~ "token .*7f""#, #"{service="odoo"} != "order""#,
    #"{service="odoo"} | path="/web" | line_format "{{.path}} {{__line__}}""#,
    #"{job="shop"}"#, #"{service="odoo"} |= "nowhere at all""#, #"{release="r2"}"#,
    #"{service="odoo"} | status >= 500 | drop host"#, #"{service="odoo"} | keep path"#,
  ]

  private func batch(_ random: inout SeededGenerator, from first: Int) -> Batch {
    var batch = Batch()
    func text(_ text: String) -> Slice { batch.intern(ByteString(text)) }
    for number in first..<(first + 300) {
      let place = Int.random(in: 0..<12, using: &random)
      let path = text(["/web", "/shop", "/report"][place % 3])
      if place != 5 { batch.addField("path", path, .text) }
      batch.addField("status", text(place == 3 ? "503" : "200"), .integer)
      if place % 2 == 0 { batch.addField("duration_ms", text("\(number % 97).5"), .decimal) }
      if place == 7 { batch.addField("environment", text("a field"), .text) }
      if place == 8 { batch.addField("_stream", text(#"{"job":"shop"}"#), .text) }
      var record = Record(
        time: Self.start + Int64(number) * Self.step, receivedAt: Self.start)
      record.tenant = text("t\(number % 3)")
      if place != 8 { record.service = text(place == 9 ? "proxy" : "odoo") }
      record.host = text("w\(place % 4)")
      if place % 5 == 0 { record.environment = text("production") }
      if number % 3 == 1 { record.release = text("r\(number / 700)") }
      record.level = [.info, .error, .unknown, .warning][place % 4]
      let token = String(random.next(), radix: 16)
      record.message = text("order \(number) took a token \(token) of \(place)")
      batch.append(record: record)
    }
    return batch
  }

  private func filled() async throws -> Store {
    let store = try Store(
      opening: "/store", on: MemoryDisk(), settings: StoreSettings(retention: .max),
      clock: { Self.start })
    var random = SeededGenerator(seed: 20_261_123)
    for first in stride(from: 0, to: Self.rows, by: 300) {
      _ = try await store.append(batch(&random, from: first), idempotencyKey: nil)
    }
    for (place, release) in ["r1", "r2"].enumerated() {
      _ = try store.state.add(
        deploy: DeployEvent(
          service: "odoo", environment: "", tenants: place == 0 ? nil : ["t0", "t2"],
          instances: nil, release: ByteString(release), previous: nil, kind: .deploy,
          start: Self.start + Int64(place + 1) * 500 * Self.step, end: nil, actor: "", link: "",
          isInferred: false))
    }
    return store
  }

  private func answers(_ store: Store) throws -> [String: String] {
    let source = StoreSource(store: store)
    let end = Self.start + Int64(Self.rows) * Self.step
    let (first, last) = (Self.start / 1_000_000, end / 1_000_000 + 1)
    var answers: [String: String] = [:]
    for scope in [Scope.fleet, .tenant("t0")] {
      for query in Self.metrics {
        let expression = try LogQL.parse(ByteString(query))
        for (times, isInstant) in [
          (EvaluationTimes(at: last), true), (EvaluationTimes(at: (first + last) / 2 + 1), true),
          (try EvaluationTimes(from: first + 1, through: last, step: 300_000), false),
        ] {
          let value = try LogQL.evaluate(
            expression, from: source, scope: scope, times: times, isInstant: isInstant)
          answers["\(query) \(scope) \(times)"] =
            String(decoding: LokiAnswer.success(value), as: UTF8.self)
        }
      }
      for query in Self.lines {
        for (limit, direction) in [(50, LogQL.Direction.forward), (5_000, .backward)] {
          let value = try LogQL.lines(
            try LogQL.parse(ByteString(query)), from: source, scope: scope, start: Self.start,
            end: end - 200 * Self.step, limit: limit, direction: direction, withFields: false)
          answers["\(query) \(scope) \(limit)"] =
            String(decoding: LokiAnswer.success(value), as: UTF8.self)
        }
      }
    }
    return answers
  }

  @Test func blocksAnswerAsTheRecordsDid() async throws {
    let store = try await filled()
    let before = try answers(store)
    #expect(store.status().segments > 0)
    try store.compact(now: Self.start)
    #expect(store.status().segments == 0)
    let after = try answers(store)
    for (query, answer) in before { #expect(after[query] == answer, "\(query)") }
    // Most of them are about something.
    let isEmpty = before.values.count { $0.contains(#""result":[]"#) }
    #expect(isEmpty * 4 < before.count, "\(isEmpty) of \(before.count)")
    store.close()
  }
}
