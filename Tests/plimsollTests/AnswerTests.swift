import Bytes
import Foundation
import Support
import Testing
import plimsoll

/// What `plimsoll query` makes of answers.
@Suite struct AnswerTests {
  private static let narrow = Style(hasColor: false, width: 60)

  private static func answer(_ fixture: Fixture) throws -> QueryAnswer {
    try #require(QueryAnswer(try JSONValue(parsing: try fixture.bytes())))
  }

  @Test(arguments: Fixture.all("commands/answers", suffix: ".json"))
  func answersAsTablesAndValues(_ fixture: Fixture) throws {
    let answer = try Self.answer(fixture)
    for (suffix, text) in [
      (".table", answer.table(.plain)), (".narrow", answer.table(Self.narrow)),
      (".csv", answer.csv),
    ] {
      #expect(
        try fixture.golden(suffix, for: ".json", actual: text + "\n") == text + "\n", "\(suffix)")
    }
    for line in answer.table(Self.narrow).split(separator: "\n") {
      #expect(TextWidth.columns(String(line)) <= 60)
    }
  }

  @Test(arguments: Fixture.all("commands/plots", suffix: ".json"))
  func rangesAsPlots(_ fixture: Fixture) throws {
    let answer = try Self.answer(fixture)
    let text = AnswerPlot(answer, Style(hasColor: false, width: 72))?.text ?? "nothing to draw"
    #expect(try fixture.golden(".plot", for: ".json", actual: text + "\n") == text + "\n")
    for line in text.split(separator: "\n") { #expect(TextWidth.columns(String(line)) <= 72) }
    // Colour adds to a plot and changes nothing of it.
    let colored = AnswerPlot(answer, Style(hasColor: true, width: 72))?.text ?? "nothing to draw"
    #expect(Self.withoutColor(colored) == text)
    for width in [1, 5, 21, 1_000] {
      _ = AnswerPlot(answer, Style(hasColor: false, width: width))?.text
      _ = answer.table(Style(hasColor: false, width: width))
    }
  }

  static func withoutColor(_ text: String) -> String {
    text.replacing(#/\u{1B}\[[0-9]*m/#, with: "")
  }

  @Test(arguments: Fixture.all("commands/histograms", suffix: ".json"))
  func countsAsBars(_ fixture: Fixture) throws {
    let windows = LogHistogram.windows(
      from: 1_700_000_000_000_000_000, to: 1_700_000_240_000_000_000)
    #expect(windows.step == 10_000_000_000)
    #expect(windows.first == 1_700_000_010_000_000_000)
    #expect(windows.last == 1_700_000_240_000_000_000)
    let answer = try Self.answer(fixture)
    let text = LogHistogram.text(answer, windows: windows, Style(hasColor: false, width: 64))
    #expect(try fixture.golden(".bars", for: ".json", actual: text + "\n") == text + "\n")
    let colored = LogHistogram.text(answer, windows: windows, Style(hasColor: true, width: 64))
    #expect(Self.withoutColor(colored) == text)
  }

  @Test func extremeRangesHaveWindows() {
    for (from, to) in [
      (Int64.min, Int64.max), (0, Int64.max), (Int64.min, 0), (0, 1), (Int64.max - 1, Int64.max),
    ] {
      let windows = LogHistogram.windows(from: from, to: to)
      #expect(windows.step > 0 && windows.first <= windows.last)
    }
  }

  @Test func aHistogramsQueryEndsWhereTheCommentEnds() {
    #expect(
      LogHistogram.query("{a=\"b\"} # all", step: 60_000_000_000)
        == "sum by (level) (count_over_time({a=\"b\"} # all\n[60s]))")
  }

  @Test(arguments: Fixture.all("commands/mistakes", suffix: ".txt"))
  func mistakesAreMarked(_ fixture: Fixture) throws {
    // The message, a line of dashes, the query.
    let parts = try fixture.text().components(separatedBy: "\n---\n")
    let text = QueryMistake.text(parts[0], query: String(parts[1].dropLast()), width: 60) + "\n"
    #expect(try fixture.golden(".marked", for: ".txt", actual: text) == text)
  }

  @Test(arguments: Fixture.all("commands/fields", suffix: ".json"))
  func fieldsAreListed(_ fixture: Fixture) throws {
    var list = FieldList(try JSONValue(parsing: try fixture.bytes()))
    for place in list.fields.indices { list.fields[place].examples = ["ä\u{1B}[2J", "b, c"] }
    let text = list.text(.plain) + "\n\n" + list.csv + "\n\n" + ByteString(list.json).text
    #expect(try fixture.golden(".list", for: ".json", actual: text) == text)
  }
}
