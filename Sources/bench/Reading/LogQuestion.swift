import Bytes

/// A LogQL question about log rows, and the milliseconds its answer may take, warm.
struct LogQuestion {
  let name: String
  let bar: Double?
  /// What the answer counts.
  let unit: String
  /// Of the API.
  let path: String
  let parameters: [(name: String, value: String)]

  /// The questions. The rare needle is a carrier's reference that stands in the middle of the rows;
  /// throws when there is none.
  static func all(about bodies: Bodies) throws -> [LogQuestion] {
    let needle = try rareNeedle(in: bodies)
    let inside = String(needle.dropFirst(2).dropLast())
    let span = try span(of: bodies)
    let all = #"{tenant=~".+"}"#
    func lines(_ name: String, bar: Double?, _ query: String, limit: Int = 1_000) -> LogQuestion {
      LogQuestion(
        name: name, bar: bar, unit: "rows", path: "/loki/api/v1/query_range",
        parameters: [
          ("query", query), ("start", "\(span.start)"), ("end", "\(span.end)"),
          ("limit", "\(limit)"),
        ])
    }
    func instant(_ name: String, bar: Double?, _ unit: String, _ query: String) -> LogQuestion {
      let seconds = (span.end - span.start) / 1_000_000_000
      return LogQuestion(
        name: name, bar: bar, unit: unit, path: "/loki/api/v1/query",
        parameters: [
          ("query", query.replacing("[all]", with: "[\(seconds)s]")), ("time", "\(span.end)"),
        ])
    }
    return [
      lines("a rare token", bar: 4, #"\#(all) |= "\#(needle)""#),
      lines("a rare substring", bar: 50, #"\#(all) |= "\#(inside)""#),
      lines(
        "a regular expression with a literal", bar: 60,
        #"\#(all) |~ "ref=[0-9A-F]{2}\#(inside)[0-9A-F]""#),
      instant(
        "count by release", bar: 2, "releases",
        "sum by (release) (count_over_time(\(all)[all]))"),
      LogQuestion(
        name: "count by 5 minutes and severity", bar: 25, unit: "series",
        path: "/loki/api/v1/query_range",
        parameters: [
          ("query", "sum by (level) (count_over_time(\(all)[5m]))"), ("start", "\(span.start)"),
          ("end", "\(span.end)"), ("step", "300"),
        ]),
      instant(
        "p99 of duration_ms by path", bar: 120, "paths",
        "quantile_over_time(0.99, \(all) | unwrap duration_ms [all]) by (path)"),
      instant(
        "count by process", bar: nil, "processes", "sum by (pid) (count_over_time(\(all)[all]))"),
      lines("the last 100 rows", bar: nil, all, limit: 100),
      lines("the last 100 errors", bar: nil, #"{level="error"}"#, limit: 100),
      lines("the last 100 slow requests", bar: nil, "\(all) | duration_ms > 1000", limit: 100),
    ]
  }

  /// Asks; seconds until the answer was there, and how many rows, series or elements it has.
  func ask(_ connection: inout Connection) throws -> (seconds: Double, count: Int) {
    let query = parameters.map { "\($0.name)=\(PercentText.escaped($0.value))" }.joined(
      separator: "&")
    var status = 0
    let seconds = try Stopwatch.seconds {
      status = try connection.exchange("GET", "\(path)?\(query)")
    }
    guard status == 200 else {
      throw BenchFault("\(name): status \(status): \(connection.text.prefix(200))")
    }
    return (seconds, try count(Array(connection.text.utf8)))
  }

  private func count(_ answer: [UInt8]) throws -> Int {
    let found = try JSONValue(parsing: answer)["data"]
    let results = found?["result"]?.elements ?? []
    guard found?["resultType"]?.text == "streams" else { return results.count }
    return results.reduce(0) { $0 + ($1["values"]?.elements?.count ?? 0) }
  }

  /// The twelve digits behind `ref=` next to the middle of the file.
  private static func rareNeedle(in bodies: Bodies) throws -> String {
    for place in bodies.count / 2..<bodies.count {
      let body = bodies.body(place)
      if let found = body.span.firstRange(of: ByteString("ref=").bytes.span, from: 0),
        found.upperBound + 12 <= body.count
      {
        return ByteString(body[found.upperBound..<found.upperBound + 12]).text
      }
    }
    throw BenchFault("no row has a carrier's reference to look for")
  }

  /// Nanoseconds from before the first row to behind the last.
  private static func span(of bodies: Bodies) throws -> (start: Int64, end: Int64) {
    func time(_ line: ArraySlice<UInt8>) throws -> Int64 {
      guard let text = try JSONValue(parsing: Array(line))["time"]?.text,
        let time = Instant.parse(Array(text.utf8).span)
      else { throw BenchFault("a row has no time") }
      return time
    }
    let first = bodies.body(0).split(separator: 10).first ?? []
    let last = bodies.body(bodies.count - 1).split(separator: 10).last ?? []
    let second: Int64 = 1_000_000_000
    return (try time(first) - second, try time(last) + second)
  }
}
