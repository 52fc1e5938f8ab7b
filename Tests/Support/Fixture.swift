import Foundation

/// A fixture file of the repository, found from this file's place, so that tests run from any
/// working directory.
package struct Fixture: Sendable, CustomStringConvertible {
  package let path: String

  /// The repository's root; `PLIMSOLL_ROOT` names another, for tests built elsewhere.
  package static let root: String = {
    if let stated = ProcessInfo.processInfo.environment["PLIMSOLL_ROOT"] { return stated }
    var parts = #filePath.split(separator: "/").map(String.init)
    parts.removeLast(3)
    return "/" + parts.joined(separator: "/")
  }()

  /// All files below `fixtures/<folder>` whose name ends with `suffix`, in order of name.
  package static func all(_ folder: String, suffix: String) -> [Fixture] {
    let base = root + "/fixtures/" + folder
    let names = (try? FileManager.default.subpathsOfDirectory(atPath: base)) ?? []
    return names.filter { $0.hasSuffix(suffix) }.sorted().map { Fixture(path: base + "/" + $0) }
  }

  package static func named(_ name: String) -> Fixture { Fixture(path: root + "/fixtures/" + name) }

  package var description: String {
    String(path.dropFirst(Fixture.root.count + "/fixtures/".count))
  }

  package func bytes() throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  package func text() throws -> String { String(decoding: try bytes(), as: UTF8.self) }

  package func sibling(_ suffix: String, for own: String) -> Fixture {
    Fixture(path: path.dropLast(own.count) + suffix)
  }

  package var exists: Bool { FileManager.default.fileExists(atPath: path) }

  /// The expected text beside this fixture; with `UPDATE=1` in the environment it is written anew
  /// first, and git shows what changed.
  package func golden(_ suffix: String, for own: String, actual: String) throws -> String {
    let file = sibling(suffix, for: own)
    if ProcessInfo.processInfo.environment["UPDATE"] == "1" {
      try actual.write(toFile: file.path, atomically: true, encoding: .utf8)
    }
    return try file.text()
  }
}

/// A small deterministic generator (SplitMix64, Steele et al. 2014), so that a failing run repeats.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
