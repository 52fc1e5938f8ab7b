import Foundation

/// Names say what a thing is, not that it helps.
struct NameRule: TidyRule {
  private static let banned: Set = [
    "Util", "Utils", "Utility", "Utilities", "Helper", "Helpers", "Manager", "Common", "Misc",
    "Info", "Data", "Stuff", "Impl", "Base", "Abstract",
  ]

  let bad: [[String: String]] = [
    ["Sources/A/A.swift": "final class StoreManager {}"],
    ["Sources/A/A.swift": "package enum HTTPHelpers: Sendable {}"],
    ["Tests/ATests/A.swift": "struct CommonData {}"],
  ]
  let good: [[String: String]] = [
    ["Sources/A/A.swift": "struct LogMetadata {}\nstruct Database {}\n// A Manager is banned.\n"]
  ]

  func complaints(about tree: Tree) -> [Complaint] {
    (tree.sources + tree.tests).flatMap { file in
      Declarations.all(in: file).filter { $0.keyword != "func" }.compactMap { found in
        guard let word = Self.words(of: found.name).first(where: Self.banned.contains) else {
          return nil
        }
        return Complaint(file, line: found.line, "\(found.name): \(word) says nothing")
      }
    }
  }

  /// `HTTPHelpers` is `HTTP` and `Helpers`.
  static func words(of name: String) -> [String] {
    var words: [String] = []
    let letters = Array(name)
    for (place, letter) in letters.enumerated() {
      let nextIsSmall = place + 1 < letters.count && letters[place + 1].isLowercase
      let begins = letter.isUppercase && (nextIsSmall || words.last?.last?.isLowercase == true)
      if words.isEmpty || begins {
        words.append(String(letter))
      } else {
        words[words.count - 1].append(letter)
      }
    }
    return words
  }
}

/// What is unfinished is not committed, and the text speaks of the product, not of its making.
struct WordRule: TidyRule {
  private static let banned = [
    "TODO", "FIXME", "XXX", "HACK", "WIP", "for now", "stub", "stubbed", "not implemented",
    "unimplemented", "lorem ipsum", "foo", "foobar", "refactor", "refactored", "rewritten",
    "as requested", "as discussed", "claude", "anthropic", "openai", "chatgpt", "copilot",
    "language model", "LLM",
  ]

  let bad: [[String: String]] = [
    ["Sources/A/A.swift": "// TODO: more\n"],
    ["Sources/A/A.swift": "/// Works for now.\n"],
    ["README.md": "Refactored by hand.\n"],
    ["Makefile": "# fixme\n"],
  ]
  let good: [[String: String]] = [
    ["Sources/A/A.swift": "// mktemp XXXXXX, mastodons, food\nlet todo = \"TODO\"\n"]
  ]

  func complaints(about tree: Tree) -> [Complaint] {
    let files =
      tree.under("Sources") + tree.under("Tests", suffix: ".swift") + tree.under("rules")
      + ["README.md", "CHANGELOG.md", "Makefile", "Package.swift"].compactMap { tree[$0] }
    return files.flatMap { file in
      // A name in code, or the text of a fixture within a test, is not prose.
      let prose = CodeText(file.comments.bytes.map { $0 < 128 ? UInt8(tolower(Int32($0))) : $0 })
      return Self.banned.flatMap { word in
        prose.places(of: word.lowercased()).map { place in
          Complaint(file, line: prose.line(of: place), "\"\(word)\"")
        }
      }
    }
  }
}
