import Alerting
import Foundation
import Judging

/// What a check or test of rule files came to.
package struct RuleFilesReport: Sendable {
  /// For people; one a line.
  package var lines: [String] = []
  package var fileCount = 0
  package var hasErrors = false
}

/// Checks and tests rule files without a server, as CI does.
package enum RuleFiles {
  /// Parses rule and process files (or folders of them); every error is a line
  /// `file:line:column: message`.
  package static func check(_ paths: [String]) -> RuleFilesReport {
    var report = RuleFilesReport()
    for path in files(paths, accepting: { RuleSet.isRuleFile($0) || $0 == "processes.yml" }) {
      report.fileCount += 1
      guard let bytes = FileManager.default.contents(atPath: path) else {
        report.lines.append("\(path): cannot be read")
        report.hasErrors = true
        continue
      }
      if path.split(separator: "/").last == "processes.yml" {
        checkProcesses([UInt8](bytes), path, &report)
      } else {
        checkRules([UInt8](bytes), path, &report)
      }
    }
    return report
  }

  private static func checkProcesses(
    _ bytes: [UInt8], _ path: String, _ report: inout RuleFilesReport
  ) {
    do {
      let processes = try ProcessFile.parse(bytes, file: path)
      report.lines.append("\(path): \(processes.count) processes")
    } catch {
      report.lines.append(error.description)
      report.hasErrors = true
    }
  }

  private static func checkRules(
    _ bytes: [UInt8], _ path: String, _ report: inout RuleFilesReport
  ) {
    let (file, faults) = RuleFile.parse(bytes, file: path)
    report.lines += faults.map(\.description)
    if !faults.isEmpty { report.hasErrors = true }
    guard let file else { return }
    report.lines += file.warnings.map { "\($0.description) (warning)" }
    let count = file.groups.reduce(0) { $0 + $1.rules.count }
    report.lines.append("\(path): \(count) rules in \(file.groups.count) groups")
  }

  /// Runs unit tests (files or folders with `*.test.yml`); failures read as promtool's do.
  package static func test(_ paths: [String]) -> RuleFilesReport {
    var report = RuleFilesReport()
    for path in files(paths, accepting: RuleSet.isTestFile) {
      report.fileCount += 1
      guard let bytes = FileManager.default.contents(atPath: path) else {
        report.lines.append("\(path): cannot be read")
        report.hasErrors = true
        continue
      }
      let folder = (path as NSString).deletingLastPathComponent
      let outcome = RuleTest.run([UInt8](bytes), file: path) { pattern in
        named(pattern, in: folder).compactMap { file in
          FileManager.default.contents(atPath: file).map { (file, [UInt8]($0)) }
        }
      }
      if outcome.failures.isEmpty {
        report.lines.append("\(path): \(outcome.caseCount) tests passed")
      } else {
        report.hasErrors = true
        report.lines.append("\(path): FAILED")
        report.lines += outcome.failures.map { "    " + $0 }
      }
    }
    return report
  }

  /// The files of a pattern with `*` in its last part, relative to a folder.
  private static func named(_ pattern: String, in folder: String) -> [String] {
    let path = pattern.hasPrefix("/") || folder.isEmpty ? pattern : folder + "/" + pattern
    guard path.contains("*") else {
      return FileManager.default.fileExists(atPath: path) ? [path] : []
    }
    let parent = (path as NSString).deletingLastPathComponent
    let parts = ((path as NSString).lastPathComponent).split(
      separator: "*", maxSplits: 1, omittingEmptySubsequences: false)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
    return names.sorted().filter {
      $0.hasPrefix(parts[0]) && $0.hasSuffix(parts.last ?? "")
    }.map { parent + "/" + $0 }
  }

  /// Files as they are named, and of folders those that are accepted, in order.
  private static func files(
    _ paths: [String], accepting accepts: (String) -> Bool
  ) -> [String] {
    paths.flatMap { path -> [String] in
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
        return [path]
      }
      guard isFolder.boolValue else { return [path] }
      let base = path.hasSuffix("/") ? String(path.dropLast()) : path
      let names = (try? FileManager.default.contentsOfDirectory(atPath: base)) ?? []
      return names.sorted().filter(accepts).map { base + "/" + $0 }
    }
  }
}
