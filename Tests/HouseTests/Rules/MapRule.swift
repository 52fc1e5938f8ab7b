/// Package.swift is an honest map: each folder is a target, each target a folder, and a room sees
/// only rooms that it uses.
struct MapRule: TidyRule {
  let bad: [[String: String]] = [
    ["Package.swift": "room(\"A\"),", "Sources/B/B.swift": ""],
    ["Package.swift": "room(\"A\"),"],
    ["Package.swift": "room(\"A\"),", "Sources/A/A.swift": "", "Tests/ATests/A.swift": ""],
    [
      "Package.swift": "room(\"A\"), room(\"B\", sees: [\"A\"])", "Sources/A/A.swift": "",
      "Sources/B/B.swift": "// import A",
    ],
  ]
  let good: [[String: String]] = [
    [
      "Package.swift": "room(\"A\"), room(\n\"B\", sees: [\n\"A\"]), tests(\"B\", sees: [])",
      "Sources/A/A.swift": "", "Sources/B/B.swift": "import A", "Tests/BTests/B.swift": "",
    ]
  ]

  func complaints(about tree: Tree) -> [Complaint] {
    let targets = PackageMap(tree["Package.swift"]).targets
    let names = Set(targets.map(\.name))
    let folders = tree.folders(in: "Sources").union(tree.folders(in: "Tests"))
    return folders.subtracting(names).sorted().map { folder in
      Complaint("Package.swift", "the folder \(folder) is not a target")
    }
      + names.subtracting(folders).sorted().map { name in
        Complaint("Package.swift", "\(name) has no folder")
      }
      + targets.flatMap { target in Self.unused(target, in: tree) }
  }

  private static func unused(_ target: PackageMap.Target, in tree: Tree) -> [Complaint] {
    let files = (tree.sources + tree.tests).filter { $0.room == target.name }
    let imported = Set(files.flatMap { ImportRule.imports(in: $0).map(\.module) })
    // Tests may see the program only to have it built, and all may use Support.
    let free: Set = target.isTest ? ["plimsoll", "Support"] : []
    return target.sees.subtracting(imported).subtracting(free).sorted().map { module in
      Complaint("Package.swift", "\(target.name) sees \(module) and does not import it")
    }
  }
}
