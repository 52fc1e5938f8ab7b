import Bytes
import Model
import Querying
import Support
import Testing

/// The JSON of Loki's HTTP API, metadata, and what the clock and the timeline do to queries.
@Suite struct LogQLAnswerTests {
  private static func records() throws -> LogRecords {
    var batch = Batch()
    for row in [
      #"{"t":10,"tenant":"a","service":"odoo","level":"info","message":"one \"q\"","status":200}"#,
      #"{"t":40,"tenant":"b","service":"odoo","level":"error","message":"two","tag":"x"}"#,
      #"{"t":50,"tenant":"b","service":"odoo","message":"three","release":"18.0"}"#,
    ] {
      batch.append(script: try JSONValue(parsing: Array(row.utf8)))
    }
    let event = DeployEvent(
      service: "odoo", environment: .empty, tenants: ["b"], instances: nil, release: "17.2",
      previous: nil, kind: .deploy, start: 20 * Instant.second, end: nil)
    return LogRecords(batches: [batch], timeline: Timeline([event]))
  }

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  @Test func streamsAreLokisJSON() throws {
    let value = try LogQL.lines(
      try LogQL.parse(#"{level="info"}"#), from: Self.records(), scope: .fleet, start: 0,
      end: 60 * Instant.second, limit: 10, direction: .backward)
    #expect(
      Self.text(LokiAnswer.success(value))
        == #"{"status":"success","data":{"resultType":"streams","#
        + #""result":[{"stream":{"level":"info","service":"odoo","tenant":"a"},"#
        + #""values":[["10000000000","one \"q\""]]}],"stats":{"summary":{"execTime":0,"#
        + #""queueTime":0,"totalEntriesReturned":1}}}}"#
    )
    let withFields = Self.text(LokiAnswer.success(value, withFields: true))
    #expect(withFields.contains(#"["10000000000","one \"q\"",{"status":"200"}]"#))
    guard case .streams(let streams) = value, let stream = streams.first else { return }
    #expect(
      Self.text(LokiAnswer.line(stream.lines[0], of: stream.labels))
        == #"{"time":"1970-01-01T00:00:10Z","level":"info","service":"odoo","tenant":"a","#
        + #""status":"200","message":"one \"q\""}"#
    )
  }

  @Test func numbersAreLokisJSON() throws {
    let source = try Self.records()
    let query = try LogQL.parse(#"count_over_time({service="odoo", level!=""}[1m])"#)
    let vector = try LogQL.evaluate(
      query, from: source, scope: .tenant("b"), times: EvaluationTimes(at: 60_500),
      isInstant: true)
    #expect(
      Self.text(LokiAnswer.success(vector)).hasPrefix(
        #"{"status":"success","data":{"resultType":"vector","#
          + #""result":[{"metric":{"level":"error","service":"odoo"},"value":[60.5,"1"]}],"#
          + #""stats":"#
      ))
    let matrix = try LogQL.evaluate(
      query, from: source, scope: .tenant("b"),
      times: EvaluationTimes(from: 30_000, through: 60_000, step: 15_000), isInstant: false)
    #expect(
      Self.text(LokiAnswer.success(matrix)).hasPrefix(
        #"{"status":"success","data":{"resultType":"matrix","#
          + #""result":[{"metric":{"level":"error","service":"odoo"},"values":[[45,"1"],[60,"#
          + #""1"]]}],"#
      ))
    let scalar = try LogQL.evaluate(
      try LogQL.parse("2 ^ 5000"), from: source, scope: .fleet, times: EvaluationTimes(at: 4_000),
      isInstant: true)
    #expect(
      Self.text(LokiAnswer.success(scalar)).hasPrefix(
        #"{"status":"success","data":{"resultType":"scalar","result":[4,"+Inf"],"#))
  }

  @Test func faultsArePlainText() throws {
    let fault = #expect(throws: QueryFault.self) { try LogQL.parse(#"{a="b"} | x"#) }
    if let fault {
      #expect(LokiAnswer.status(of: fault) == 400)
      #expect(Self.text(LokiAnswer.failure(fault)).hasPrefix("parse error at line 1, col 12: "))
    }
  }

  @Test func metadataNamesWhatIsThere() throws {
    let source = try Self.records()
    let end = 60 * Instant.second
    #expect(
      try LogMetadata.labelNames(of: [], from: source, scope: .fleet, start: 0, end: end)
        == ["level", "release", "service", "tenant"])
    #expect(
      try LogMetadata.labelNames(of: [], from: source, scope: .tenant("a"), start: 0, end: end)
        == ["level", "service"])
    #expect(
      try LogMetadata.labelValues(
        "tenant", of: [try LogQL.parseSelector(#"{level="error"}"#)], from: source,
        scope: .fleet, start: 0, end: end) == ["b"])
    #expect(
      try LogMetadata.labelValues(
        "release", of: [], from: source, scope: .fleet, start: 0, end: end) == ["17.2", "18.0"])
    #expect(
      try LogMetadata.labelValues(
        "detected_level", of: [], from: source, scope: .fleet, start: 0, end: end)
        == ["error", "info", "unknown"])
    let all = try LogMetadata.series(of: [], from: source, scope: .fleet, start: 0, end: end)
    #expect(all.count == 3)
    #expect(all.filter { $0["release"] != nil }.count == 1)
    let named = try LogMetadata.series(
      of: [try LogQL.parseSelector(#"{release="17.2"}"#)], from: source, scope: .fleet, start: 0,
      end: end)
    #expect(named.map { $0["tenant"] } == ["b"])
    #expect(
      try LogMetadata.series(
        of: [], from: source, scope: .fleet, start: 11 * Instant.second,
        end: 20 * Instant.second
      ).isEmpty)
    #expect(
      Self.text(LokiAnswer.strings(["a", "b"])) == #"{"status":"success","data":["a","b"]}"#)
    #expect(
      Self.text(LokiAnswer.series([Labels([Label("a", "b")])]))
        == #"{"status":"success","data":[{"a":"b"}]}"#)
  }

  @Test func aDeployChangesNoQueryThatDoesNotNameTheRelease() throws {
    let deployed = try Self.records()
    var undeployed = deployed
    undeployed.timeline = .empty
    let times = try EvaluationTimes(from: 0, through: 90_000, step: 5_000)
    for query in [
      #"sum(rate({service="odoo"}[30s]))"#, #"count_over_time({service="odoo"}[30s])"#,
      #"sum by (tenant) (count_over_time({service="odoo"} |= "o" [30s]))"#,
    ] {
      let tree = try LogQL.parse(ByteString(query))
      let with = try LogQL.evaluate(
        tree, from: deployed, scope: .fleet, times: times, isInstant: false)
      let without = try LogQL.evaluate(
        tree, from: undeployed, scope: .fleet, times: times, isInstant: false)
      #expect(with == without)
    }
  }

  @Test func extremeTimesAnswer() throws {
    let source = try Self.records()
    for query in [
      #"count_over_time({service="odoo"}[200y])"#,
      #"sum_over_time({service="odoo"} | unwrap status [290y] offset 100y)"#,
      #"absent_over_time({service="odoo"}[1ns] offset -290y)"#, "vector(1)",
    ] {
      let tree = try LogQL.parse(ByteString(query))
      for instant in [Int64.min, -1, 0, 253_402_300_799_000, .max] {
        _ = try LogQL.evaluate(
          tree, from: source, scope: .fleet, times: EvaluationTimes(at: instant), isInstant: true)
      }
      _ = try LogQL.evaluate(
        tree, from: source, scope: .fleet,
        times: EvaluationTimes(from: 0, through: .max, step: .max), isInstant: false)
    }
    _ = try LogQL.lines(
      try LogQL.parse(#"{service="odoo"} | release=~".*""#), from: source, scope: .fleet,
      start: .min, end: .max, limit: 1, direction: .forward)
  }

  @Test func aQueryEndsAtItsDeadline() throws {
    let query = try LogQL.parse(#"count_over_time({service="odoo"}[1m])"#)
    let fault = #expect(throws: QueryFault.self) {
      try LogQL.evaluate(
        query, from: Self.records(), scope: .fleet, times: EvaluationTimes(at: 60_000),
        isInstant: true, budget: Budget(deadline: Deadline(monotonic: 0)))
    }
    #expect(fault?.kind == .timeout)
  }
}
