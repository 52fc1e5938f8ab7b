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
    let span = try SampleQuestion.span(of: own)
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
}
