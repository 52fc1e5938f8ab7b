/// Calls that trap, that are unbounded on hostile input, or that bring Foundation's text handling
/// onto the data path.
struct CallRule: TidyRule {
  private struct Ban {
    let call: String
    let reason: String
    /// Path prefixes where it is allowed, each with its reason.
    var except: [String: String] = [:]
  }

  private static let bans: [Ban] = [
    Ban(call: "Yams.load", reason: "traps on hostile input: use compose and the typed walker"),
    Ban(call: "YAMLDecoder", reason: "traps on hostile input: use compose and the typed walker"),
    Ban(call: "JSONDecoder", reason: "use JSONScanner or JSONValue"),
    Ban(call: "JSONEncoder", reason: "use JSONWriter"),
    Ban(call: "JSONSerialization", reason: "use JSONScanner or JSONValue"),
    Ban(call: "NSRegularExpression", reason: "unbounded time: use Querying's Regex (RE2)"),
    Ban(call: "RegexBuilder", reason: "unbounded time: use Querying's Regex (RE2)"),
    Ban(call: "firstMatch(of:", reason: "unbounded time: use Querying's Regex (RE2)"),
    Ban(call: "wholeMatch(of:", reason: "unbounded time: use Querying's Regex (RE2)"),
    Ban(call: "DateFormatter", reason: "use Instant"),
    Ban(call: "ISO8601DateFormatter", reason: "use Instant"),
    Ban(call: "Calendar", reason: "use Instant"),
    Ban(
      call: "Date(", reason: "time is passed in",
      except: ["Sources/plimsoll/": "commands count back from the clock of their caller"]),
    Ban(call: "FileHandle", reason: "traps on errors: use Disk"),
    Ban(call: "String(format:", reason: "formats by the machine's memory layout, not by type"),
    Ban(call: "NSString(format:", reason: "formats by the machine's memory layout, not by type"),
    Ban(call: "fatalError", reason: "input never stops the program"),
    Ban(call: "try!", reason: "traps"),
    Ban(call: "as!", reason: "traps"),
    Ban(call: "unowned(unsafe)", reason: "dangles"),
    Ban(call: "Dictionary(uniqueKeysWithValues:", reason: "traps on a repeated key"),
    Ban(
      call: "print(", reason: "only the program speaks",
      except: [
        "Sources/plimsoll/": "the program speaks", "Sources/bench/": "so does this one",
      ]),
    Ban(call: "Thread.sleep", reason: "blocks a thread that others wait for"),
  ]

  let bad: [[String: String]] = [
    ["Sources/A/A.swift": "let a = try! f()"],
    ["Sources/A/A.swift": "let a = b as! C"],
    ["Sources/A/A.swift": "let a = \"\\(String(format: \"%d\", 1))\""],
    ["Sources/A/A.swift": "let now = Date()"],
    ["Sources/Storing/A.swift": "let a = Regex(\"a+\")"],
    ["Sources/Storing/A.swift": "print(1)"],
  ]
  let good: [[String: String]] = [
    ["Sources/plimsoll/A.swift": "let now = Date()"],
    ["Sources/A/A.swift": "// try! is banned\nlet text = \"fatalError\"; fingerprint(1)"],
    ["Sources/Querying/Regex.swift": "let a = Regex(\"a+\")"],
    ["Sources/Alerting/A.swift": "import Querying\nlet a = Regex(\"a+\")"],
  ]

  func complaints(about tree: Tree) -> [Complaint] {
    tree.sources.flatMap { file in
      Self.bans.filter { ban in !ban.except.keys.contains { file.path.hasPrefix($0) } }
        .flatMap { ban in
          Self.places(of: ban.call, in: file).map { place in
            Complaint(file, line: file.code.line(of: place), "\(ban.call): \(ban.reason)")
          }
        } + Self.foreignRegexes(in: file)
    }
  }

  /// A label after a bracket may stand on the next line, so it is looked for apart.
  private static func places(of call: String, in file: SourceFile) -> [Int] {
    guard let bracket = call.firstIndex(of: "("), call.last == ":" else {
      return file.code.places(of: call)
    }
    let head = String(call[...bracket])
    let label = String(call[call.index(after: bracket)...].dropLast())
    return file.code.places(of: head).filter { place in
      let inside = file.code.bytes[(place + head.utf8.count)...].drop { $0 == 32 || $0 == 10 }
      return inside.starts(with: Array((label + ":").utf8))
    }
  }

  /// `Regex` is Querying's where Querying is seen, and Swift's backtracking one elsewhere.
  private static func foreignRegexes(in file: SourceFile) -> [Complaint] {
    let isOurs =
      file.room == "Querying" || ImportRule.imports(in: file).contains { $0.module == "Querying" }
    guard !isOurs else { return [] }
    return file.code.places(of: "Regex(").map { place in
      Complaint(file, line: file.code.line(of: place), "Regex(: unbounded time: see Querying")
    }
  }
}
