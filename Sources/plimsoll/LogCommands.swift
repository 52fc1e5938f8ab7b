import ArgumentParser
import Bytes
import Foundation
import Running

/// How log lines are printed.
struct LineOutput: ParsableArguments {
  /// The forms.
  enum Form: String, ExpressibleByArgument, CaseIterable {
    case text, json, csv, raw
  }

  @Option(
    name: .shortAndLong,
    help: "text, json (an object a line), csv, or raw (the messages alone).")
  var output: Form = .text
  @Flag(help: "Show each line's fields below it; json and csv have them anyway.")
  var withFields = false

  func show(_ lines: [ShownLine]) {
    switch output {
    case .text:
      for line in lines { Terminal.line(line.text(Terminal.style, withFields: withFields)) }
    case .json: for line in lines { Terminal.raw(line.json + [10]) }
    case .raw: for line in lines { Terminal.raw(line.text.bytes + [10]) }
    case .csv: Terminal.raw(Array((ShownLine.csv(lines) + "\n").utf8))
    }
  }
}

/// `plimsoll logs`: log lines of a time range, or as they come.
struct Logs: AsyncParsableCommand {
  /// Which of the lines, when there are more than the limit.
  enum Direction: String, ExpressibleByArgument, CaseIterable {
    case backward, forward
  }

  static let configuration = CommandConfiguration(
    abstract: "Search log lines with LogQL, count them, or follow them.",
    discussion: """
      Prints the newest lines of the last hour, oldest first, with time, level, tenant, service,
      release and logger. --since and --until take a length (2h) or a time (RFC 3339, or seconds
      since 1970).

        plimsoll logs '{tenant="nordlog", level="error"}'
        plimsoll logs --since 1d --limit 500 '{service="odoo"} |= "WH/OUT/00812"'
        plimsoll logs --since 6h --histogram '{service="odoo"} |= "Traceback"'
        plimsoll logs --fields '{logger="werkzeug"}'
        plimsoll logs --follow '{level=~"error|critical"}'
        plimsoll logs -o csv '{logger="werkzeug"} | status >= 500' > failed.csv

      --follow prints the last lines and then each new one within a second, also such as come up to
      ten seconds behind their time, each once; it goes on when the server was away, until Ctrl-C.

      The exit status is 0 for an answer, also an empty one, 1 when the query is refused or fails,
      2 for a command line that is none.
      """)

  @OptionGroup var argument: QueryArgument
  @Option(parsing: .unconditional, help: "From how far back, or from when.") var since = "1h"
  @Option(parsing: .unconditional, help: "Until how long ago, or when; now by default.")
  var until: String?
  @Option(help: "At most so many lines, 1 to 5000; with --follow so many to begin with.")
  var limit = 100
  @Option(help: "Of more lines than the limit: backward the newest, forward the oldest.")
  var direction = Direction.backward
  @Flag(help: "Count the lines by time and level instead, as bars.") var histogram = false
  @Flag(help: "List the fields of the lines instead: their values' number, and some of them.")
  var fields = false
  @Flag(name: .shortAndLong, help: "Go on with lines as they come, until interrupted.")
  var follow = false
  @OptionGroup var output: LineOutput
  @OptionGroup var explaining: Explaining
  @OptionGroup var remote: Remote

  func validate() throws {
    guard (1...5_000).contains(limit) || follow && limit == 0 else {
      throw ValidationError("--limit is 1 to 5000")
    }
    if [histogram, fields, follow].filter({ $0 }).count > 1 {
      throw ValidationError("--histogram, --fields and --follow exclude each other")
    }
    if explaining.explain, histogram || fields || follow {
      throw ValidationError("--explain is of a search: leave out --histogram, --fields, --follow")
    }
    if follow, until != nil { throw ValidationError("--follow goes on: leave out --until") }
    if follow, direction == .forward {
      throw ValidationError("--follow begins with the newest lines: leave out --direction")
    }
    if follow, output.output == .csv {
      throw ValidationError("csv has its names in the first line, so it cannot follow: say json")
    }
    if histogram, output.output != .text {
      throw ValidationError("bars are text: for the numbers, plimsoll query --logql -o csv")
    }
  }

