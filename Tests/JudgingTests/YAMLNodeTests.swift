import Judging
import Support
import Testing

/// YAML as every file of ours is read: strictly, never trapping, every refusal with its place.
@Suite struct YAMLNodeTests {
  private static func refusal(_ text: String) -> String? {
    do throws(YAMLFault) {
      _ = try YAMLNode.document(Array(text.utf8), file: "f").mapping()
      return nil
    } catch {
      return error.description
    }
  }

  /// What YAML allows and a settings file does not need, and what makes YAML libraries trap.
  @Test(arguments: [
    ("a: &x 1", "f:1:4: anchors and aliases are not allowed"),
    ("a: &x {b: 1}\nc: *x", "f:1:4: anchors and aliases are not allowed"),
    ("a: &x [*x]", "f:1:8: found undefined alias"),
    ("a: *x", "f:1:4: found undefined alias"),
    ("base: {a: 1}\nb:\n  <<: {c: 1}", "f:3:3: merge keys are not allowed"),
    ("a: 1\na: 2", "f:1:1: repeated key a"),
    ("? [1, 2]\n: 3", "f:1:3: expected a string, not a list"),
    ("{[a]: 1}", "f:1:2: expected a string, not a list"),
    ("? {a: 1}\n: 1", "f:1:3: expected a string, not a mapping"),
    ("? !!set {a}\n: 1", "f:1:3: expected a string, not a mapping"),
    ("a: !!binary aGk=", "f:1:4: tags are not allowed"),
    ("a: !!python/object/apply:os.system [ls]", "f:1:4: tags are not allowed"),
    ("a: !!set {b}", "f:1:4: tags are not allowed"),
    ("a: !<tag:example.org,2002:x> y", "f:1:4: tags are not allowed"),
    ("a: !!str 1", "f:1:4: tags are not allowed"),
    ("a: b\n\tc: d", "f:2:1: found a tab character that violates indentation"),
    ("%YAML 9.9\n---\na: 1", "f:1:1: found incompatible YAML document"),
    ("a: 1\n---\nb: 1", "f:2:1: but found another document"),
    ("- a", "f:1:1: expected a mapping, not a list"),
    ("a", "f:1:1: expected a mapping, not \"a\""),
  ])
  func refuses(_ text: String, _ expected: String) {
    #expect(Self.refusal(text) == expected)
  }

  /// Sequences of keys and files that grow without bound end in a refusal, soon.
  @Test func refusesWhatIsTooLarge() throws {
    #expect(
      Self.refusal("a: " + String(repeating: "x", count: 1 << 20))?.contains("longer") == true)
    let items = "a: [" + String(repeating: "1,", count: 100_000) + "1]"
    #expect(Self.refusal(items)?.contains("more than 10000 nodes") == true)
    let deep = "a: " + String(repeating: "[", count: 65) + String(repeating: "]", count: 65)
    #expect(Self.refusal(deep)?.contains("nested deeper than 64") == true)
    let laughs = "a: &a [x]\n" + (0..<30).map { "k\($0): [*a, *a, *a]\n" }.joined()
    #expect(Self.refusal(laughs)?.contains("more than 20 aliases") == true)
  }

  /// A byte order mark and Windows' line ends are taken; other encodings are not.
  @Test func readsUTF8Only() throws {
    let marked: [UInt8] = [0xEF, 0xBB, 0xBF] + Array("a: b\r\nc: d\r\n".utf8)
    let mapping = try YAMLNode.document(marked, file: "f").mapping()
    #expect(try mapping.pairs.map { try $0.value.text() } == ["b", "d"])
    for bytes: [UInt8] in [[0xFF, 0xFE, 97, 0], [0xE4, 58, 32, 49], [97, 58, 32, 0]] {
      #expect(throws: YAMLFault.self) { try YAMLNode.document(bytes, file: "f") }
    }
  }

  /// No scalar is what YAML takes it for: Norway stays Norway, 1:30 is not 90.
  @Test(arguments: [
    "yes", "NO", "012", "1_000", "0o17", "1e3", "2024-01-01", ".inf", ".nan", "1:30",
    "9223372036854775807:59", "1:2:3:4:5:6:7:8:9:10:11:12:13",
  ])
  func scalarsAreText(_ scalar: String) throws {
    let mapping = try YAMLNode.document(Array("a: \(scalar)".utf8), file: "f").mapping()
    #expect(try mapping.required("a").text() == scalar)
  }

  @Test(arguments: [
    ("anotations", "annotations"), ("Expr", "expr"), ("exper", "expr"), ("keepfiringfor", "keep"),
    ("fro", "for"),
  ])
  func saysWhatWasMeant(_ key: String, _ meant: String) throws {
    let node = try YAMLNode.document(Array("\(key): 1".utf8), file: "f")
    let known = ["expr", "for", "labels", "annotations", "keep_firing_for"]
    let fault = #expect(throws: YAMLFault.self) { try node.mapping(known) }
    #expect(fault?.message.contains("did you mean \"\(meant)") == true)
  }

  @Test func saysNothingWhereNothingIsNear() throws {
    let node = try YAMLNode.document(Array("ownership: 1\nteam: 2".utf8), file: "f")
    var faults: [YAMLFault] = []
    _ = try node.mapping(["expr", "for"], refusing: &faults)
    #expect(
      faults.map(\.description) == [
        "f:1:1: unknown key \"ownership\"", "f:2:1: unknown key \"team\"",
      ])
  }

  /// The place of a byte of a scalar's text, however the scalar is written: where `X` stands.
  @Test(arguments: [
    ("a: one X", 1, 8), ("a: one\n  two X", 2, 7), ("a: 'it''s X'", 1, 11),
    ("a: \"say \\\"X\\\"\"", 1, 11), ("a: |\n  one\n\n    two X\n", 4, 9),
    ("a: >-\n  one\n  two X\n", 3, 7), ("a:\n  - |2\n     X", 3, 6), ("a: |\n  ü X", 2, 6),
  ])
  func findsAPlaceInsideAScalar(_ text: String, _ line: Int, _ column: Int) throws {
    var node = try YAMLNode.document(Array(text.utf8), file: "f").mapping().required("a")
    if let first = try? node.elements().first { node = first }
    let bytes = Array(try node.text().utf8)
    let fault = node.fault("here", atByte: try #require(bytes.firstIndex(of: 88)))
    #expect((fault.line, fault.column) == (line, column))
  }

  /// Damaged files never trap, and every fault has a place inside the file.
  @Test func damagedFilesAreRefusedOrRead() {
    let seed = Array(
      "groups:\n  - name: 'a'\n    rules:\n      - {alert: B, expr: \"up == 0\", for: 5m}\n".utf8)
    var generator = SeededGenerator(seed: 7)
    for _ in 0..<4_000 {
      var bytes = seed
      for _ in 0..<Int.random(in: 1...6, using: &generator) {
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes.remove(at: place)
        default:
          let part = Array("&*!|>?:-{}[]<\"'#%@`\n\t,".utf8)
          bytes.insert(part[Int.random(in: 0..<part.count, using: &generator)], at: place)
        }
      }
      do throws(YAMLFault) {
        _ = try YAMLNode.document(bytes, file: "f").mapping()
      } catch {
        #expect(error.line >= 1 && error.column >= 1 && !error.message.isEmpty)
      }
    }
  }
}
