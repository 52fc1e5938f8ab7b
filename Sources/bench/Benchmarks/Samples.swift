/// 4.8 million samples of 20,000 series by remote write, until everything is compacted; then ten
/// deploys, which must not make series of what the index has already.
struct Samples: Benchmark {
  let name = "samples"
  let about = "POST remote-write samples, then compact: CPU, memory, disk, series"
  let rows = 4_800_000

  func run(on bench: Workbench) throws -> [Figure] {
    let bodies = try bench.sampleBodies()
    var samples = 0.0
    var added: (series: Double, bytes: Double) = (0, 0)
    let (cost, ratios) = try bench.alternate(with: [
      bench.yardstick(.prometheus, bodies, bar: 0.075),
      // A quarter.
      bench.yardstick(.victoriaMetrics, bodies, bar: 0.25),
    ]) {
      let loaded = try bench.loadServer(
        bodies, .remoteWrite(to: "/api/v1/write"), format: "remote_write"
      ) { added = try deploy(on: $0, bodies) }
      samples = Double(loaded.rows)
      bench.found(rows: loaded.rows)
      return loaded.cost
    }
    // The seconds are those of the whole load, which the bar is set for.
    let scale = 4.8e6 / samples
    return [
      Figure(
        "server CPU per 4.8 million", cost.cpuSeconds * scale, "s", bar: 2.7, goal: 1.4),
      Figure("of it in the kernel", cost.systemSeconds * scale, "s"),
    ] + ratios + [
      Figure("peak memory", cost.peakBytes / 1e6, "MB", bar: 170),
      Figure("disk per sample", cost.diskBytes / samples, "B", bar: 1.2, goal: 0.9),
      Figure("file lengths per sample", cost.fileBytes / samples, "B"),
      Figure("on the wall", samples / cost.loadSeconds, "samples/s", better: .higher),
      Figure("99 of 100 answers within", cost.slowAnswerSeconds * 1e3, "ms"),
      Figure("series added by ten deploys", added.series, "", bar: 0),
      Figure("files grown by resent samples", added.bytes, "B"),
    ]
  }

  /// Ten deploys, with the newest samples sent again after each; what that adds to the series the
  /// store knows and, once compacted, to its files but those of the deploys themselves.
  private func deploy(
    on server: ServerProcess, _ bodies: Bodies
  ) throws -> (series: Double, bytes: Double) {
    let series = try server.figure("plimsoll_store_series")
    let size = try ProcessFigures.size(ofFolder: server.folder, except: "state.db").files
    for number in 1...10 {
      try server.ask(
        "POST", "/api/v1/deploys", body: #"{"service":"odoo","release":"17.0.43.\#(number)"}"#)
      _ = try server.load(bodies.suffix(4), .remoteWrite(to: "/api/v1/write"))
    }
    try server.compact()
    return (
      try server.figure("plimsoll_store_series") - series,
      try ProcessFigures.size(ofFolder: server.folder, except: "state.db").files - size
    )
  }
}
