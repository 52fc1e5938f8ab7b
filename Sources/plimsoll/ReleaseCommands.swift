import ArgumentParser
import Bytes
import Foundation

/// `plimsoll release`: the deploy timeline.
struct Release: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tell the deploy timeline what went where, and ask what it did.",
    subcommands: [
      Start.self, Finish.self, Rollback.self, List.self, Exposure.self, Compare.self,
    ])

  /// What start and rollback have in common.
  struct Target: ParsableArguments {
    @Option(help: "The service that is deployed.") var service = "odoo"
    @Option(help: "The environment, such as production.") var environment = ""
    @Option(help: "Tenants it goes to, separated by commas; all by default.")
    var tenants: String?
    @Option(help: "Hosts it goes to, separated by commas; all by default.")
    var instances: String?
    @Option(help: "Since when: seconds since 1970 or RFC 3339; now by default.")
    var at: String?
    @Option(help: "Who does it.") var actor: String = NSUserName()
    @Option(help: "A link to the change or the pipeline.") var link = ""

    func body(release: String, previous: String?, kind: String) -> [UInt8] {
      var json = JSONWriter()
      json.object { json in
        for (name, value) in [
          ("service", service), ("environment", environment), ("release", release),
          ("kind", kind), ("actor", actor), ("link", link),
        ] {
          json.key(name)
          json.string(value)
        }
        if let previous {
          json.key("previous")
          json.string(previous)
        }
        if let at {
          json.key("start")
          json.string(at)
        }
        for (name, value) in [("tenants", tenants), ("instances", instances)] {
          guard let value else { continue }
          json.key(name)
          json.array { json in
            for part in value.split(separator: ",") {
              json.string(part.trimmingCharacters(in: .whitespaces))
            }
          }
        }
      }
      return json.bytes
    }
  }

  struct Start: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "A release goes live.",
      discussion: "plimsoll release start 17.0.43.0 --tenants nordlog,acme_prod --kind canary")
    @Argument(help: "The release.") var release: String
    @Option(help: "deploy, canary or hotfix.") var kind = "deploy"
    @Option(help: "The release before it, when the timeline cannot know.") var previous: String?
    @OptionGroup var target: Target
    @OptionGroup var remote: Remote

    func run() async throws {
      let answer = try await remote.askJSON(
        "POST", "/api/v1/deploys",
        body: target.body(release: release, previous: previous, kind: kind))
      Terminal.line("started \(release), event \(answer["id"]?.integer ?? 0)")
    }
  }

  struct Finish: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "A release's rollout has ended.")
    @Argument(help: "The release.") var release: String
    @OptionGroup var remote: Remote

    func run() async throws {
      let events = try await deploys(remote).filter {
        $0["release"]?.text == release && $0["end"]?.text == nil
      }
      guard !events.isEmpty else {
        Terminal.fail("no rollout of \(release) is open")
        throw ExitCode(1)
      }
      for id in events.compactMap({ $0["id"]?.integer }) {
        _ = try await remote.ask("POST", "/api/v1/deploys/\(id)/finish")
        Terminal.line("finished \(release), event \(id)")
      }
    }
  }

  struct Rollback: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "A release is taken back.",
      discussion: "plimsoll release rollback 17.0.43.0 --to 17.0.42.0 --tenants nordlog")
    @Argument(help: "The release that is taken back.") var release: String
    @Option(help: "The release that runs again; the one before by default.") var to: String?
    @OptionGroup var target: Target
    @OptionGroup var remote: Remote

    func run() async throws {
      let before = try await deploys(remote).last {
        $0["release"]?.text == release && $0["previous"]?.text != nil
      }
      guard let old = to ?? before?["previous"]?.text else {
        Terminal.fail("the release before \(release) is not known: say --to")
        throw ExitCode(1)
      }
      let answer = try await remote.askJSON(
        "POST", "/api/v1/deploys",
        body: target.body(release: old, previous: release, kind: "rollback"))
      Terminal.line("rolled back to \(old), event \(answer["id"]?.integer ?? 0)")
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "The deploy events, oldest first.")
    @Flag(help: "Print the API's JSON.") var json = false
    @OptionGroup var remote: Remote

    func run() async throws {
      if json {
        Terminal.write(try await remote.ask("GET", "/api/v1/deploys") + [10])
        return
      }
      var grid = TextGrid(
        [TextGrid.Column("ID", isNumeric: true)]
          + ["START", "END", "KIND", "SERVICE", "RELEASE", "PREVIOUS", "TENANTS"].map {
            TextGrid.Column($0)
          })
      for event in try await deploys(remote) {
        let tenants = event["tenants"]?.elements?.compactMap(\.text).joined(separator: ",")
        grid.append([
          String(event["id"]?.integer ?? 0), event["start"]?.text ?? "",
          event["end"]?.text ?? "-", event["kind"]?.text ?? "", event["service"]?.text ?? "",
          event["release"]?.text ?? "", event["previous"]?.text ?? "-", tenants ?? "all",
        ])
      }
      Terminal.line(grid.text(Terminal.style))
    }
  }

  struct Exposure: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Which release each tenant runs, and since when.")
    @Flag(help: "Print the API's JSON.") var json = false
    @OptionGroup var remote: Remote

    func run() async throws {
      let answer = try await remote.ask(
        "GET", "/api/v1/exposure", [("format", json ? "json" : "text")])
      Terminal.write(answer + (json ? [10] : []))
    }
  }

  struct Compare: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "What a release changed, by tenant and business process, worst first.")
    @Argument(help: "The release.") var release: String
    @Option(help: "Compare with this release instead of what ran before.") var baseline: String?
    @Flag(help: "Print the API's JSON.") var json = false
    @OptionGroup var remote: Remote

    func run() async throws {
      let answer = try await remote.ask(
        "GET", "/api/v1/releases/compare",
        [("release", release), ("baseline", baseline), ("format", json ? "json" : "text")])
      Terminal.write(answer + (json ? [10] : []))
    }
  }

  private static func deploys(_ remote: Remote) async throws -> [JSONValue] {
    try await remote.askJSON("GET", "/api/v1/deploys")["deploys"]?.elements ?? []
  }
}

/// `plimsoll anomalies`: what moved most.
struct Anomalies: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Which tenants and processes moved most against their own last days.")
  @Option(help: "How far back to look for a move.") var since = "24h"
  @Flag(help: "Print the API's JSON.") var json = false
  @OptionGroup var remote: Remote

  func run() async throws {
    let answer = try await remote.ask(
      "GET", "/api/v1/anomalies", [("since", since), ("format", json ? "json" : "text")])
    Terminal.write(answer + (json ? [10] : []))
  }
}
