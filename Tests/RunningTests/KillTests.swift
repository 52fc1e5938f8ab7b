import Foundation
import Support
import Synchronization
import Testing

/// kill -9 at random moments under load, also while level 0 is compacted: acknowledged rows are
/// there once, others whole or absent, and every start is quick.
@Suite(.serialized) struct KillTests {
  private static let rounds = 60
  private static let readySeconds = 60.0

  @Test func acknowledgedRowsSurviveKillExactlyOnce() async throws {
    var random = SeededGenerator(seed: 20)
    let folder = NSTemporaryDirectory() + "/plimsoll-kill-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let load = KillLoad()
    var slowest = 0.0
    for round in 0..<Self.rounds {
      let server = try Self.start(folder, &slowest)
      await load.retry(on: server)
      let delay = Int.random(in: 50...500, using: &random)
      let isLong = round % 10 == 9
      async let killed: Void = Self.kill(server, after: delay, compacted: isLong)
      await load.run(round: round, on: server)
      try await killed
    }
    #expect(slowest <= Self.readySeconds, "the slowest of \(Self.rounds) starts took \(slowest) s")
    let server = try Self.start(folder, &slowest)
    await load.retry(on: server)
    await load.repeatSome(on: server)
    try await load.verify(server)
    server.remove()
    print(load.summary(rounds: Self.rounds, slowest: slowest))
  }

  /// Small segments, so that each life of the process compacts.
  private static func start(_ folder: String, _ slowest: inout Double) throws -> ServerProcess {
    let begin = ContinuousClock.now
    let server = try ServerProcess(
      folder: folder, environment: ["PLIMSOLL_UNSEALED": "256KiB"])
    let taken = begin.duration(to: .now) / .seconds(1)
    slowest = max(slowest, taken)
    return server
  }

  /// Most lives end while level 0 is compacted; those that let one compaction end leave blocks to
  /// the lives after them. The moment is what the test is about: nothing else waits for it.
  private static func kill(
    _ server: ServerProcess, after milliseconds: Int, compacted: Bool
  ) async throws {
    // Whatever happens, the load ends with the server.
    defer { server.kill() }
    if compacted {
      _ = try await server.wait("/metrics") { metrics in
        metrics.split(separator: "\n").contains {
          $0.hasPrefix("plimsoll_store_compactions_total ") && !$0.hasSuffix(" 0")
        }
      }
    }
    try await Task.sleep(for: .milliseconds(milliseconds))
  }
}
