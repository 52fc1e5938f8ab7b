import Alerting
import Foundation
import Judging

/// The files of a rules folder.
struct RuleFolder {
  private static let usual = "rules"

  private let path: String
  /// Whether somebody named the folder: then it must be there.
  private let isStated: Bool

  init(_ stated: String?) {
    path = stated ?? Self.usual
    isStated = stated != nil
  }

  /// The folder's rule files, in order of name. Throws a sentence when there is no such folder.
  func ruleSources() throws -> [RuleSet.Source] {
    try names().filter(RuleSet.isRuleFile).compactMap(source)
  }

  /// The business processes its process file declares; none without one.
  func processes() throws -> [BusinessProcess] {
    guard let source = source("processes.yml") else { return [] }
    return try ProcessFile.parse(source.bytes, file: source.path)
  }

  private func names() throws -> [String] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue
    else {
      if isStated { throw SettingsFailure("rules: there is no folder \(path)") }
      return []
    }
    return try FileManager.default.contentsOfDirectory(atPath: path).sorted()
  }

  private func source(_ name: String) -> RuleSet.Source? {
    let file = path + "/" + name
    return FileManager.default.contents(atPath: file).map {
      RuleSet.Source(path: file, bytes: [UInt8]($0))
    }
  }
}
