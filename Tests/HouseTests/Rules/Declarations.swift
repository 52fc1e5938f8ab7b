/// What is declared in a file, found by its words.
enum Declarations {
  static let types: Set = ["struct", "class", "enum", "actor", "protocol"]
  static let modifiers: Set = [
    "package", "public", "private", "fileprivate", "internal", "final", "indirect", "nonisolated",
    "static", "mutating", "nonmutating", "consuming", "borrowing", "override", "convenience",
    "required", "lazy", "weak", "dynamic", "prefix", "postfix", "infix", "isolated",
  ]
  static let keywords: Set = types.union(modifiers).union([
    "func", "init", "var", "let", "typealias", "extension", "import", "subscript", "case",
    "associatedtype", "deinit", "macro", "operator",
  ])

  /// A declaration of a type or a function.
  struct Found {
    let keyword: String
    let name: String
    let modifiers: [String]
    /// Where its keyword is, in bytes.
    let place: Int
    let line: Int
    /// What follows the name on its line, such as a conformance.
    let rest: String
  }

  static func all(in file: SourceFile) -> [Found] {
    file.code.lines.enumerated().compactMap { line, text in
      var words = text.split(separator: " ").map(String.init)
      var before: [String] = []
      while let word = words.first {
        let plain = word.prefix { $0 != "(" }
        guard word.hasPrefix("@") || modifiers.contains(String(plain)) else { break }
        before.append(String(plain))
        words.removeFirst()
      }
      guard let keyword = words.first, types.contains(keyword) || keyword == "func",
        words.count > 1
      else { return nil }
      let name = String(words[1].prefix { $0.isLetter || $0.isNumber || $0 == "_" })
      let rest = words.dropFirst(2).joined(separator: " ")
      let start = file.code.places(of: keyword).first { file.code.line(of: $0) == line } ?? 0
      return Found(
        keyword: keyword, name: name.isEmpty ? words[1] : name, modifiers: before, place: start,
        line: line, rest: rest)
    }
  }

  /// Where the block of a declaration begins, or nil for one without: in a protocol, say.
  static func block(after place: Int, in code: CodeText) -> Int? {
    var depth = 0
    var here = place
    while here < code.bytes.count {
      switch code.bytes[here] {
      case UInt8(ascii: "("), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: ")"), UInt8(ascii: "]"): depth -= 1
      case UInt8(ascii: "{") where depth == 0: return here
      case UInt8(ascii: "}") where depth == 0: return nil
      case 10 where depth == 0:
        let next = code.bytes[(here + 1)...].prefix { $0 == 32 || $0 == 10 }.count
        let word = code.name(at: here + 1 + next)
        let isAttribute = code.bytes.dropFirst(here + 1 + next).first == UInt8(ascii: "@")
        if keywords.contains(word) || isAttribute { return nil }
      default: break
      }
      here += 1
    }
    return nil
  }
}
