import Foundation

/// JSON rows in datagrams of 300 bytes, at 100,000 a second and as fast as the sender goes.
struct Datagrams: Benchmark {
  let name = "datagrams"
  let about = "send JSON datagrams at 100,000/s and flat out: cost, losses, books"
  let rows = 1_000_000
  let runs = 3

  private static let rate = 100_000
  /// What the kernel must allow a socket to queue.
  private static let bufferLimit = 4 << 20

  /// What became of those sent.
  private struct Outcome {
    var sent = 0.0
    var sendSeconds = 0.0
    var stored = 0.0
    /// Not stored, and counted by the server: dropped by the kernel or by the store, or refused.
    var counted = 0.0
    var cpuSeconds = 0.0

    /// Neither stored nor counted.
    var missing: Double { sent - stored - counted }
    var perCPUSecond: Double { stored / Swift.max(cpuSeconds, 0.01) }
  }

  func run(on bench: Workbench) throws -> [Figure] {
    noteBufferLimit(bench)
    var paced: [Outcome] = []
    var flatOut: [Outcome] = []
    for _ in 0..<bench.runs {
      paced.append(try send(on: bench, rate: Self.rate))
      flatOut.append(try send(on: bench, rate: 0))
    }
    // Losses are never averaged away: the worst run counts.
    let lost = paced.map { $0.sent - $0.stored }.max() ?? 0
    return [
      Figure("sent", paced.map { $0.sent / $0.sendSeconds }.median, "/s", better: .higher),
      Figure(
        "stored per server CPU second", paced.map(\.perCPUSecond).median, "", bar: 160_000,
        goal: 250_000, better: .higher),
      Figure("lost", lost, "", bar: 0),
      Figure("neither stored nor counted", worst(paced), "", bar: 0),
      Figure(
        "flat out: sent", flatOut.map { $0.sent / $0.sendSeconds }.median, "/s", better: .higher),
      Figure(
        "flat out: stored per server CPU second", flatOut.map(\.perCPUSecond).median, "",
        better: .higher),
      Figure("flat out: lost and counted", flatOut.map(\.counted).max() ?? 0, ""),
      Figure("flat out: neither stored nor counted", worst(flatOut), "", bar: 0),
    ]
  }

  private func noteBufferLimit(_ bench: Workbench) {
    let path = "/proc/sys/net/core/rmem_max"
    let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    let limit = Int(text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
    if limit < Self.bufferLimit {
      bench.remark("net.core.rmem_max is \(limit); the bars are set for \(Self.bufferLimit)")
    }
  }

  private func worst(_ outcomes: [Outcome]) -> Double {
    outcomes.map(\.missing.magnitude).max() ?? 0
  }

  private func send(on bench: Workbench, rate: Int) throws -> Outcome {
    let folder = try bench.freshFolder()
    defer { bench.discard(folder) }
    let server = try ServerProcess(bench, folder: folder, takesDatagrams: true)
    let port = try server.port("odoo")
    let before = try server.cpuSeconds()
    let sender = try ChildProcess(
      "/proc/self/exe", ["send-datagrams", String(port), String(rate), String(bench.rows)],
      output: folder + "/sender.log")
    let (status, _) = sender.wait()
    let words = sender.text.split { $0 == " " || $0 == "\n" }
    guard status == 0, words.count == 3, let sent = Double(words[1]),
      let seconds = Double(words[2])
    else { throw BenchFault("the sender failed: \(sender.text.prefix(200))") }
    var outcome = try settle(server, sent: sent)
    outcome.sendSeconds = seconds
    outcome.cpuSeconds = try server.cpuSeconds() - before
    server.stop()
    return outcome
  }

  /// Waits until the books have all that was sent, or do not change any more.
  private func settle(_ server: ServerProcess, sent: Double) throws -> Outcome {
    var outcome = Outcome(sent: sent)
    var patience = 20
    while outcome.missing != 0, patience > 0 {
      Stopwatch.pause(0.25)
      let books = try server.books(format: "odoo")
      let stored = Double(books["stored"] ?? 0)
      let counted = ["rejected", "dropped", "kernelDrops"].reduce(0) { $0 + (books[$1] ?? 0) }
      patience =
        stored == outcome.stored && Double(counted) == outcome.counted ? patience - 1 : 20
      (outcome.stored, outcome.counted) = (stored, Double(counted))
    }
    return outcome
  }
}