  func run() async throws {
    let moment = Moment()
    let text = try argument.text()
    let from = try moment.since(since, "--since")
    // Lines are taken from clocks that are a little ahead of ours.
    let to = try until.map { try moment.since($0, "--until") } ?? moment.now + Instant.second
    guard from < to else { throw ValidationError("--since is after --until") }
    if follow {
      try await LineFollowing(
        query: text, since: from, limit: limit, output: output, remote: remote
      )
      .run()
    } else if histogram {
      try await showHistogram(text, from: from, to: to)
    } else if fields {
      try await showFields(text, from: from, to: to)
    } else {
      let answer = try await remote.askJSON(
        "GET", "/loki/api/v1/query_range",
        [
          ("query", text), ("start", String(from)), ("end", String(to)),
          ("limit", String(limit)), ("direction", direction.rawValue), ("fields", "true"),
        ] + explaining.parameters)
      guard answer["data"]?["resultType"]?.text == "streams" else {
        Terminal.fail("this query counts: ask it with plimsoll query --logql")
        throw ExitCode(1)
      }
      output.show(ShownLine.all(in: answer))
      for warning in answer["warnings"]?.elements ?? [] {
        Terminal.fail(VisibleText.lines(warning.text ?? ""))
      }
      explaining.show(answer)
    }
  }

  private func showHistogram(_ text: String, from: Int64, to: Int64) async throws {
    let windows = LogHistogram.windows(from: from, to: to)
    let answer = try await remote.askJSON(
      "GET", "/loki/api/v1/query_range",
      [
        ("query", LogHistogram.query(text, step: windows.step)), ("start", String(windows.first)),
        ("end", String(windows.last)), ("step", "\(windows.step / Instant.second)s"),
      ])
    guard let counts = QueryAnswer(answer) else {
      Terminal.fail("the server's answer is none of the API's")
      throw ExitCode(1)
    }
    Terminal.line(LogHistogram.text(counts, windows: windows, Terminal.style))
  }

  private func showFields(_ text: String, from: Int64, to: Int64) async throws {
    let parameters = [("query", text), ("start", String(from)), ("end", String(to))]
    var list = FieldList(
      try await remote.askJSON("GET", "/loki/api/v1/detected_fields", parameters))
    for place in list.fields.indices {
      let name = HTTPCaller.escape(list.fields[place].name)
      list.fields[place].examples = FieldList.values(
        try await remote.askJSON(
          "GET", "/loki/api/v1/detected_field/\(name)/values", parameters + [("limit", "3")]))
    }
    switch output.output {
    case .json: Terminal.raw(list.json)
    case .csv: Terminal.raw(Array((list.csv + "\n").utf8))
    case .text: Terminal.line(list.text(Terminal.style))
    case .raw: for field in list.fields { Terminal.line(VisibleText.line(field.name)) }
    }
  }
}

/// `plimsoll tail`: log lines as they come.
struct Tail: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Follow log lines as they come, until interrupted: logs --follow without the past.",
    discussion: "plimsoll tail '{level=~\"error|critical\"}'")

  @Argument(help: "A LogQL log query.") var query: String = "{service=~\".+\"}"
  @OptionGroup var output: LineOutput
  @OptionGroup var remote: Remote

  func validate() throws {
    if output.output == .csv {
      throw ValidationError("csv has its names in the first line, so it cannot follow: say json")
    }
  }

  func run() async throws {
    let hour = 3_600 * Instant.second
    try await LineFollowing(
      query: query, since: Moment().now - hour, limit: 0, output: output, remote: remote
    ).run()
  }
}
