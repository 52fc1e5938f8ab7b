/// Two files fit side by side. Lines inside a text of several lines are as long as the text needs.
struct LineLengthRule: TidyRule {
  private static let most = 100

  let bad: [[String: String]] = [
    ["Sources/A/A.swift": "let a = \"" + String(repeating: "a", count: 100) + "\""]
  ]
  let good: [[String: String]] = [
    ["Sources/A/A.swift": "let a = \"" + String(repeating: "ä", count: 90) + "\""],
    ["Sources/A/A.swift": "let a = \"\"\"\n" + String(repeating: "a", count: 120) + "\n\"\"\""],
  ]

  func complaints(about tree: Tree) -> [Complaint] {
    (tree.sources + tree.tests).flatMap { file in
      file.lines.enumerated().compactMap { line, text in
        guard text.utf8.count > Self.most, text.count > Self.most, !file.textLines.contains(line)
        else { return nil }
        return Complaint(file, line: line, "\(text.count) columns; at most \(Self.most)")
      }
    }
  }
}

/// A file is read in one sitting.
struct FileLengthRule: TidyRule {
  private static let most = 400

  let bad: [[String: String]] = [
    ["Sources/A/A.swift": String(repeating: "// a\n", count: 402)],
    ["Tests/ATests/A.swift": String(repeating: "// a\n", count: 402)],
    ["Sources/Serving/Assets/page.js": String(repeating: "// a\n", count: 402)],
  ]
  let good: [[String: String]] = [
    ["Sources/A/A.swift": String(repeating: "// a\n", count: 400)]
  ]

  func complaints(about tree: Tree) -> [Complaint] {
    (tree.sources + tree.tests + tree.under("Sources", suffix: ".js")).compactMap { file in
      let count = file.lines.count - (file.lines.last == "" ? 1 : 0)
      guard count > Self.most else { return nil }
      return Complaint(file, "\(count) lines; at most \(Self.most)")
    }
  }
}

/// A function fits on a screen.
struct FunctionLengthRule: TidyRule {
  private static let most = 70

  private static let long = String(repeating: "  f()\n", count: 70)
  let bad: [[String: String]] = [
    ["Sources/A/A.swift": "func f(\n  a: Int\n) {\n" + long + "}\n"],
    ["Sources/A/A.swift": "struct A {\n  init() {\n" + long + "  }\n}\n"],
    ["Tests/ATests/A.swift": "func f() {\n" + long + "}\n"],
  ]
  let good: [[String: String]] = [
    ["Sources/A/A.swift": "protocol P {\n  func f()\n}\nstruct A {\n" + long + "}\n"],
    [
      "Sources/A/A.swift":
        "protocol P {\n  func f()\n  func g() -> Int\n}\nlet a = [\n" + long + "]\n"
    ],
    ["Sources/A/A.swift": "func f() {\n" + String(repeating: "  f()\n", count: 68) + "}\n"],
  ]

  func complaints(about tree: Tree) -> [Complaint] {
    (tree.sources + tree.tests).flatMap { file in
      let code = file.code
      let starts = ["func", "init", "subscript"].flatMap { code.places(of: $0) }
      return starts.sorted().compactMap { start -> Complaint? in
        guard start == 0 || code.bytes[start - 1] != UInt8(ascii: "."),
          let open = Declarations.block(after: start, in: code)
        else { return nil }
        let first = code.line(of: start)
        let count = code.line(of: code.end(ofBlockAt: open) - 1) - first + 1
        guard count > Self.most else { return nil }
        return Complaint(file, line: first, "a function of \(count) lines; at most \(Self.most)")
      }
    }
  }
}
