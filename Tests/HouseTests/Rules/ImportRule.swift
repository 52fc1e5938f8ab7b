/// A file imports only what Package.swift lets its room see. The package manager does not enforce
/// this: a module that is reached through another compiles.
struct ImportRule: TidyRule {
  /// What every room may see besides: the language and the C library.
  private static let always: Set<String> = ["Swift", "Synchronization", "Glibc", "Dispatch"]
  /// Foundation is for the edges; the data path does without.
  private static let foundation: Set<String> = ["Foundation", "FoundationNetworking"]
  private static let roomsWithFoundation: Set<String> = [
    "Serving", "Running", "plimsoll", "bench",
  ]
  private static let onlyInTests: Set<String> = ["Testing"]

  private static let map = """
    room("Bytes"),
    room("Model", sees: [
      "Bytes", yams]),
    tests("Model", sees: ["Model"]),
    let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
    """

  let bad: [[String: String]] = [
    ["Package.swift": map, "Sources/Bytes/A.swift": "import Model\n"],
    ["Package.swift": map, "Sources/Bytes/A.swift": "package import Yams\n"],
    ["Package.swift": map, "Sources/Model/A.swift": "import Foundation\n"],
    ["Package.swift": map, "Sources/Model/A.swift": "@testable import Bytes\n"],
    ["Package.swift": map, "Sources/Model/A.swift": "import struct Storing.Store\n"],
    ["Package.swift": map, "Tests/ModelTests/A.swift": "import Bytes\n"],
  ]
  let good: [[String: String]] = [
    [
      "Package.swift": map,
      "Sources/Model/A.swift": "import Glibc\npackage import Bytes\nimport Yams // import X\n",
      "Tests/ModelTests/A.swift": "import Foundation\nimport Testing\nimport Model\n",
    ]
  ]

  func complaints(about tree: Tree) -> [Complaint] {
    let targets = PackageMap(tree["Package.swift"]).targets
    return (tree.sources + tree.tests).flatMap { file -> [Complaint] in
      let target = targets.first { $0.name == file.room }
      let isTest = file.path.hasPrefix("Tests/")
      var allowed = Self.always.union(target?.sees ?? [])
      if isTest || Self.roomsWithFoundation.contains(file.room) {
        allowed.formUnion(Self.foundation)
      }
      if isTest { allowed.formUnion(Self.onlyInTests) }
      return Self.imports(in: file).compactMap { line, module, isTestable in
        if isTestable { return Complaint(file, line: line, "@testable: use package access") }
        guard !allowed.contains(module) else { return nil }
        return Complaint(file, line: line, "\(file.room) may not see \(module): see Package.swift")
      }
    }
  }

  /// The modules a file imports, with their lines.
  static func imports(in file: SourceFile) -> [(line: Int, module: String, isTestable: Bool)] {
    file.code.places(of: "import").compactMap { place in
      let line = file.code.line(of: place)
      let words = file.code.text(ofLine: line).split { $0 == " " || $0 == "." }.map(String.init)
      guard let keyword = words.firstIndex(of: "import"), keyword + 1 < words.count else {
        return nil
      }
      let kinds: Set = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
      let isPart = kinds.contains(words[keyword + 1]) && keyword + 2 < words.count
      let module = words[keyword + (isPart ? 2 : 1)]
      return (line, module, words.contains("@testable"))
    }
  }
}
