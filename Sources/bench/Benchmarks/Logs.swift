/// A million rows over HTTP, from the start of the server until everything is compacted.
struct Logs: Benchmark {
  let name = "logs"
  let about = "POST log rows to /ingest/json, then compact: CPU, memory, disk"
  let rows = 1_000_000

  func run(on bench: Workbench) throws -> [Figure] {
    let bodies = try bench.logBodies()
    let rows = Double(bodies.rows ?? bench.rows)
    let millions = rows / 1e6
    let (cost, ratios) = try bench.alternate(with: [
      .zstandard(bodies.file.path, bar: 2.4, goal: 1.4),
      // A sixth.
      bench.yardstick(.victoriaLogs, bodies, bar: 0.17),
    ]) {
      try bench.loadServer(bodies, .lines(to: "/ingest/json"), format: "json").cost
    }
    return [
      Figure(
        "server CPU per million rows", cost.cpuSeconds / millions, "s", bar: 3.5, goal: 2.1),
      Figure("of it in the kernel", cost.systemSeconds / millions, "s"),
    ] + ratios + [
      Figure("peak memory", cost.peakBytes / 1e6, "MB", bar: 300),
      Figure("disk per row", cost.diskBytes / rows, "B", bar: 32, goal: 28),
      Figure("file lengths per row", cost.fileBytes / rows, "B"),
      Figure("on the wall", rows / cost.loadSeconds, "rows/s", better: .higher),
      Figure("99 of 100 answers within", cost.slowAnswerSeconds * 1e3, "ms"),
    ]
  }
}
