import Bytes
import Model
import Querying
import Support
import Testing

/// A slow, obvious evaluator beside the real one: seeded records, seeded queries, equal answers.
@Suite struct LogQLOracleTests {
  /// A record as the oracle sees it: all it knows as text.
  struct Row {
    var time: Int64
    var stream: [String: String]
    var fields: [String: String]
    var line: String
  }

  private static let words = ["stock", "order", "picking", "error", "done", "10.0.0.1", "é"]

  private static func rows(_ generator: inout SeededGenerator) -> [Row] {
    (0..<Int.random(in: 0...120, using: &generator)).map { _ in
      var stream = [
        "tenant": ["a", "b", "c"].randomElement(using: &generator) ?? "a",
        "service": ["odoo", "gateway"].randomElement(using: &generator) ?? "odoo",
        "level": ["info", "error"].randomElement(using: &generator) ?? "info",
      ]
      if Bool.random(using: &generator) { stream["host"] = "h1" }
      var fields: [String: String] = [:]
      if Bool.random(using: &generator) {
        fields["status"] = ["200", "404", "500"].randomElement(using: &generator)
      }
      let line = (0..<Int.random(in: 0...4, using: &generator)).map { _ in
        words.randomElement(using: &generator) ?? ""
      }.joined(separator: " ")
      // On whole and half seconds, so that window edges are hit.
      return Row(
        time: Int64.random(in: 0...400, using: &generator) * 500_000_000, stream: stream,
        fields: fields, line: line)
    }
  }

  private static func source(_ rows: [Row], _ generator: inout SeededGenerator) -> LogRecords {
    var source = LogRecords(batches: [Batch(), Batch(), Batch()])
    for row in rows {
      var batch = source.batches.remove(at: 0)
      var record = Record(time: row.time, receivedAt: row.time)
      record.tenant = batch.intern(ByteString(row.stream["tenant"] ?? ""))
      record.service = batch.intern(ByteString(row.stream["service"] ?? ""))
      record.host = batch.intern(ByteString(row.stream["host"] ?? ""))
      record.level = row.stream["level"] == "error" ? .error : .info
      record.message = batch.intern(ByteString(row.line))
      if let status = row.fields["status"] {
        batch.addField("status", batch.intern(ByteString(status)), .integer)
      }
      batch.append(record: record)
      source.batches.insert(batch, at: Int.random(in: 0...2, using: &generator))
    }
    return source
  }

  /// One random query: its text, what it takes, the window and how it groups.
  struct Question {
    var selector: String
    var stages = ""
    var keeps: [(Row) -> Bool]
    var namesStatus = false
  }

