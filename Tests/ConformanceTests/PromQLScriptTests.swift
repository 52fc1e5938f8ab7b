import Foundation
import Support
import Testing

/// Prometheus' own scripts through the HTTP API, where they are at hand: loaded by remote write,
/// asked as clients ask.
@Suite struct PromQLScriptTests {
  private static var folder: String {
    ProcessInfo.processInfo.environment["PLIMSOLL_CONFORMANCE"].map { $0 + "/promqltest" }
      ?? Fixture.root + "/../shared/conformance/promqltest"
  }

  @Test func prometheusScripts() async throws {
    let folder = Self.folder
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
      print("skipped: no conformance scripts at \(folder)")
      return
    }
    // Their samples begin in 1970.
    let server = try ServerProcess(arguments: ["--retention", "200y"])
    defer { server.remove() }
    var (right, total) = (0, 0)
    for name in names.sorted() where name.hasSuffix(".test") {
      let text = try String(contentsOfFile: folder + "/" + name, encoding: .utf8)
      let tenant = String(name.dropLast(5)).replacingOccurrences(of: "_", with: "-")
      let tally = try await PromQLScript.run(
        text, on: PromQLServerTarget(server, name: tenant))
      print("\(name): \(tally.right)/\(tally.total), native histograms apart: \(tally.native)")
      for failure in tally.failures { print("  \(failure)") }
      right += tally.right
      total += tally.total
    }
    print("all: \(right)/\(total)")
    #expect(total > 500)
    #expect(Double(right) >= 0.995 * Double(total))
  }
}
