import ArgumentParser
import Bytes
import Running

/// `plimsoll labels`: the names of labels, or the values of one.
struct LabelNames: AsyncParsableCommand {
  /// How they are printed.
  enum Output: String, ExpressibleByArgument, CaseIterable {
    case text, csv, json
  }

  static let configuration = CommandConfiguration(
    commandName: "labels",
    abstract: "List the labels of metrics or logs, or the values of one.",
    discussion: """
        plimsoll labels                                   the labels of metrics
        plimsoll labels __name__                          the names of metrics
        plimsoll labels tenant --match orders_imported    whose orders are counted
        plimsoll labels --logs                            the labels of log streams
        plimsoll labels logger --logs --match '{tenant="acme"}' --since 1d

      The exit status is 0 for an answer, also an empty one, 1 when it is refused or fails, 2 for
      a command line that is none.
      """)

  @Argument(help: "A label: list its values. Else list the names.") var name: String?
  @Flag(help: "Of logs; of metrics by default.") var logs = false
  @Option(name: .customLong("match"), help: "Only of what this selector finds.")
  var selector: String?
  @Option(parsing: .unconditional, help: "From how far back, or from when.") var since = "1h"
  @Option(name: .shortAndLong, help: "text (one a line), csv, or json, the API's own.")
  var output: Output = .text
  @OptionGroup var remote: Remote

  func run() async throws {
    let moment = Moment()
    let from = try moment.since(since, "--since")
    let prefix = logs ? "/loki/api/v1" : "/api/v1"
    let path = name.map { "/label/\(HTTPCaller.escape($0))/values" } ?? "/labels"
    let answer = try await remote.ask(
      "GET", prefix + path,
      [
        ("start", Instant.text(from)), ("end", Instant.text(moment.now + Instant.second)),
        (logs ? "query" : "match[]", selector),
      ])
    if output == .json {
      Terminal.raw(answer + [10])
      return
    }
    let values = (try remote.json(answer)["data"]?.elements ?? []).compactMap(\.text)
    switch output {
    case .csv:
      let rows = [name ?? "label"] + values
      Terminal.raw(Array((rows.map { CommaText.row([$0]) + "\n" }.joined()).utf8))
    case .text, .json: for value in values { Terminal.line(VisibleText.line(value)) }
    }
  }
}
