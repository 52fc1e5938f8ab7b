import ArgumentParser
import Bytes
import Foundation

/// One log line as the commands print it.
struct ShownLine {
  let time: Int64
  let text: String
  let labels: [JSONValue.Member]
  let fields: [JSONValue.Member]

  /// The lines of a Loki `streams` answer, oldest first.
  static func all(in answer: JSONValue) -> [ShownLine] {
    var lines: [ShownLine] = []
    for stream in answer["data"]?["result"]?.elements ?? [] {
      let labels = stream["stream"]?.members ?? []
      for value in stream["values"]?.elements ?? [] {
        let parts = value.elements ?? []
        guard parts.count >= 2, let digits = parts[0].bytes,
          let time = Numbers.integer(digits.bytes.span)
        else { continue }
        lines.append(
          ShownLine(
            time: time, text: parts[1].text ?? "", labels: labels,
            fields: parts.count > 2 ? parts[2].members ?? [] : []))
      }
    }
    return lines.enumerated().sorted {
      $0.element.time == $1.element.time
        ? $0.offset < $1.offset : $0.element.time < $1.element.time
    }.map(\.element)
  }

  func show(asJSON: Bool, withFields: Bool) {
    if asJSON {
      var json = JSONWriter()
      json.object { json in
        json.key("time")
        json.string(Instant.text(time))
        json.key("message")
        json.string(text)
        for member in labels + fields {
          json.key(member.key)
          json.string(member.value.bytes ?? .empty)
        }
      }
      Terminal.write(json.bytes + [10])
      return
    }
    let level = label("level")
    let head = [
      Terminal.paint(Instant.text(time), .gray),
      paint(level.uppercased().padding(toLength: 8, withPad: " ", startingAt: 0), level),
      label("tenant"), label("release"), Terminal.visible(label("logger")),
    ].filter { !$0.isEmpty }.joined(separator: " ")
    Terminal.line(head + ": " + paint(Terminal.visible(text), level))
    guard withFields else { return }
    for member in fields {
      Terminal.line(
        Terminal.paint("    \(member.key)=\(Terminal.visible(member.value.text ?? ""))", .gray))
    }
  }

  private func label(_ name: String) -> String {
    labels.first { $0.key.text == name }?.value.text ?? ""
  }

  private func paint(_ text: String, _ level: String) -> String {
    Terminal.color(ofLevel: level).map { Terminal.paint(text, $0) } ?? text
  }
}

/// `plimsoll logs`: log lines of a time range.
struct Logs: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Search log lines with LogQL.",
    discussion: """
      plimsoll logs '{tenant="nordlog", level="error"}'
      plimsoll logs --since 1d '{service="odoo"} |= "WH/OUT/00812"'
      plimsoll logs --fields '{logger="werkzeug"} | status >= 500'
      """)

  @Argument(help: "A LogQL log query.") var query: String
  @Option(help: "How far back.") var since: String = "1h"
  @Option(help: "At most this many lines, the newest.") var limit: Int = 100
  @Flag(help: "One JSON object a line.") var json = false
  @Flag(help: "Show each line's fields below it.") var fields = false
  @OptionGroup var remote: Remote

  func run() async throws {
    let seconds = try Duration.seconds(since)
    let now = Date().timeIntervalSince1970
    let answer = try await remote.askJSON(
      "GET", "/loki/api/v1/query_range",
      [
        ("query", query), ("start", String(now - seconds)), ("end", String(now + 1)),
        ("limit", String(limit)), ("direction", "backward"), ("fields", "true"),
      ])
    for line in ShownLine.all(in: answer) { line.show(asJSON: json, withFields: fields) }
  }
}

/// `plimsoll tail`: log lines as they come.
struct Tail: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Follow log lines as they come, until interrupted.",
    discussion: "plimsoll tail '{level=~\"error|critical\"}'")

  @Argument(help: "A LogQL log query.") var query: String = "{service=~\".+\"}"
  @Flag(help: "One JSON object a line.") var json = false
  @Flag(help: "Show each line's fields below it.") var fields = false
  @OptionGroup var remote: Remote

  func run() async throws {
    // Rows become visible within a second of their time; looking back further than the last line
    // would show some twice, so a line is printed once its second is over.
    var from = Int64(Date().timeIntervalSince1970 * 1e9)
    while true {
      try await Task.sleep(for: .milliseconds(700))
      let to = Int64(Date().timeIntervalSince1970 * 1e9) - 1_500_000_000
      guard to > from else { continue }
      let answer = try await remote.askJSON(
        "GET", "/loki/api/v1/query_range",
        [
          ("query", query), ("start", String(from)), ("end", String(to)), ("limit", "5000"),
          ("direction", "forward"), ("fields", "true"),
        ])
      for line in ShownLine.all(in: answer) { line.show(asJSON: json, withFields: fields) }
      from = to
    }
  }
}
