import ArgumentParser

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
      """,
    version: "0.1.0",
    subcommands: [
      Serve.self, Demo.self, Simulate.self, Query.self, Logs.self, Tail.self, Release.self,
      Anomalies.self, Rules.self, Backup.self, Restore.self, Doctor.self, Delete.self,
    ])
}
