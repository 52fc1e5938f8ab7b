/// Every type, and every function that other rooms may call, says what it is in a sentence.
///
/// A function that meets a protocol's requirement has its sentence there, a command of the program
/// in its `abstract`, and functions of one name in one file in the first.
struct SentenceRule: TidyRule {
  /// Requirements of the language's own protocols.
  private static let known: Set = [
    "hash", "encode", "next", "makeIterator", "makeAsyncIterator", "run", "validate", "log",
  ]

  let bad: [[String: String]] = [
    ["Sources/A/A.swift": "struct A {}"],
    ["Sources/A/A.swift": "/// A thing\nstruct A {}"],
    ["Sources/A/A.swift": "// A thing.\nenum A {}"],
    ["Sources/A/A.swift": "/// An A.\nstruct A {\n  package func b() {}\n}"],
  ]
  let good: [[String: String]] = [
    [
      "Sources/A/A.swift":
        """
      /// An A,
      /// with two lines.
      ///
      /// - more
      @frozen
      package struct A: P {
        func inner() {}
        package func asked() {}
        package static func == (one: A, other: A) -> Bool { true }
      }
      /// Asks.
      protocol P {
        /// Asks.
        func asked()
      }
      """,
      "Sources/plimsoll/B.swift": "struct B: AsyncParsableCommand {}",
    ]
  ]

  func complaints(about tree: Tree) -> [Complaint] {
    let required = Self.known.union(tree.sources.flatMap(Self.requirements))
    return tree.sources.flatMap { file in
      var named: Set<String> = []
      return Declarations.all(in: file).compactMap { found -> Complaint? in
        guard Self.needsSentence(found, in: file, required) else { return nil }
        guard found.keyword != "func" || named.insert(found.name).inserted else { return nil }
        let sentence = Self.sentence(above: found.line, in: file)
        if sentence.isEmpty {
          return Complaint(file, line: found.line, "\(found.name) says nothing")
        }
        guard let last = sentence.last, !".:".contains(last) else { return nil }
        return Complaint(file, line: found.line, "\(found.name): its sentence has no full stop")
      }
    }
  }

  private static func needsSentence(
    _ found: Declarations.Found, in file: SourceFile, _ required: Set<String>
  ) -> Bool {
    if found.keyword == "func" {
      let isOperator = found.name.first.map { !($0.isLetter || $0 == "_") } ?? true
      return (found.modifiers.contains("package") || found.modifiers.contains("public"))
        && !isOperator && !required.contains(found.name)
    }
    return !found.rest.contains("ParsableCommand")
  }

  /// The functions that the protocols of a file require.
  private static func requirements(of file: SourceFile) -> [String] {
    file.code.places(of: "protocol").flatMap { place -> [String] in
      guard let open = Declarations.block(after: place, in: file.code) else { return [] }
      let end = file.code.end(ofBlockAt: open)
      return file.code.places(of: "func").filter { $0 > open && $0 < end }
        .map { file.code.name(at: $0 + 4) }
    }
  }

  /// The first paragraph of the documentation above a line.
  private static func sentence(above line: Int, in file: SourceFile) -> String {
    var block: [Substring] = []
    for text in file.lines[..<line].reversed() {
      let text = text.drop { $0 == " " }
      if text.hasPrefix("///") {
        block.append(text.dropFirst(3))
      } else if !text.hasPrefix("@") {
        break
      }
    }
    let texts = block.reversed().map { $0.drop { $0 == " " } }
    return texts.prefix { !$0.isEmpty }.joined(separator: " ")
  }
}
