/// Memory is touched by hand in few files, and a comment near each such place says why it holds.
struct UnsafeRule: TidyRule {
  /// Where it is allowed, by path prefix, and what for.
  private static let allowed: [String: String] = [
    "Sources/Bytes/": "cursors over borrowed bytes",
    "Sources/Dividing/OwnThread.swift": "the system's threads",
    "Sources/Packing/": "the compression libraries",
    "Sources/Storing/": "SQLite and raw files",
    "Sources/Receiving/": "sockets and their buffers",
    "Sources/Querying/Regex.swift": "RE2",
    "Sources/Querying/LogQL/LineTest.swift": "searching lines with the C library",
    "Sources/Querying/LogQL/StreamTable.swift": "comparing bytes with the C library",
    "Sources/Running/Console.swift": "writing to standard error",
    "Sources/Running/DatagramSender.swift": "a socket's address",
    "Sources/Running/Delivery.swift": "an outcome handed between two threads",
    "Sources/Running/Maintenance.swift": "state behind a condition variable",
    "Sources/Serving/Workers.swift": "state behind a condition variable",
    "Sources/bench/": "sockets, mapped files, other programs",
    "Sources/plimsoll/Terminal.swift": "writing to the terminal",
  ]
  /// Copying a span whole, which the compiler offers in no other way, needs no word.
  private static let copies = ["Array($0)", ".append(contentsOf: $0)"]
  private static let signs = [
    "Unsafe", "unsafe", "@unchecked", "OpaquePointer", "Unmanaged",
  ]
  /// How far above a place its comment may be, in lines.
  private static let reach = 25

  let bad: [[String: String]] = [
    ["Sources/Model/A.swift": "// Holds.\nlet a = UnsafeRawPointer(b)"],
    ["Sources/Bytes/A.swift": "let a = unsafeBitCast(b, to: Int.self)"],
    ["Sources/Bytes/A.swift": "final class A: @unchecked Sendable {}"],
    ["Sources/Running/A.swift": "nonisolated(unsafe) var a = 1 // Holds."],
  ]
  let good: [[String: String]] = [
    ["Sources/Bytes/A.swift": "// The bytes outlive the call.\nb.withUnsafeBytes { f($0) }"],
    ["Sources/Model/A.swift": "// Not unsafe at all.\nlet a = \"Unsafe\""],
    ["Sources/Model/A.swift": "span.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }"],
  ]

  func complaints(about tree: Tree) -> [Complaint] {
    tree.sources.flatMap { file -> [Complaint] in
      let places = Self.signs.flatMap { file.code.places(of: $0, isWhole: false) }
      let lines = Set(places.map { file.code.line(of: $0) }).sorted().filter { line in
        // The closure's one statement may stand on the next line.
        let end = min(line + (file.lines[line].hasSuffix("{") ? 2 : 1), file.lines.count)
        return !file.lines[line..<end].contains { text in Self.copies.contains(where: text.contains)
        }
      }
      guard let first = lines.first else { return [] }
      guard Self.allowed.keys.contains(where: { file.path.hasPrefix($0) }) else {
        return [Complaint(file, line: first, "unsafe code has its places: UnsafeRule lists them")]
      }
      return lines.compactMap { line in
        let near = max(0, line - Self.reach)...line
        let isExplained = near.contains { file.comments.text(ofLine: $0).contains("//") }
        return isExplained ? nil : Complaint(file, line: line, "no comment says why this holds")
      }
    }
  }
}
