import ArgumentParser
import Bytes
import Foundation

/// The query of a command: its argument, or standard input.
struct QueryArgument: ParsableArguments {
  /// Longer queries are refused by the server.
  private static let longest = 1 << 20

  @Argument(help: "The query; read from standard input when it is left out, or -.")
  var query: String?

  func text() throws -> String {
    if let query, query != "-" { return query }
    guard let bytes = Terminal.input(atMost: Self.longest) else {
      throw ValidationError("there is no query: give it as an argument, or by standard input")
    }
    let text = String(decoding: bytes, as: UTF8.self)
      .trimmingCharacters(in: .whitespacesAndNewlines)
    guard !text.isEmpty else { throw ValidationError("the query on standard input is empty") }
    return text
  }
}

/// Whether a command says what the server did for it.
struct Explaining: ParsableArguments {
  @Flag(help: "Say on standard error what was read for the answer, and how long each part took.")
  var explain = false

  var parameters: [(String, String?)] { explain ? [("explain", "1")] : [] }

  func show(_ answer: JSONValue) {
    guard explain, let text = ExplanationText.text(answer) else { return }
    Terminal.note(text + "\n")
  }
}

/// Times of flags, with one now for all of them.
struct Moment {
  let now = Int64(clamping: Date().timeIntervalSince1970 * 1e9) ?? 0

  /// An instant in nanoseconds; throws what the flag's reader should know.
  func instant(_ text: String, _ flag: String) throws -> Int64 {
    guard let time = TimeText.instant(text, now: now) else {
      throw ValidationError(
        "\(flag) \(text) is no time: say now, -1h, 2026-11-23T10:00:00Z, or seconds since 1970")
    }
    return time
  }

  /// Where a search begins, in nanoseconds.
  func since(_ text: String, _ flag: String) throws -> Int64 {
    guard let time = TimeText.since(text, now: now) else {
      throw ValidationError(
        "\(flag) \(text) is neither a length such as 15m, 1h30m, 2d, nor a time such as "
          + "2026-11-23T10:00:00Z")
    }
    return time
  }
}

/// `plimsoll query`: PromQL, or LogQL that counts.
struct Query: AsyncParsableCommand {
  /// How an answer is printed.
  enum Output: String, ExpressibleByArgument, CaseIterable {
    case table, plot, csv, json
  }

  static let configuration = CommandConfiguration(
    abstract: "Evaluate a PromQL query, at an instant or over a range.",
    discussion: """
      Without --start the query is evaluated at one instant, and answered as a table. With --start
      it is evaluated over a range, and drawn as a plot on a terminal. Times are relative to now
      (-1h), RFC 3339, or seconds since 1970.

        plimsoll query 'sum by (tenant) (rate(odoo_http_request_seconds_count[5m]))'
        plimsoll query --start -1h 'sum by (release) (rate(odoo_http_request_seconds_count[5m]))'
        plimsoll query --start -1d --step 10m -o csv 'orders_imported' > orders.csv
        plimsoll query --logql 'sum by (tenant) (count_over_time({level="error"}[15m]))'
        plimsoll query 'up and on (tenant) plimsoll_release_age_seconds < 3600'
        plimsoll query < query.promql

      JSON is the API's own. The exit status is 0 for an answer, also an empty one, 1 when the
      query is refused or fails, 2 for a command line that is none.
      """)

  @OptionGroup var argument: QueryArgument
  @Flag(help: "The query is LogQL that counts.") var logql = false
  @Option(parsing: .unconditional, help: "Evaluate at this instant; now by default.")
  var time: String?
  // A value that begins with a dash is a time here, not a flag.
  @Option(parsing: .unconditional, help: "Evaluate over a range that begins here.")
  var start: String?
  @Option(parsing: .unconditional, help: "The end of the range; now by default.")
  var end: String?
  @Option(help: "The distance of the points; by default about 250 of them make up the range.")
  var step: String?
  @Option(
    name: .shortAndLong,
    help: "table, plot, csv or json; by default table, and plot for a range on a terminal.")
  var output: Output?
  @OptionGroup var explaining: Explaining
  @OptionGroup var remote: Remote

  func validate() throws {
    guard start == nil, end != nil || step != nil else {
      if start != nil, time != nil {
        throw ValidationError("--time and --start exclude each other")
      }
      if start == nil, output == .plot {
        throw ValidationError("a plot wants a range: say --start, as in --start -1h")
      }
      return
    }
    throw ValidationError("--end and --step are of a range: say --start too, as in --start -1h")
  }

  func run() async throws {
    let moment = Moment()
    let prefix = logql ? "/loki/api/v1" : "/api/v1"
    let text = try argument.text()
    guard let start else {
      let time = try time.map { Instant.text(try moment.instant($0, "--time")) }
      let parameters = [("query", text), ("time", time)] + explaining.parameters
      try show(try await remote.ask("GET", prefix + "/query", parameters))
      return
    }
    let from = try moment.instant(start, "--start")
    let to = try end.map { try moment.instant($0, "--end") } ?? moment.now
    guard from <= to, let length = to.adding(-from) else {
      throw ValidationError("--start is after --end")
    }
    let parameters: [(String, String?)] = [
      ("query", text), ("start", Instant.text(from)), ("end", Instant.text(to)),
      ("step", try stepText(length: length)),
    ]
    let answer = try await remote.ask(
      "GET", prefix + "/query_range", parameters + explaining.parameters)
    try show(answer, over: from / Instant.millisecond...to / Instant.millisecond)
  }

  private func stepText(length: Int64) throws -> String {
    guard let step else {
      return "\(TimeText.step(for: length, count: 250) / Instant.second)s"
    }
    guard let length = TimeText.length(step), length >= Instant.millisecond else {
      throw ValidationError("--step \(step) is not a length of time such as 15s, 5m, 1h30m")
    }
    return "\(length / Instant.millisecond)ms"
  }

  private func show(_ body: [UInt8], over times: ClosedRange<Int64>? = nil) throws {
    let output =
      output ?? (times != nil && Terminal.isTerminal ? .plot : .table)
    if output == .json {
      Terminal.raw(body + [10])
      return
    }
    let json = try remote.json(body)
    guard let answer = QueryAnswer(json) else {
      let isLines = json["data"]?["resultType"]?.text == "streams"
      Terminal.fail(
        isLines
          ? "these are log lines: ask for them with plimsoll logs"
          : "the server's answer is none of the API's")
      throw ExitCode(1)
    }
    for note in answer.notes { Terminal.fail(VisibleText.lines(note)) }
    switch output {
    case .csv: Terminal.raw(Array((answer.csv + "\n").utf8))
    case .plot where !answer.isEmpty:
      let style = Terminal.style
      Terminal.line(
        AnswerPlot(answer, over: times, style)?.text ?? "no finite values: see them with -o table")
    case .table, .plot, .json: Terminal.line(answer.table(Terminal.style))
    }
    explaining.show(json)
  }
}
