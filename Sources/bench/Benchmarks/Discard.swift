/// What it takes to get the bytes into the server at all: the log bodies, to a path that is not
/// there.
struct Discard: Benchmark {
  let name = "discard"
  let about = "POST the log bodies to a path that answers 404: receiving alone"
  let rows = 1_000_000

  func run(on bench: Workbench) throws -> [Figure] {
    let bodies = try bench.logBodies()
    let load = HTTPLoad.lines(to: "/nowhere", accepted: 404...404)
    let cost = try bench.alternate {
      let folder = try bench.freshFolder()
      defer { bench.discard(folder) }
      let server = try ServerProcess(bench, folder: folder)
      let times = try server.load(bodies, load)
      var cost = try server.cost()
      (cost.loadSeconds, cost.slowAnswerSeconds) = times
      server.stop()
      return cost
    }.cost
    let megabytes = Double(bodies.bytes) / 1e6
    return [
      Figure("server CPU", cost.cpuSeconds, "s"),
      Figure("of it in the kernel", cost.systemSeconds, "s"),
      Figure("per CPU second", megabytes / max(cost.cpuSeconds, 0.01), "MB", better: .higher),
      Figure("on the wall", megabytes / cost.loadSeconds, "MB/s", better: .higher),
    ]
  }
}
