import Bytes
import Model
import Querying
import Support
import Testing

/// What index and detecting calls compute, at their limits.
@Suite struct LogReadingTests {
  private static func reading(
    _ lines: [String], start: Int64 = 0, end: Int64 = 1_000 * Instant.second
  ) -> LogReading {
    var batch = Batch()
    for (index, line) in lines.enumerated() {
      var record = Record(time: Int64(index) * Instant.millisecond, receivedAt: 0)
      record.service = batch.intern("s" as ByteString)
      record.message = batch.intern(ByteString(line))
      batch.append(record: record)
    }
    return LogReading(
      source: LogRecords(batches: [batch]), scope: .fleet, start: start, end: end)
  }

  private static func patterns(_ lines: [String]) throws -> [String] {
    try reading(lines).patterns(of: LogSelection(matchers: []), step: Instant.second * 10)
      .map { "\(Int($0.count)) \($0.text)" }
  }

  @Test func patternsHideWhatDiffers() throws {
    #expect(
      try Self.patterns([
        "GET /a/1 200", "GET /a/2 404", "order WH/OUT/00812 done", "order WH/OUT/00813 done",
        "", "  ", "plain", "plain",
      ]) == ["2 GET <_> <_>", "2 order <_> done", "2 plain"])
    #expect(
      try Self.patterns([
        "user anna logged in from berlin", "user bert logged in from paris",
        "user carl logged in from rome", "two words", "two others",
      ]) == ["3 user <_> logged in from <_>", "1 two others", "1 two words"])
    #expect(
      try Self.patterns(["Traceback of 7:\n  File \"x\"", "Traceback of 8:\n  File \"y\""])
        == ["2 Traceback of <_>"])
  }

  @Test func patternsAreFoundAgainByTheirOwnFilter() throws {
    let lines = ["took 12ms [ok] id=7, \"a b\"", "took 13ms [ok] id=8, \"a b\""]
    let pattern = try #require(
      try Self.reading(lines).patterns(of: LogSelection(matchers: []), step: Instant.second).first)
    #expect(pattern.text == "took <_> [ok] id=<_>, \"a b\"")
    let query = #"{service="s"} |> "# + Quoting.quote(pattern.text)
    let statistics = try Self.reading(lines).statistics(
      of: try LogReading.selection(ByteString(query)))
    #expect(statistics.entries == 2)
  }

  @Test func patternsAreBounded() throws {
    var generator = SeededGenerator(seed: 7)
    let lines = (0..<3_000).map { _ in
      (0..<Int.random(in: 1...80, using: &generator)).map { _ in
        String((0..<6).map { _ in "abcdefghijklmnop".randomElement(using: &generator) ?? "a" })
      }.joined(separator: " ")
    }
    #expect(try Self.patterns(lines).count <= 300)
    #expect(try Self.patterns([String(repeating: "x", count: 100_000)]).first?.count ?? 0 < 2_000)
  }

  @Test func extremeTimesAnswer() throws {
    let all = LogSelection(matchers: [])
    for (start, end) in [(Int64.min, Int64.max), (.max, .min), (.min, .min), (0, .max)] {
      let reading = Self.reading(["a"], start: start, end: end)
      _ = try reading.statistics(of: all)
      _ = try reading.detectedLabels(of: all)
      _ = try reading.detectedFields(of: all, lineLimit: 10, limit: 10)
      for step in [Int64.min, -1, 0, 1, Instant.second, .max] {
        _ = try? reading.patterns(of: all, step: step)
        let grouping = VolumeGrouping(targets: [], isByName: false, limit: 10)
        _ = try? reading.volume(of: all, by: grouping, step: step)
      }
    }
  }

  @Test func spacedLinesKeepTheirDistance() throws {
    var batch = Batch()
    for second in 0..<12_000 {
      var record = Record(time: Int64(second) * Instant.second, receivedAt: 0)
      record.service = batch.intern("s" as ByteString)
      batch.append(record: record)
    }
    let query = try LogQL.parse(#"{service="s"}"#)
    for direction in LogQL.Direction.allCases {
      let value = try LogQL.lines(
        query, from: LogRecords(batches: [batch]), scope: .fleet, start: 0, end: .max, limit: 4,
        direction: direction, interval: 3_600 * Instant.second)
      guard case .streams(let streams) = value else { return }
      let times = streams.flatMap { $0.lines.map { $0.time / Instant.second } }
      #expect(
        times
          == (direction == .forward ? [0, 3_600, 7_200, 10_800] : [11_999, 8_399, 4_799, 1_199]))
    }
  }

  @Test func onlyLogQueriesSelect() {
    for query in ["rate({a=\"b\"}[1m])", "1+1", "{a=", "{a=~\"[\"}"] {
      #expect(throws: QueryFault.self) { try LogReading.selection(ByteString(query)) }
    }
  }
}