  private static func question(_ generator: inout SeededGenerator) -> Question {
    let service = ["odoo", "gateway", "none"].randomElement(using: &generator) ?? "odoo"
    var question: Question
    switch Int.random(in: 0..<3, using: &generator) {
    case 0:
      question = Question(
        selector: "{service=\"\(service)\"}", keeps: [{ $0.stream["service"] == service }])
    case 1:
      question = Question(
        selector: #"{service=~".+", tenant!="a"}"#, keeps: [{ $0.stream["tenant"] != "a" }])
    default:
      question = Question(
        selector: #"{tenant=~"a|b", host=""}"#,
        keeps: [{ $0.stream["tenant"] != "c" && $0.stream["host"] == nil }])
    }
    for _ in 0..<Int.random(in: 0...2, using: &generator) {
      let word = words.randomElement(using: &generator) ?? "x"
      switch Int.random(in: 0..<6, using: &generator) {
      case 0:
        question.stages += " |= \"\(word)\""
        question.keeps.append { $0.line.contains(word) }
      case 1:
        question.stages += " != \"\(word)\""
        question.keeps.append { !$0.line.contains(word) }
      case 2:
        question.stages += " |~ \"^(?:\(word)|done)\""
        question.keeps.append { $0.line.hasPrefix(word) || $0.line.hasPrefix("done") }
      case 3:
        question.stages += " | status >= 404"
        question.namesStatus = true
        question.keeps.append { ($0.fields["status"].flatMap { Int($0) } ?? 0) >= 404 }
      case 4:
        question.stages += #" | level="error" or status="200""#
        question.namesStatus = true
        question.keeps.append { $0.stream["level"] == "error" || $0.fields["status"] == "200" }
      default:
        question.stages += " |= \"\(word)\" or \"order\""
        question.keeps.append { $0.line.contains(word) || $0.line.contains("order") }
      }
    }
    return question
  }

  private static func labels(_ row: Row, _ question: Question) -> Labels {
    var pairs = row.stream.map { Label(ByteString($0.key), ByteString($0.value)) }
    if question.namesStatus, let status = row.fields["status"] {
      pairs.append(Label("status", ByteString(status)))
    }
    return Labels(pairs)
  }

  @Test(arguments: 0..<300)
  func countsAgree(_ seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    let rows = Self.rows(&generator)
    let source = Self.source(rows, &generator)
    let question = Self.question(&generator)
    let window = Int64([1, 7, 30, 100].randomElement(using: &generator) ?? 1)
    let offset = Int64([0, 0, 5, -5].randomElement(using: &generator) ?? 0)
    let step = Int64([1, 10, 35].randomElement(using: &generator) ?? 1)
    let grouping =
      [nil, ["tenant"], ["level", "host"], []].randomElement(using: &generator) ?? nil
    var query = "count_over_time(\(question.selector)\(question.stages) [\(window)s]"
    query += offset == 0 ? ")" : " offset \(offset)s)"
    if let grouping { query = "sum by (\(grouping.joined(separator: ", "))) (\(query))" }
    let times = try EvaluationTimes(from: 0, through: 210_000, step: step * 1_000)
    let answer = try LogQL.evaluate(
      try LogQL.parse(ByteString(query)), from: source, scope: .fleet, times: times,
      isInstant: false)
    var expected: [Labels: [Point]] = [:]
    for index in 0..<times.count {
      let upper = (times.instant(index) - offset * 1_000) * 1_000_000
      var counts: [Labels: Double] = [:]
      for row in rows where row.time > upper - window * 1_000_000_000 && row.time <= upper {
        guard question.keeps.allSatisfy({ $0(row) }) else { continue }
        var labels = Self.labels(row, question)
        if let grouping { labels = labels.keeping(grouping.map { ByteString($0) }) }
        counts[labels, default: 0] += 1
      }
      for (labels, count) in counts {
        expected[labels, default: []].append(Point(time: times.instant(index), value: count))
      }
    }
    let matrix = expected.map { MatrixSeries(labels: $0.key, points: $0.value) }
      .sorted { $0.labels < $1.labels }
    #expect(answer == .matrix(matrix), "\(query)")
  }

  @Test(arguments: 0..<200)
  func linesAgree(_ seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed) &+ 5_000)
    let rows = Self.rows(&generator)
    let source = Self.source(rows, &generator)
    let question = Self.question(&generator)
    let start = Int64.random(in: 0...100, using: &generator) * 1_000_000_000
    let end = start + Int64.random(in: 0...150, using: &generator) * 1_000_000_000
    let limit = Int.random(in: 1...40, using: &generator)
    let direction = LogQL.Direction.allCases.randomElement(using: &generator) ?? .forward
    let answer = try LogQL.lines(
      try LogQL.parse(ByteString(question.selector + question.stages)), from: source,
      scope: .fleet, start: start, end: end, limit: limit, direction: direction)
    guard case .streams(let streams) = answer else {
      Issue.record("no streams")
      return
    }
    let passing = rows.filter { row in
      row.time >= start && row.time < end && question.keeps.allSatisfy { $0(row) }
    }
    let times = passing.map(\.time).sorted()
    let expected = direction == .forward ? times.prefix(limit) : times.suffix(limit)
    #expect(streams.flatMap { $0.lines.map(\.time) }.sorted() == Array(expected))
    for stream in streams {
      let own = stream.lines.map(\.time)
      #expect(own == (direction == .forward ? own.sorted() : own.sorted(by: >)))
      for line in stream.lines {
        #expect(
          passing.contains {
            $0.time == line.time && $0.line == line.text.text
              && Self.labels($0, question) == stream.labels
          })
      }
    }
    #expect(streams.map(\.labels) == streams.map(\.labels).sorted())
  }

  /// Lines of random bytes through every parser: no trap, and each line comes back.
  @Test func parsersTakeAnyBytes() throws {
    var generator = SeededGenerator(seed: 11)
    let bits = [
      "{", "}", "[", "]", "\"", ":", ",", "a", "=", "b=c", "\\", "\\u12", "null", "1e", "-", " ",
      "\u{1b}[31m", "\u{1b}[", "\u{1b}", "é", "10.0.0.1", "::1", "{\"a\":", "\"_entry\":\"", "\n",
    ]
    var batch = Batch()
    for time in 0..<2_000 {
      var line: [UInt8] = []
      for _ in 0..<Int.random(in: 0...12, using: &generator) {
        if Int.random(in: 0..<8, using: &generator) == 0 {
          line.append(UInt8.random(in: 0...255, using: &generator))
        } else {
          line += Array((bits.randomElement(using: &generator) ?? "").utf8)
        }
      }
      var record = Record(time: Int64(time), receivedAt: 0)
      record.service = batch.intern(ByteString("s"))
      record.message = batch.intern(line)
      batch.append(record: record)
    }
    let source = LogRecords(batches: [batch])
    for stages in [
      "| json", "| json a=\"a\", b=\"a[1].b\"", "| logfmt", "| logfmt --strict a=\"b\"", "| unpack",
      "| decolorize | json", "| pattern \"<a>=<b>\"", "| regexp \"(?P<a>.)=(?P<b>.*)\"",
      "| json | label_format x=a, y=\"{{.a}}\" | drop a | keep x", "| json | a > 5 or a > 5s",
    ] {
      let query = try LogQL.parse(ByteString("{service=\"s\"} " + stages))
      guard
        case .streams(let streams) = try LogQL.lines(
          query, from: source, scope: .fleet, start: 0, end: 2_000, limit: 5_000,
          direction: .forward)
      else { continue }
      let count = streams.reduce(0) { $0 + $1.lines.count }
      #expect(count == 2_000 || stages.contains(" > "))
    }
    for filter in ["|= ip(\"10.0.0.0/8\")", "!= ip(\"::/0\")", "|> \"<_>=<_>\"", "|= \"\""] {
      _ = try LogQL.lines(
        try LogQL.parse(ByteString("{service=\"s\"} " + filter)), from: source, scope: .fleet,
        start: 0, end: 2_000, limit: 5_000, direction: .backward)
    }
  }
}
