import Bytes

/// PromQL over an hour of 20,000 series, beside Prometheus with the same samples.
struct Queries: Benchmark {
  let name = "queries"
  let about = "ask PromQL questions about samples over HTTP: milliseconds, beside Prometheus"
  let rows = 4_800_000

  func run(on bench: Workbench) throws -> [Figure] {
    let bodies = try bench.sampleBodies()
    let server = try ServerProcess(bench, folder: try bench.freshFolder())
    _ = try server.load(bodies, .remoteWrite(to: "/api/v1/write"))
    try server.compact()
    let own = try server.port("http")
    let questions = SampleQuestion.all(isInput: bench.isInputGiven)
    let span = try span(of: own, questions)
    return try bench.withPeer(.prometheus, bodies) { peer in
      try questions.flatMap { try figures(of: $0, bench, own, peer, span) }
    }
  }

  /// Ours and theirs in turn, each while the other does nothing; the first answers of both are not
  /// counted.
  private func figures(
    of question: SampleQuestion, _ bench: Workbench, _ own: Int, _ peer: LoadedPeer?,
    _ span: ClosedRange<Int>
  ) throws -> [Figure] {
    var ours: [Double] = []
    var theirs: [Double] = []
    // Kept, so that what they read into is at hand already.
    var toOwn = try Connection(port: own)
    var toPeer = try Connection(port: peer?.port ?? own)
    for _ in 0...bench.runs {
      try peer?.waitUntilQuiet()
      ours.append(try Stopwatch.seconds { try question.ask(&toOwn, span) })
      guard peer != nil else { continue }
      theirs.append(try Stopwatch.seconds { try question.ask(&toPeer, span) })
    }
    let milliseconds = Array(ours.dropFirst()).median * 1e3
    let figure = Figure(question.name, milliseconds, "ms")
    guard peer != nil else { return [figure] }
    let ratio = Figure(
      "  over Prometheus", milliseconds, times: Array(theirs.dropFirst()).median * 1e3, "ms",
      of: "Prometheus", bar: question.bar)
    return [figure, ratio]
  }

  /// The hour up to the newest sample, in seconds.
  private func span(of port: Int, _ questions: [SampleQuestion]) throws -> ClosedRange<Int> {
    var connection = try Connection(port: port)
    // Samples of any time: the newest within thirty years of the year 2000.
    let query = PercentText.escaped("max(ts_of_last_over_time(\(Self.anyMetric)[30y]))")
    let answer = try connection.ask("GET", "/api/v1/query?time=1893456000&query=\(query)")
    let result = try JSONValue(parsing: Array(answer.body.utf8))["data"]?["result"]?.elements
    guard let text = result?.first?["value"]?.elements?.last?.text, let newest = Double(text)
    else {
      throw BenchFault("the server does not tell its newest sample: \(answer.body.prefix(200))")
    }
    return (Int(newest) - 3_585)...Int(newest)
  }

  private static let anyMetric = #"{__name__=~"odoo_worker.*"}"#
}
