import Alerting
import Bytes
import Foundation
import Judging
import Model
import Querying
import Support
import Testing

/// Rule files: what is refused and where, what is read and as what.
@Suite struct RuleFileTests {
  private static func name(_ fixture: Fixture) -> String {
    String(fixture.description.split(separator: "/").last ?? "")
  }

  /// A `.yml` file's golden `.fault` holds every refusal.
  @Test(arguments: Fixture.all("rules/bad", suffix: ".yml"))
  func refusesWithThePlace(_ fixture: Fixture) throws {
    let (file, faults) = RuleFile.parse(try fixture.bytes(), file: Self.name(fixture))
    #expect(file == nil && !faults.isEmpty)
    let actual = faults.map { $0.description + "\n" }.joined()
    #expect(try fixture.golden(".fault", for: ".yml", actual: actual) == actual)
  }

  /// A `.yml` file's golden `.rules` holds what was read.
  @Test(arguments: Fixture.all("rules/good", suffix: ".yml"))
  func reads(_ fixture: Fixture) throws {
    let (file, faults) = RuleFile.parse(try fixture.bytes(), file: Self.name(fixture))
    #expect(faults == [])
    let actual = Self.rendered(try #require(file))
    #expect(try fixture.golden(".rules", for: ".yml", actual: actual) == actual)
  }

  private static func rendered(_ file: RuleFile) -> String {
    var text = ""
    for group in file.groups {
      let interval = group.interval.map { "\($0) ms" } ?? "default"
      text += "group \(group.identity) interval=\(interval) offset=\(group.queryOffset) ms"
      text += " limit=\(group.limit)\n"
      for rule in group.rules {
        text += "  line \(rule.line): \(rule.kind.rawValue) \(rule.name.text)"
        text += " for=\(rule.holdDuration) ms keep=\(rule.keepFiringFor) ms\n"
        text += "    \(rule.expression.language.rawValue): \(rule.expression.text.text)\n"
        for pair in rule.labels { text += "    label \(pair.name.text)=\(pair.template.text)\n" }
        for pair in rule.annotations {
          text += "    annotation \(pair.name.text)=\(pair.template.text)\n"
        }
      }
    }
    for warning in file.warnings { text += "warning \(warning)\n" }
    return text
  }

  private static func fault(_ text: String) -> String? {
    fault(Array(text.utf8))
  }

  private static func fault(_ bytes: [UInt8]) -> String? {
    let (file, faults) = RuleFile.parse(bytes, file: "a.yml")
    #expect((file == nil) == !faults.isEmpty)
    return faults.first?.description
  }

  /// What is too large to lie among the fixtures.
  @Test func sizesAreBounded() {
    let comment = "#" + String(repeating: "x", count: Limits.ruleFileBytes - 2) + "\n"
    #expect(Self.fault(comment) == nil)
    #expect(Self.fault(comment + "\n") == "a.yml:1:1: file is longer than 1048576 bytes")
    // The document, its key, the list: three nodes that are no rule group.
    let many = "groups:\n" + String(repeating: "- a\n", count: 9_998)
    #expect(Self.fault(many)?.hasSuffix("more than 10000 nodes") == true)
    let fewer = "groups:\n" + String(repeating: "- a\n", count: 9_997)
    #expect(Self.fault(fewer) == "a.yml:2:3: expected a mapping, not \"a\"")
    let quadratic =
      "a: &a \"" + String(repeating: "x", count: 500_000) + "\"\ngroups:\n"
      + String(repeating: "- *a\n", count: 5_000)
    #expect(Self.fault(quadratic) == "a.yml:1:1: more than 20 aliases")
    #expect(Self.fault(String(repeating: "[", count: 500_000)) != nil)
    #expect(Self.fault(String(repeating: "{a: ", count: 100_000)) != nil)
    let long = String(repeating: "1 + ", count: 100_000) + "1"
    let rule = "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: \(long)\n"
    #expect(Self.fault(rule)?.hasPrefix("a.yml:5:11: expr: ") == true)
  }

  /// A file that is refused keeps its last good version; a file that is gone takes its rules along.
  @Test func aRefusedFileKeepsItsLastGoodVersion() {
    func source(_ path: String, _ text: String) -> RuleSet.Source {
      RuleSet.Source(path: path, bytes: Array(text.utf8))
    }
    var rules = RuleSet()
    let good = (0..<100).map { source("f\($0).yml", "groups: [{name: g\($0)}]\n") }
    #expect(rules.load(good).isEmpty)
    #expect(rules.groups.count == 100)
    var news = good
    for (place, fixture) in Fixture.all("rules/bad", suffix: ".yml").prefix(99).enumerated() {
      news[place] = RuleSet.Source(path: "f\(place).yml", bytes: (try? fixture.bytes()) ?? [])
    }
    let refused = rules.load(news)
    #expect(Set(refused.map(\.file)).count == Fixture.all("rules/bad", suffix: ".yml").count)
    #expect(rules.groups.map(\.name) == (0..<100).map { "g\($0)" })
    #expect(rules.load([source("f7.yml", "groups: [{name: new}]")]).isEmpty)
    #expect(rules.groups.map(\.identity) == ["f7.yml;new"])
    #expect(rules.load([source("other.yml", "groups: 1")]).count == 1)
    #expect(rules.groups.isEmpty)
  }

  @Test func fileNamesTellWhatAFileIs() {
    let isRules = ["a.yml", "a.yaml", "a.test.yml", "processes.yml", "a.yml~", ".a.yml.swp"]
      .filter(RuleSet.isRuleFile)
    #expect(isRules == ["a.yml", "a.yaml"])
    #expect(["a.yml", "a.test.yml", "a.test.yaml"].filter(RuleSet.isTestFile).count == 2)
  }

  @Test func shippedRulesAreGood() throws {
    let shipped = Fixture.all("../rules", suffix: ".yml")
      .filter { RuleSet.isRuleFile(Self.name($0)) }
    #expect(!shipped.isEmpty)
    for fixture in shipped {
      let (file, faults) = RuleFile.parse(try fixture.bytes(), file: Self.name(fixture))
      #expect(faults == [] && file?.groups.isEmpty == false && file?.warnings == [])
    }
  }

  /// Bytes changed at random: a verdict each time, never a trap.
  @Test func mutationsNeverTrap() throws {
    let seeds = try
      (Fixture.all("rules/good", suffix: ".yml")
      + Fixture.all("rules/bad", suffix: ".yml")).map { try $0.bytes() }.filter { !$0.isEmpty }
    let spice = ["&a ", "*a", "? ", ": ", "- ", "!!set ", "|\n", "{", "}", "[", "\t", "\n  ", "#"]
    var random = SeededGenerator(seed: 42)
    var good = 0
    for _ in 0..<2_000 {
      var text = seeds[Int.random(in: 0..<seeds.count, using: &random)]
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let place = Int.random(in: 0..<text.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: text[place] = UInt8.random(in: 0...255, using: &random)
        case 1: text.removeSubrange(place..<min(text.count, place + 2))
        default:
          let word = spice[Int.random(in: 0..<spice.count, using: &random)]
          text.insert(contentsOf: word.utf8, at: place)
        }
        if text.isEmpty { text = [10] }
      }
      if Self.fault(text) == nil { good += 1 }
    }
    #expect(good > 10 && good < 1_950)
  }
}

/// Prometheus' own rule files, where they are at hand; the verdict is in a file's name.
@Suite struct RuleFileConformanceTests {
  private static var folder: String {
    ProcessInfo.processInfo.environment["PLIMSOLL_CONFORMANCE"].map { $0 + "/rules/rulefmt" }
      ?? Fixture.root + "/../shared/conformance/rules/rulefmt"
  }

  /// The first is refused only under the legacy name validation, an option that is not offered
  /// here: names are UTF-8, as they are by default since Prometheus 3.0. The second has anchors,
  /// which are refused on purpose: a few lines of them can stand for billions of nodes.
  private static let apart = ["legacy_validation_annotation.bad.yaml", "test_aliases.yaml"]

  @Test func prometheusRuleFiles() throws {
    let folder = Self.folder
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
      print("skipped: no conformance rule files at \(folder)")
      return
    }
    var judged = 0
    for name in names.sorted() where name.hasSuffix(".yaml") && !Self.apart.contains(name) {
      let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder + "/" + name)))
      let (file, faults) = RuleFile.parse(bytes, file: name)
      let isBad = name.hasSuffix(".bad.yaml")
      #expect((file == nil) == isBad, "\(name): \(faults)")
      judged += 1
    }
    #expect(judged >= 14)
  }
}
