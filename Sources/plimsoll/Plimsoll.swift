import ArgumentParser
import Foundation

/// The one program.
@main
struct Plimsoll: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plimsoll",
    abstract: "Shows a logistics SaaS team whether a release is safe for the business on it.",
    discussion: """
      Plimsoll takes logs and metrics of Odoo fleets over UDP and HTTP, tags every row with \
      tenant and release, keeps them durably, answers PromQL and LogQL, and alerts in terms of \
      the business from rules written as files.

      Start with `plimsoll demo`, or `plimsoll serve` and send it a log:
        curl --data-binary @odoo.log http://127.0.0.1:9480/ingest/odoo
        plimsoll logs '{service="odoo"} |= "Traceback"'

      The exit status is 0 for an answer, also an empty one, 1 for what was refused or failed, \
      2 for a command line that is none.
      """,
    version: "0.1.0",
    subcommands: [
      Serve.self, Demo.self, Simulate.self, Query.self, Logs.self, Tail.self, LabelNames.self,
      Release.self, Anomalies.self, Rules.self, Backup.self, Restore.self, Doctor.self,
      Delete.self,
    ])

  /// Runs the command that the arguments name, and ends with its status.
  static func main() async {
    do {
      let command = try parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        var command = command
        try command.run()
      }
    } catch {
      // The parser's own status for a wrong command line is that of sysexits.h, 64.
      guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
      Terminal.note(fullMessage(for: error) + "\n")
      Foundation.exit(2)
    }
  }
}
