package import Judging

/// The rule files of a folder as they are in force: a file that is refused keeps its last good
/// version.
package struct RuleSet: Sendable {
  /// One file as it was read from the disk.
  package struct Source: Sendable {
    package let path: String
    package let bytes: [UInt8]

    package init(path: String, bytes: [UInt8]) {
      self.path = path
      self.bytes = bytes
    }
  }

  /// Milliseconds between evaluations of a group that names no interval.
  package static let defaultInterval: Int64 = 15_000

  package private(set) var files: [RuleFile] = []

  package init() {}

  package var groups: [RuleGroup] { files.flatMap(\.groups) }

  /// Takes the folder's files as they are now; those that are gone are gone. Returns everything
  /// that was refused.
  package mutating func load(_ sources: [Source]) -> [YAMLFault] {
    var loaded: [RuleFile] = []
    var refused: [YAMLFault] = []
    for source in sources {
      let (file, faults) = RuleFile.parse(source.bytes, file: source.path)
      refused += faults
      if let file = file ?? files.first(where: { $0.path == source.path }) {
        loaded.append(file)
      }
    }
    files = loaded
    return refused
  }

  /// Whether a file of the folder holds rules: YAML, no unit test, not the process file.
  package static func isRuleFile(_ name: String) -> Bool {
    (name.hasSuffix(".yml") || name.hasSuffix(".yaml")) && !isTestFile(name)
      && name != "processes.yml"
  }

  /// Whether a file of the folder holds unit tests.
  package static func isTestFile(_ name: String) -> Bool {
    name.hasSuffix(".test.yml") || name.hasSuffix(".test.yaml")
  }
}
