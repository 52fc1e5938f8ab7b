import Storing

/// How long a store that has rows takes to open; 10 million rows are what its bar is set for.
struct Opening: Benchmark {
  let name = "opening"
  let about = "open a store that has rows (--rows 10000000 for the full size)"
  let rows = 1_000_000

  func run(on bench: Workbench) throws -> [Figure] {
    let folder = try bench.loadedStore(bench.logBodies())
    let size = try ProcessFigures.size(ofFolder: folder)
    func open() throws -> Double {
      try Stopwatch.seconds { try bench.open(folder).close() }
    }
    let cold = try (0..<bench.runs).map { _ in
      try ProcessFigures.forgetCached(folder)
      return try open()
    }
    let warm = try (0..<bench.runs).map { _ in try open() }
    return [
      Figure("opening", warm.median, "s", bar: 1),
      Figure("opening, cold", cold.median, "s", bar: 1),
      Figure("on disk", size.disk / 1e6, "MB"),
    ]
  }
}
