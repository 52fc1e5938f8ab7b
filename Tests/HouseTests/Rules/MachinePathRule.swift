/// The product runs anywhere: no path of one machine is in it.
struct MachinePathRule: TidyRule {
  private static let banned = ["/work/", "/root/", "/home/", "/Users/", "/tmp/", "/opt/swift"]

  let bad: [[String: String]] = [
    ["Sources/A/A.swift": "let a = \"/tmp/a\""],
    ["README.md": "cd /root/plimsoll"],
  ]
  let good: [[String: String]] = [
    ["Sources/A/A.swift": "let a = folder + \"/network/tmp\"", "README.md": "cd plimsoll"]
  ]

  func complaints(about tree: Tree) -> [Complaint] {
    let files =
      tree.under("Sources") + tree.under("rules") + tree.under(".ci")
      + ["README.md", "Makefile", "Package.swift"].compactMap { tree[$0] }
    return files.flatMap { file in
      let text = CodeText(Array(file.text.utf8))
      return Self.banned.flatMap { path in
        text.places(of: path, isWhole: false).compactMap { place -> Complaint? in
          let before = place > 0 ? text.bytes[place - 1] : 32
          guard !CodeText.isName(before), before != UInt8(ascii: ".") else { return nil }
          return Complaint(file, line: text.line(of: place), "\(path) is a place of one machine")
        }
      }
    }
  }
}
