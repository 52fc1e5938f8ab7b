/// Whether a row costs the same in a large fleet as in a small one.
struct Growth: Benchmark {
  let name = "growth"
  let about = "CPU per row with ten times the rows, 500 tenants, 20,000 streams"
  let rows = 1_000_000
  let runs = 1

  func run(on bench: Workbench) throws -> [Figure] {
    let small = LogShape(rows: bench.rows)
    let large: [(name: String, shape: LogShape)] = [
      ("ten times the rows", LogShape(rows: bench.rows * 10)),
      ("500 tenants", LogShape(rows: bench.rows, tenants: 500)),
      ("20,000 streams", LogShape(rows: bench.rows, tenants: 500, hostsPerTenant: 40)),
    ]
    // In turn, so that a busy quarter of an hour does not fall on one shape alone.
    var costs = [[Cost]](repeating: [], count: large.count + 1)
    for _ in 0..<bench.runs {
      for (place, shape) in ([small] + large.map(\.shape)).enumerated() {
        bench.say("\(shape.rows) rows, \(shape.tenants) x \(shape.hostsPerTenant) streams")
        costs[place].append(
          try bench.loadServer(
            bench.logBodies(shape), .lines(to: "/ingest/json"), format: "json"
          ).cost)
      }
    }
    let base = Cost.median(costs[0]).cpuSeconds / Double(small.rows) * 1e6
    var figures = [Figure("CPU per million rows", base, "s")]
    for (place, (name, shape)) in large.enumerated() {
      let cost = Cost.median(costs[place + 1])
      figures.append(
        Figure(
          name, cost.cpuSeconds / Double(shape.rows) * 1e6, times: base, "s",
          of: "the small fleet", bar: 1.3))
      figures.append(Figure("  peak memory", cost.peakBytes / 1e6, "MB"))
    }
    return figures
  }
}
