/// The README explains the source room by room: all rooms, and no others.
struct ReadmeRule: TidyRule {
  private static let heading = "## The source, room by room"

  let bad: [[String: String]] = [
    ["README.md": heading + "\n| `Bytes` | words |", "Sources/Model/A.swift": ""],
    [
      "README.md": heading + "\n| `Bytes` | words |\n| `Gone` | words |",
      "Sources/Bytes/A.swift": "",
    ],
    ["README.md": "| `Bytes` | words |", "Sources/Bytes/A.swift": ""],
  ]
  let good: [[String: String]] = [
    [
      "README.md":
        "| `Other` | x |\n" + heading + "\n| room | |\n| `Bytes` | w |\n## Next\n| `B` |",
      "Sources/Bytes/A.swift": "",
    ]
  ]

  func complaints(about tree: Tree) -> [Complaint] {
    let lines = tree["README.md"]?.lines ?? []
    let section = lines.drop { $0 != Self.heading }.dropFirst().prefix { !$0.hasPrefix("## ") }
    let named = Set(
      section.filter { $0.hasPrefix("| `") }.flatMap { line in
        // One row may name several libraries.
        let cell = line.split(separator: "|").first ?? ""
        return cell.split(separator: "`").enumerated().filter { $0.offset % 2 == 1 }
          .map { String($0.element) }
      })
    let rooms = tree.folders(in: "Sources")
    return rooms.subtracting(named).sorted().map { room in
      Complaint("README.md", "\(room) is not explained")
    }
      + named.subtracting(rooms).sorted().map { Complaint("README.md", "there is no room \($0)") }
  }
}
