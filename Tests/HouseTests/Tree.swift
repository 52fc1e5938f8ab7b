import Foundation
import Support

/// One file of the repository.
struct SourceFile: Sendable {
  /// From the root, such as `Sources/Model/Limits.swift`.
  let path: String
  let text: String
  let lines: [String]
  /// Code, comments and long strings apart; of Swift files only.
  let code: CodeText
  let comments: CodeText
  let textLines: Set<Int>

  init(path: String, text: String) {
    self.path = path
    self.text = text
    lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if path.hasSuffix(".swift") {
      let parts = SplitText(text)
      code = CodeText(parts.code)
      comments = CodeText(parts.comments)
      textLines = parts.textLines
    } else {
      code = CodeText([])
      comments = CodeText(Array(text.utf8))
      textLines = []
    }
  }

  var name: String { path.split(separator: "/").last.map(String.init) ?? path }

  /// The folder below `Sources` or `Tests` that the file is in.
  var room: String {
    let parts = path.split(separator: "/")
    return parts.count > 2 ? String(parts[1]) : ""
  }
}

/// The repository as text.
struct Tree: Sendable {
  let files: [SourceFile]

  init(_ texts: [String: String]) {
    files = texts.sorted { $0.key < $1.key }.map { SourceFile(path: $0.key, text: $0.value) }
  }

  /// The repository these tests belong to. Of fixtures only the paths are known.
  static let own: Tree = {
    var texts: [String: String] = [:]
    for folder in ["Sources", "Tests", "rules", "fixtures", ".ci"] {
      let base = Fixture.root + "/" + folder
      for name in FileManager.default.enumerator(atPath: base)?.allObjects as? [String] ?? [] {
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(
          atPath: base + "/" + name, isDirectory: &isFolder)
        guard exists, !isFolder.boolValue, !name.hasPrefix(".") else { continue }
        texts[folder + "/" + name] = folder == "fixtures" ? "" : read(folder + "/" + name)
      }
    }
    for name in ["Package.swift", "README.md", "CHANGELOG.md", "Makefile"] {
      texts[name] = read(name)
    }
    return Tree(texts)
  }()

  private static func read(_ path: String) -> String {
    let data = FileManager.default.contents(atPath: Fixture.root + "/" + path)
    return String(decoding: data ?? Data(), as: UTF8.self)
  }

  subscript(path: String) -> SourceFile? { files.first { $0.path == path } }

  func under(_ folder: String, suffix: String = "") -> [SourceFile] {
    files.filter { $0.path.hasPrefix(folder + "/") && $0.path.hasSuffix(suffix) }
  }

  /// The Swift files of the product.
  var sources: [SourceFile] { under("Sources", suffix: ".swift") }
  var tests: [SourceFile] { under("Tests", suffix: ".swift") }

  /// The folders directly below one.
  func folders(in folder: String) -> Set<String> {
    Set(
      under(folder).compactMap { file in
        let parts = file.path.dropFirst(folder.count + 1).split(separator: "/")
        return parts.count > 1 ? String(parts[0]) : nil
      })
  }
}
