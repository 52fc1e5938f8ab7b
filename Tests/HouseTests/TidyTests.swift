import Foundation
import Support
import Testing

/// The house is in order; `TidyRule` says what order is.
@Suite struct TidyTests {
  @Test(arguments: tidyRules.indices)
  func theHouseKeepsTheRule(_ index: Int) {
    for complaint in tidyRules[index].complaints(about: .own) {
      Issue.record("\(type(of: tidyRules[index])): \(complaint)")
    }
  }

  @Test(arguments: tidyRules.indices)
  func theRuleCatchesWhatIsBad(_ index: Int) {
    let rule = tidyRules[index]
    #expect(!rule.bad.isEmpty)
    for bad in rule.bad {
      #expect(!rule.complaints(about: Tree(bad)).isEmpty, "\(type(of: rule)) missed \(bad)")
    }
    for good in rule.good {
      let complaints = rule.complaints(about: Tree(good))
      #expect(complaints.isEmpty, "\(type(of: rule)) was wrong: \(complaints)")
    }
  }

  @Test func theTreeIsRead() {
    #expect(Tree.own.sources.count > 50)
    #expect(Tree.own["Package.swift"]?.text.isEmpty == false)
  }

  /// The compiler's own formatter has the last word on layout.
  @Test func everyFileIsFormatted() throws {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    guard
      let swift = folders.map({ $0 + "/swift" })
        .first(where: { FileManager.default.isExecutableFile(atPath: $0) })
    else {
      print("skipped: swift is not on the PATH")
      return
    }
    let root = Fixture.root
    let process = Process()
    process.executableURL = URL(fileURLWithPath: swift)
    process.arguments = [
      "format", "lint", "--strict", "--parallel", "--configuration", root + "/.swift-format",
      "--recursive", root + "/Package.swift", root + "/Sources", root + "/Tests",
    ]
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "make format mends it:\n\(output.prefix(4_000))")
  }
}
