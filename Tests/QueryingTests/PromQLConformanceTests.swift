import Bytes
import Foundation
import Support
import Testing

/// Prometheus' own scripts, where they are at hand.
struct PromQLConformanceTests {
  private static var folder: String {
    ProcessInfo.processInfo.environment["PLIMSOLL_CONFORMANCE"].map { $0 + "/promqltest" }
      ?? Fixture.root + "/../shared/conformance/promqltest"
  }

  @Test func prometheusScripts() throws {
    let folder = Self.folder
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
      print("skipped: no conformance scripts at \(folder)")
      return
    }
    var (right, total) = (0, 0)
    for name in names.sorted() where name.hasSuffix(".test") {
      let text = try String(contentsOfFile: folder + "/" + name, encoding: .utf8)
      let tally = PromQLScript.run(text)
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
