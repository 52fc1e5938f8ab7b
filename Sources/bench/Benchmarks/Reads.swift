import Storing

/// Questions about a million log rows, over HTTP.
struct Reads: Benchmark {
  let name = "reads"
  let about = "ask LogQL questions about log rows over HTTP: cold, and the median of warm"
  let rows = 1_000_000

  func run(on bench: Workbench) throws -> [Figure] {
    let bodies = try bench.logBodies()
    let folder = try bench.freshFolder()
    var server = try ServerProcess(bench, folder: folder)
    _ = try server.load(bodies, .lines(to: "/ingest/json"))
    try server.compact()
    var figures: [Figure] = []
    for question in try LogQuestion.all(about: bodies) {
      // Each question's first answer comes from the disk.
      server.stop()
      try ProcessFigures.forgetCached(server.folder)
      server = try ServerProcess(bench, folder: folder)
      var connection = try Connection(port: server.port("http"))
      let (cold, count) = try question.ask(&connection)
      var warm: [Double] = []
      for _ in 0..<bench.runs {
        let (seconds, again) = try question.ask(&connection)
        guard again == count, count > 0 else {
          throw BenchFault("\(question.name): no answer, or not always the same")
        }
        warm.append(seconds)
      }
      figures.append(Figure(question.name, warm.median * 1e3, "ms", bar: question.bar))
      figures.append(Figure("  cold", cold * 1e3, "ms"))
      bench.say("\(question.name): \(count) \(question.unit)")
    }
    server.stop()
    return figures
  }
}

extension Workbench {
  /// A store's folder that a server loaded, compacted and left.
  func loadedStore(_ bodies: Bodies) throws -> String {
    let server = try ServerProcess(self, folder: try freshFolder())
    _ = try server.load(bodies, .lines(to: "/ingest/json"))
    try server.compact()
    server.stop()
    return server.folder
  }

  /// Opens a store in this process.
  func open(_ folder: String) throws -> Store {
    // Ten years, as the servers have it.
    let retention: Int64 = 3_650 * 86_400 * 1_000_000_000
    return try Store(
      opening: folder, on: SystemDisk(), settings: StoreSettings(retention: retention)
    ) { Stopwatch.today }
  }
}
