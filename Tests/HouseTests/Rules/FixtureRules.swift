/// Every fixture is read by a test: its topic is named in one.
struct FixtureUseRule: TidyRule {
  let bad: [[String: String]] = [
    ["fixtures/alerts/a.in": "", "Tests/ATests/A.swift": "let a = Fixture.named(\"decode/a\")"],
    ["fixtures/query/logql/a.test": "", "Tests/ATests/A.swift": "// query/logql"],
  ]
  let good: [[String: String]] = [
    [
      "fixtures/decode/json/a.in": "", "fixtures/simulate/templates.txt": "",
      "Tests/ATests/A.swift": "f(\"decode/\\(name)\", \"simulate/templates.txt\")",
    ]
  ]

  func complaints(about tree: Tree) -> [Complaint] {
    let tests = tree.tests.filter { $0.room != "HouseTests" }
    return Self.topics(of: tree).sorted().compactMap { topic in
      let parts = topic.split(separator: "/")
      // A test names the topic in full, or its folder and builds the rest.
      let names = ["\"" + topic, "\"fixtures/" + topic, "\"\(parts[0])/\\("]
      let isUsed = tests.contains { file in names.contains { file.text.contains($0) } }
      return isUsed ? nil : Complaint("fixtures/" + topic, "no test names it")
    }
  }

  /// The two folders that a fixture is in, or the one.
  private static func topics(of tree: Tree) -> Set<String> {
    Set(
      tree.under("fixtures").map { file in
        let folders = file.path.split(separator: "/").dropFirst().dropLast()
        return folders.prefix(2).joined(separator: "/")
      })
  }
}

/// What a test expects stands beside what it reads.
struct GoldenPairRule: TidyRule {
  let bad: [[String: String]] = [
    ["fixtures/decode/json/a.out": ""],
    ["fixtures/decode/json/a.in": ""],
  ]
  let good: [[String: String]] = [
    ["fixtures/decode/json/a.in": "", "fixtures/decode/json/a.fault": ""],
    ["fixtures/decode/json/b.in": "", "fixtures/decode/json/b.out": ""],
  ]

  func complaints(about tree: Tree) -> [Complaint] {
    let paths = Set(tree.under("fixtures/decode").map(\.path))
    return paths.sorted().compactMap { path in
      let stem = path.split(separator: ".").dropLast().joined(separator: ".")
      if path.hasSuffix(".in") {
        let isExpected = paths.contains(stem + ".out") || paths.contains(stem + ".fault")
        return isExpected ? nil : Complaint(path, "nothing says what it becomes")
      }
      guard path.hasSuffix(".out") || path.hasSuffix(".fault") else { return nil }
      return paths.contains(stem + ".in") ? nil : Complaint(path, "nothing becomes it")
    }
  }
}

/// Every wire format has a folder of fixtures, and every such folder is of a wire format.
struct WireFormatRule: TidyRule {
  private static let list = "Sources/Decoding/WireFormat.swift"
  private static func decoding(_ name: String) -> [String: String] {
    [
      list: "package let wireFormats: [any WireFormat.Type] = [\n  Lines.self,\n]",
      "Sources/Decoding/Lines.swift": "struct Lines {\n  static let name = \"\(name)\"\n}",
    ]
  }

  let bad: [[String: String]] = [
    decoding("lines"),
    decoding("lines").merging(["fixtures/decode/other/a.in": ""]) { $1 },
  ]
  let good: [[String: String]] = [
    decoding("lines").merging(["fixtures/decode/lines/a.in": ""]) { $1 }
  ]

  func complaints(about tree: Tree) -> [Complaint] {
    guard let list = tree[Self.list] else { return [] }
    let types = list.code.lines.compactMap { line -> String? in
      let word = line.filter { $0 != " " && $0 != "," }
      return word.hasSuffix(".self") ? String(word.dropLast(5)) : nil
    }
    let names = types.map { type in (type, Self.name(of: type, in: tree)) }
    let folders = tree.folders(in: "fixtures/decode")
    return names.filter { !folders.contains($0.1) }.map { type, name in
      Complaint(list, "\(type) has no fixtures: fixtures/decode/\(name)")
    }
      + folders.subtracting(names.map(\.1)).sorted().map { folder in
        Complaint("fixtures/decode/" + folder, "no wire format has this name")
      }
  }

  /// The value of `static let name` in the file that declares the type.
  private static func name(of type: String, in tree: Tree) -> String {
    let file = tree.sources.first { file in
      Declarations.all(in: file).contains { $0.name == type && $0.keyword == "struct" }
    }
    let line = file?.lines.first { $0.contains("static let name = \"") }
    return line?.split(separator: "\"").dropFirst().first.map(String.init) ?? "?"
  }
}

/// Every rule file has its test beside it, and every such test its rules.
struct RuleFileRule: TidyRule {
  /// Processes are declared, not evaluated.
  private static let untested: Set = ["rules/processes.yml"]

  let bad: [[String: String]] = [
    ["rules/imports.yml": "groups: []"],
    ["rules/imports.test.yml": "tests: []"],
  ]
  let good: [[String: String]] = [
    ["rules/imports.yml": "", "rules/imports.test.yml": "", "rules/processes.yml": ""]
  ]

  func complaints(about tree: Tree) -> [Complaint] {
    let paths = Set(tree.under("rules", suffix: ".yml").map(\.path))
    return paths.subtracting(Self.untested).sorted().compactMap { path in
      if path.hasSuffix(".test.yml") {
        let rules = path.dropLast(".test.yml".count) + ".yml"
        return paths.contains(String(rules)) ? nil : Complaint(path, "its rules are missing")
      }
      let test = path.dropLast(".yml".count) + ".test.yml"
      return paths.contains(String(test)) ? nil : Complaint(path, "its test is missing: \(test)")
    }
  }
}
