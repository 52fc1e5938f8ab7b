import Bytes

/// Queries that are made to hang or to break a server, over log rows: each must be refused in its
/// API's form, at once.
struct Hostile: Benchmark {
  let name = "hostile"
  let about = "ask queries made to break things over HTTP: the slowest refusal"
  let rows = 100_000

  /// What is asked, where, and the status it is refused with.
  private struct Question {
    let name: String
    let path: String
    let parameters: [(name: String, value: String)]
    var status = 400
  }

  private static func repeated(_ text: String, _ count: Int) -> String {
    String(repeating: text, count: count)
  }

  private static var questions: [Question] {
    func promql(_ name: String, _ query: String, status: Int = 400) -> Question {
      Question(
        name: name, path: "/api/v1/query", parameters: [("query", query)], status: status)
    }
    func logql(_ name: String, _ query: String) -> Question {
      Question(name: name, path: "/loki/api/v1/query_range", parameters: [("query", query)])
    }
    func range(_ name: String, _ start: String, _ end: String, _ step: String) -> Question {
      Question(
        name: name, path: "/api/v1/query_range",
        parameters: [("query", "up"), ("start", start), ("end", end), ("step", step)])
    }
    let nested = repeated("(", 10_000) + "1" + repeated(")", 10_000)
    let regex = repeated("a", 100_000)
    return [
      promql("nested parentheses", nested),
      promql("few nested parentheses", repeated("(", 8_000) + "1" + repeated(")", 8_000)),
      promql("a long sum", "a" + repeated("+a", 7_000)),
      promql("a long regular expression", #"m{a=~"\#(regex)"}"#),
      promql("a growing regular expression", #"m{a=~"(((a{1,1000}){1,1000}){1,1000})"}"#),
      promql("every series", "{}"),
      promql("subqueries in subqueries", "a" + repeated("[5m:1m]", 1_500)),
      promql("a subquery of all milliseconds", "sum(m)[290y:1ms]", status: 422),
      range("all of time", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "15"),
      range("no step", "0", "10", "0"),
      range("a step that is no number", "0", "10", "NaN"),
      logql("every stream", "{}"),
      logql("nested parentheses in LogQL", nested),
      logql("a long regular expression in LogQL", #"{a="b"} |~ "\#(regex)""#),
      logql("a growing regular expression in LogQL", #"{a="b"} |~ "((a{1,1000}){1,1000})""#),
    ]
  }

  func run(on bench: Workbench) throws -> [Figure] {
    let server = try ServerProcess(bench, folder: try bench.freshFolder())
    _ = try server.load(try bench.logBodies(), .lines(to: "/ingest/json"))
    try server.compact()
    defer { server.stop() }
    var connection = try Connection(port: server.port("http"))
    var slowest = (seconds: 0.0, name: "")
    for question in Self.questions {
      let form = question.parameters.map { "\($0.name)=\(PercentText.escaped($0.value))" }
        .joined(separator: "&")
      var times: [Double] = []
      for _ in 0..<bench.runs {
        var status = 0
        times.append(
          try Stopwatch.seconds {
            status = try connection.exchange(
              "POST", question.path, ["Content-Type: application/x-www-form-urlencoded"],
              body: form)
          })
        guard status == question.status else {
          throw BenchFault(
            "\(question.name): status \(status): \(connection.text.prefix(200))")
        }
      }
      if times.median > slowest.seconds { slowest = (times.median, question.name) }
    }
    bench.say("the slowest of \(Self.questions.count): \(slowest.name)")
    return [Figure("slowest refusal", slowest.seconds * 1e3, "ms", bar: 100)]
  }
}
