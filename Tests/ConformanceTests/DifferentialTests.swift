import Bytes
import Foundation
import Model
import Querying
import Support
import Testing

/// Random queries answered by Debian's Prometheus and by ours, from the same samples, over HTTP.
/// `PLIMSOLL_SEED` and `PLIMSOLL_QUERIES` ask for others and for more.
@Suite struct DifferentialTests {
  private static func setting(_ name: String, _ value: Int) -> Int {
    ProcessInfo.processInfo.environment[name].flatMap(Int.init) ?? value
  }

  @Test func answersAreThoseOfPrometheus() async throws {
    guard let peer = try await PrometheusProcess() else {
      print("skipped: prometheus is not installed")
      return
    }
    let server = try ServerProcess(arguments: ["--retention", "200y"])
    defer { server.remove() }
    let seed = UInt64(Self.setting("PLIMSOLL_SEED", 1))
    let count = Self.setting("PLIMSOLL_QUERIES", 2_000)
    let pair = DifferentialPair(
      ours: PromQLClient(address: server.http, headers: ["X-Scope-OrgID": "differential"]),
      theirs: PromQLClient(address: peer.address, headers: [:]))
    let samples = DifferentialSamples(seed: seed)
    try await pair.ours.write(samples.series)
    try await pair.theirs.write(samples.series)
    var generator = try QueryGenerator(seed: seed)
    var failed = 0
    var faults = 0
    var known: [String: Int] = [:]
    for _ in 0..<count {
      let query = generator.query()
      let isInstant = generator.chance(3)
      let times = try DifferentialPair.times(isInstant: isInstant, &generator)
      switch try await pair.difference(query, times, isInstant: isInstant) {
      case nil: break
      case .bothFail: faults += 1
      case .differ(let words, _):
        let smallest = try await pair.smallest(query, times, isInstant: isInstant)
        var onlyNames = false
        if case .differ(_, let isSo) = try await pair.difference(
          smallest, times, isInstant: isInstant)
        {
          onlyNames = isSo
        }
        if let expression = try? PromQL.parse(ByteString(smallest)).unwrapped,
          let cause = DifferentialPair.known(expression, words, onlyNamesDiffer: onlyNames)
        {
          known[cause, default: 0] += 1
          continue
        }
        failed += 1
        Issue.record("\(words)\n  \(query)\n  smallest: \(smallest)")
      }
      if failed > 20 { break }
    }
    print("differential: \(count) queries, \(failed) differences, \(faults) failed in both")
    for (name, count) in known.sorted(by: { $0.key < $1.key }) {
      print("  known: \(name): \(count)")
    }
    // Errors tell little.
    #expect(faults < count / 4)
  }
}
