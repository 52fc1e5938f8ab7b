import ArgumentParser
import Bytes
import Foundation

/// `plimsoll query`: PromQL, or LogQL that counts.
struct Query: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Evaluate a PromQL query, now or over a range.",
    discussion: """
      plimsoll query 'sum by (tenant) (rate(odoo_http_request_seconds_count[5m]))'
      plimsoll query --range 1h --step 1m 'sum by (release) (rate(odoo_http_request_seconds_count[5m]))'
      plimsoll query --logql 'sum by (tenant) (count_over_time({level="error"}[15m]))'
      """)

  @Argument(help: "The query.") var query: String
  @Flag(help: "The query is LogQL.") var logql = false
  @Option(help: "The instant: seconds since 1970 or RFC 3339; now by default.") var time: String?
  @Option(help: "Evaluate from this long ago until now, such as 1h.") var range: String?
  @Option(help: "With --range: the distance of the points.") var step: String = "15s"
  @Flag(help: "Print the API's JSON.") var json = false
  @OptionGroup var remote: Remote

  func run() async throws {
    let prefix = logql ? "/loki/api/v1" : "/api/v1"
    let answer: [UInt8]
    if let range {
      let seconds = try Duration.seconds(range)
      let now = Date().timeIntervalSince1970
      answer = try await remote.ask(
        "GET", prefix + "/query_range",
        [
          ("query", query), ("start", String(now - seconds)), ("end", String(now)),
          ("step", step),
        ])
    } else {
      answer = try await remote.ask("GET", prefix + "/query", [("query", query), ("time", time)])
    }
    if json {
      Terminal.write(answer + [10])
    } else {
      Terminal.line(try Self.render(answer))
    }
  }

  private static func render(_ answer: [UInt8]) throws -> String {
    let data = try JSONValue(parsing: answer)["data"]
    let result = data?["result"]
    switch data?["resultType"]?.text {
    case "vector":
      let rows = (result?.elements ?? []).map { [name($0["metric"]), point($0["value"]).1] }
      return rows.isEmpty ? "no series" : Terminal.table(rows)
    case "matrix":
      let series = (result?.elements ?? []).map { series in
        let points = (series["values"]?.elements ?? []).map { value in
          let (time, text) = point(value)
          return "  \(time)  \(text)"
        }
        return ([name(series["metric"])] + points).joined(separator: "\n")
      }
      return series.isEmpty ? "no series" : series.joined(separator: "\n")
    case "scalar", "string": return point(result).1
    case "streams": return "these are log lines: use `plimsoll logs`"
    default: return String(decoding: answer, as: UTF8.self)
    }
  }

  private static func name(_ labels: JSONValue?) -> String {
    let members = labels?.members ?? []
    let metric = members.first { $0.key == "__name__" }?.value.text ?? ""
    let rest = members.filter { $0.key != "__name__" }.map {
      "\($0.key)=\"\(Terminal.visible($0.value.text ?? ""))\""
    }
    return metric + "{" + rest.joined(separator: ", ") + "}"
  }

  private static func point(_ value: JSONValue?) -> (String, String) {
    let pair = value?.elements ?? []
    let time = pair.first?.number.flatMap { Int64(clamping: $0 * 1_000) } ?? 0
    return (Instant.text(time * 1_000_000), pair.last?.text ?? "")
  }
}

/// Durations as flags take them.
enum Duration {
  /// Seconds of `90`, `15s`, `5m`, `1h30m`, `2d`. Throws when it is none.
  static func seconds(_ text: String) throws -> Double {
    let units: [Character: Double] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800]
    var total = 0.0
    var digits = ""
    for character in text {
      if character.isNumber || character == "." {
        digits.append(character)
      } else {
        guard let unit = units[character], let amount = Double(digits) else {
          throw ValidationError("\"\(text)\" is not a duration such as 15s, 5m, 1h30m, 2d")
        }
        total += amount * unit
        digits = ""
      }
    }
    if digits.isEmpty, total > 0 { return total }
    guard let rest = Double(digits), total == 0, rest.isFinite else {
      throw ValidationError("\"\(text)\" is not a duration such as 15s, 5m, 1h30m, 2d")
    }
    return rest
  }
}
