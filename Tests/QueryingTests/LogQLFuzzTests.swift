import Bytes
import Model
import Querying
import Support
import Testing

/// Random lines through every stage.
@Suite struct LogQLFuzzTests {
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
