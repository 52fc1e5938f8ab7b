/// What a rule found.
struct Complaint: Sendable, CustomStringConvertible {
  let path: String
  /// From 1; 0 means the file as a whole.
  let line: Int
  let reason: String

  init(_ file: SourceFile, line: Int = -1, _ reason: String) {
    self.init(file.path, line: line, reason)
  }

  /// `line` counts from 0, as in `SourceFile.lines`.
  init(_ path: String, line: Int = -1, _ reason: String) {
    self.path = path
    self.line = line + 1
    self.reason = reason
  }

  var description: String { line > 0 ? "\(path):\(line): \(reason)" : "\(path): \(reason)" }
}

/// A rule of the house. `bad` and `good` are small trees, as path to text, that test the rule:
/// it must complain about each of the bad and about none of the good.
protocol TidyRule: Sendable {
  var bad: [[String: String]] { get }
  var good: [[String: String]] { get }
  func complaints(about tree: Tree) -> [Complaint]
}

/// Every rule; to add one: its file, and its line here.
let tidyRules: [any TidyRule] = [
  ImportRule(),
  MapRule(),
  DependencyRule(),
  AccessRule(),
  LineLengthRule(),
  FileLengthRule(),
  FunctionLengthRule(),
  NameRule(),
  WordRule(),
  CallRule(),
  SentenceRule(),
  UnsafeRule(),
  MachinePathRule(),
  FixtureUseRule(),
  GoldenPairRule(),
  WireFormatRule(),
  RuleFileRule(),
  ReadmeRule(),
]
