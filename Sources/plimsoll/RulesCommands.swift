import ArgumentParser
import Foundation
import Running

/// `plimsoll rules`: check and test rule files, without a server.
struct Rules: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check and unit-test rule files.", subcommands: [Check.self, Test.self])

  struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Check rule and process files; every error with its line and column.",
      discussion: "plimsoll rules check rules/    Exit status: 0 all good, 1 errors, 2 no files.")
    @Argument(help: "Files, or folders of them.") var paths: [String] = ["rules"]

    func run() async throws {
      let report = RuleFiles.check(paths)
      for line in report.lines { Terminal.line(line) }
      if report.fileCount == 0 {
        Terminal.fail("no rule files in \(paths.joined(separator: ", "))")
        throw ExitCode(2)
      }
      if report.hasErrors { throw ExitCode(1) }
    }
  }

  struct Test: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Run rule unit tests in promtool's format, also with log lines as input.",
      discussion: "plimsoll rules test rules/    Exit status: 0 all passed, 1 failures, 2 no files."
    )
    @Argument(help: "Test files, or folders with *.test.yml.") var paths: [String] = ["rules"]

    func run() async throws {
      let report = RuleFiles.test(paths)
      for line in report.lines { Terminal.line(line) }
      if report.fileCount == 0 {
        Terminal.fail("no rule tests in \(paths.joined(separator: ", "))")
        throw ExitCode(2)
      }
      if report.hasErrors { throw ExitCode(1) }
    }
  }
}
