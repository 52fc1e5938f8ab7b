import Foundation

/// What Package.swift says of the rooms, read as text.
struct PackageMap {
  /// A room, a program, a test target or a library of the system.
  struct Target {
    let name: String
    /// Rooms, and modules of other packages.
    let sees: Set<String>
    let isTest: Bool
  }

  private(set) var targets: [Target] = []
  /// The names of the packages it depends on, by address.
  private(set) var packages: [String] = []

  init(_ file: SourceFile?) {
    guard let file else { return }
    let text = Self.uncommented(file)
    let modules = Self.modules(in: text)
    for call in ["room", "tests", "system", ".target", ".executableTarget", ".testTarget"] {
      for arguments in Self.calls(of: call, in: text) {
        // The helpers that make targets name them by a variable.
        let head = arguments.drop { $0.isWhitespace }
        guard let name = Self.strings(in: arguments).first,
          head.hasPrefix("\"") || head.hasPrefix("name: \"")
        else { continue }
        // `tests("Bytes", ...)` are the tests of Bytes, and all tests see Support.
        let isTest = call == "tests"
        let seen = Self.seen(in: arguments, modules)
        targets.append(
          Target(
            name: isTest ? name + "Tests" : name, sees: isTest ? seen.union(["Support"]) : seen,
            isTest: isTest || call == ".testTarget"))
      }
    }
    packages = Self.calls(of: ".package", in: text).compactMap { arguments in
      guard arguments.contains("url:") else { return nil }
      let address = Self.strings(in: arguments).first ?? ""
      return address.split(separator: "/").last.map { String($0.replacing(".git", with: "")) }
    }
  }

  /// The text without comments; strings stay.
  private static func uncommented(_ file: SourceFile) -> String {
    let bytes = zip(file.text.utf8, file.comments.bytes).map { $1 == 32 || $1 == 10 ? $0 : 32 }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// `let nioCore: Target.Dependency = .product(name: "NIOCore", ...)`: the module by its word.
  private static func modules(in text: String) -> [String: String] {
    var modules: [String: String] = [:]
    for part in text.components(separatedBy: "let ").dropFirst() {
      let word = part.prefix { $0.isLetter || $0.isNumber }
      guard part.dropFirst(word.count).hasPrefix(": Target.Dependency") else { continue }
      modules[String(word)] = strings(in: part).first
    }
    return modules
  }

  /// What is between the brackets of each call.
  private static func calls(of name: String, in text: String) -> [String] {
    text.components(separatedBy: name + "(").enumerated().dropFirst().compactMap { place, part in
      let before = text.components(separatedBy: name + "(")[place - 1].last ?? " "
      guard !(before.isLetter || before == "."), !before.isNumber else { return nil }
      var depth = 1
      let inside = part.prefix { character in
        if character == "(" { depth += 1 }
        if character == ")" { depth -= 1 }
        return depth > 0
      }
      return String(inside)
    }
  }

  private static func seen(in arguments: String, _ modules: [String: String]) -> Set<String> {
    for label in ["sees: [", "dependencies: ["] {
      guard let list = arguments.components(separatedBy: label).dropFirst().first else { continue }
      let inside = list.prefix { $0 != "]" }
      let words = inside.split { !($0.isLetter || $0.isNumber || $0 == "\"") }
      return Set(
        words.compactMap { word in
          word.hasPrefix("\"") ? String(word.filter { $0 != "\"" }) : modules[String(word)]
        })
    }
    return []
  }

  private static func strings(in text: String) -> [String] {
    text.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
      .filter { $0.offset % 2 == 1 }.map { String($0.element) }
  }
}
