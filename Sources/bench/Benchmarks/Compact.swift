import Storing

/// Level 0 into its final form, as a call within this process.
struct Compact: Benchmark {
  let name = "compact"
  let about = "stage: level 0 into columnar blocks"
  let rows = 1_000_000

  func run(on bench: Workbench) throws -> [Figure] {
    let bodies = try bench.logBodies()
    var seconds: [Double] = []
    var sizes: [Double] = []
    for _ in 0..<bench.runs {
      let folder = try bench.freshFolder()
      defer { bench.discard(folder) }
      let store = try bench.open(folder)
      defer { store.close() }
      _ = try LogStages.append(bodies, to: store)
      seconds.append(try Stopwatch.cpuSeconds { try store.compact(now: Stopwatch.today) })
      sizes.append(try ProcessFigures.size(ofFolder: folder).files)
    }
    let rows = Double(bodies.rows ?? bench.rows)
    return [
      Figure("compaction per million rows", seconds.median / rows * 1e6, "CPU s"),
      Figure("file lengths per row", sizes.median / rows, "B"),
    ]
  }
}
