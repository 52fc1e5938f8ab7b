import Bytes
import Support
import Testing
import plimsoll

/// What `plimsoll logs` makes of log lines.
@Suite struct LineTests {
  private static func lines(_ fixture: Fixture) throws -> [ShownLine] {
    ShownLine.all(in: try JSONValue(parsing: try fixture.bytes()))
  }

  @Test(arguments: Fixture.all("commands/logs", suffix: ".json"))
  func linesInEachForm(_ fixture: Fixture) throws {
    let lines = try Self.lines(fixture)
    let plain = lines.map { $0.text(.plain, withFields: true) }.joined(separator: "\n") + "\n"
    #expect(try fixture.golden(".text", for: ".json", actual: plain) == plain)
    // Escapes of colours are shown as text in the golden file.
    let color = Style(hasColor: true, width: nil)
    let colored = lines.map { VisibleText.whole($0.text(color)) }.joined(separator: "\n") + "\n"
    #expect(try fixture.golden(".colored", for: ".json", actual: colored) == colored)
    let csv = ShownLine.csv(lines) + "\n"
    #expect(try fixture.golden(".csv", for: ".json", actual: csv) == csv)
    let json = ByteString(Array(lines.map { $0.json + [10] }.joined())).text
    #expect(try fixture.golden(".jsonl", for: ".json", actual: json) == json)
  }

  /// No byte that steers a terminal comes through, wherever it stands.
  @Test func storedTextCannotSteerTheTerminal() throws {
    let bad = (0..<32).filter { $0 != 10 && $0 != 9 } + [127, 0x80, 0x9B, 0x202E, 0x2066, 0x200B]
    for value in bad {
      let scalar = String(try #require(Unicode.Scalar(UInt32(value))))
      for text in [
        VisibleText.lines("a\(scalar)b"), VisibleText.line("a\(scalar)b"),
        VisibleText.whole("a\(scalar)b"),
      ] {
        #expect(!text.contains(scalar))
        #expect(text.hasPrefix("a\\") && text.hasSuffix("b"))
      }
    }
    #expect(VisibleText.line("a\r\n\tb") == "a\\x0d\\n\\tb")
    #expect(VisibleText.lines("a\nb") == "a\n    b")
    #expect(VisibleText.whole("a\n\tb") == "a\n\tb")
    #expect(VisibleText.line("Grüße, 日本 🚚") == "Grüße, 日本 🚚")
  }

  @Test func widthsAreThoseOfTerminals() {
    for (text, columns) in [
      ("", 0), ("abc", 3), ("Grüße", 5), ("e\u{301}", 1), ("日本", 4), ("한국", 4), ("🚚", 2),
      ("👩‍🔧", 2), ("ｆｕ", 4), ("\u{301}", 0), ("Ελλάδα", 6), ("✔︎", 1), ("❤️", 2),
    ] {
      #expect(TextWidth.columns(text) == columns, "\(text)")
    }
    #expect(TextWidth.cut("日本語", to: 4) == "日…")
    #expect(TextWidth.cut("日本語", to: 6) == "日本語")
    #expect(TextWidth.cut("abc", to: 0) == "")
    #expect(TextWidth.padded("日", to: 4) == "日  ")
    #expect(TextWidth.padded("12", to: 4, isRight: true) == "  12")
  }

  @Test func timesAreReadAsFlagsHaveThem() {
    let now: Int64 = 1_700_000_000_000_000_000
    let hour: Int64 = 3_600_000_000_000
    for (text, time) in [
      ("now", now), ("-1h", now - hour), ("now-1h", now - hour), ("+90m", now + hour * 3 / 2),
      ("-1h30m", now - hour * 3 / 2), ("2023-11-14T22:13:20Z", now), ("1700000000", now),
      ("1700000000.5", now + 500_000_000),
    ] {
      #expect(TimeText.instant(text, now: now) == time, "\(text)")
    }
    for text in ["", "h", "1h", "-", "-1", "-1x", "yesterday", "1h-", "-9e99h", "nowish", "-½h"] {
      #expect(TimeText.instant(text, now: now) != now, "\(text)")
    }
    #expect(TimeText.instant("-99999999y", now: now) == nil)
    #expect(TimeText.since("1h", now: now) == now - hour)
    #expect(TimeText.since("-1h", now: now) == now - hour)
    #expect(TimeText.since("1700000000", now: now) == now)
    #expect(TimeText.length("1.5s") == 1_500_000_000)
    #expect(TimeText.length("250ms") == 250_000_000)
    #expect(TimeText.length("") == nil)
    #expect(TimeText.length("1h5") == nil)
    #expect(TimeText.step(for: hour, count: 250) == 15_000_000_000)
    #expect(TimeText.step(for: 0, count: 250) == 1_000_000_000)
    #expect(TimeText.step(for: .max, count: 1) > 0)
  }
}
