import ArgumentParser
import Bytes
import Foundation
import Running

/// `plimsoll backup`: a copy of everything, made while the server runs.
struct Backup: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Copy everything stored so far to a folder, while the server runs.",
    discussion: """
      The folder must not be there yet, and lie on the server's machine. What was acknowledged \
      before the command is in it; files that never change are linked where the file system \
      allows it, so it takes little room. `plimsoll restore` copies it to a new data folder.
      """)

  @Argument(help: "The folder to make.") var folder: String
  @OptionGroup var remote: Remote

  func run() async throws {
    let path = URL(fileURLWithPath: folder).standardizedFileURL.path
    let answer = try await remote.ask("POST", "/internal/backup", [("dir", path)])
    print(String(decoding: answer, as: UTF8.self), terminator: "")
  }
}

/// `plimsoll restore`: a data folder made of a backup.
struct Restore: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Copy a backup to a new data folder, and check every byte of it.",
    discussion: """
      The data folder must be empty or not there yet. The copy shares nothing with the backup and is \
      durable when the command ends. Exits with 1 when the backup cannot be copied, or something in \
      it is damaged: what is, is named, and the rest can be served.
      """)

  @Argument(help: "A folder that `plimsoll backup` made.") var backup: String
  @Argument(help: "The data folder to make, for `plimsoll serve --data`.") var data: String

  func run() throws {
    let progress = Progress()
    let report = try Offline.run {
      try OfflineStore.restore(path(backup), to: path(data), progress: progress.show)
    }
    progress.clear()
    for line in report.lines { Terminal.line(line) }
    if !report.isWhole { throw ExitCode(1) }
  }
}

/// `plimsoll delete`: rows of a tenant, for good.
struct Delete: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Delete log lines or samples of one tenant for good, and get a receipt.",
    discussion: """
      plimsoll delete --tenant nordlog --logs '{service="odoo"} |= "anna@example.com"' --yes
      plimsoll delete --tenant nordlog --series '{__name__=~".+"}' --end 2026-01-01T00:00:00Z --yes
      plimsoll delete --list

      What `plimsoll logs` shows for the query is what goes. The command ends when the rows are in no \
      file of the store any more; backups made before keep them. Without --yes it only says what it \
      would ask for.
      """)

  @Option(help: "A log query: its records go.") var logs: String?
  @Option(help: "A PromQL selector: its samples go. May be repeated.") var series: [String] = []
  @Option(help: "Rows from this instant on: RFC 3339 or seconds since 1970; all by default.")
  var start: String?
  @Option(help: "Rows up to this instant; now by default.") var end: String?
  @Flag(help: "Do it.") var yes = false
  @Flag(help: "Show the receipts of earlier deletions.") var list = false
  @OptionGroup var remote: Remote

  func validate() throws {
    guard list || logs != nil || !series.isEmpty else {
      throw ValidationError("say what goes: --logs '{...}', --series 'metric{...}', or --list")
    }
  }

  func run() async throws {
    if list {
      let answer = try await remote.askJSON("GET", "/api/v1/deletions")
      let receipts = answer["deletions"]?.elements ?? []
      for receipt in receipts { Self.show(receipt) }
      if receipts.isEmpty { Terminal.line("nothing was deleted so far") }
      return
    }
    guard yes else {
      Terminal.line("would delete for good, from \(start ?? "the beginning") to \(end ?? "now"):")
      for what in ([logs].compactMap { $0 } + series) { Terminal.line("  " + what) }
      Terminal.line("add --yes to do it")
      throw ExitCode(1)
    }
    var parameters: [(String, String?)] = [("query", logs), ("start", start), ("end", end)]
    parameters += series.map { ("match[]", $0) }
    Self.show(try await remote.askJSON("POST", "/api/v1/deletions", parameters))
  }

  private static func show(_ receipt: JSONValue) {
    func text(_ name: String) -> String { receipt[name]?.text ?? "" }
    func count(_ name: String) -> Int { receipt[name]?.number.flatMap { Int(exactly: $0) } ?? 0 }
    Terminal.line(
      "\(count("id")): \(text("status")), tenant \(text("tenant")), \(count("deletedRecords"))"
        + " records, \(count("deletedSamples")) samples; \(count("droppedBlocks")) blocks dropped,"
        + " \(count("rewrittenBlocks")) written anew; \(text("finished"))")
    let selectors = (receipt["match"]?.elements ?? []).compactMap(\.text)
    for what in [text("query")] + selectors where !what.isEmpty {
      Terminal.line("  " + VisibleText.lines(what))
    }
    if !text("error").isEmpty { Terminal.line("  " + VisibleText.lines(text("error"))) }
  }
}

/// `plimsoll doctor`: is everything still what was written?
struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check every byte of a data folder that no server uses, and repair it.",
    discussion: """
      Compares every checksum of every block, segment, catalogue row and state row, and names what \
      is damaged, whose rows they are and of what time. Exits with 1 when something is. With \
      --repair the catalogue is made anew from the block files, state.db from its whole rows, and \
      what is damaged is copied to the folder quarantine; what is whole stays readable.
      """)

  @Argument(help: "The data folder.") var data: String
  @Flag(help: "Repair what can be repaired.") var `repair` = false
  @Flag(help: "Print the findings as JSON.") var json = false

  func run() throws {
    let progress = Progress()
    let report = try Offline.run {
      try OfflineStore.examine(path(data), isRepairing: `repair`, progress: progress.show)
    }
    progress.clear()
    if json {
      Terminal.line(report.json)
    } else {
      for line in report.lines { Terminal.line(line) }
    }
    if !report.isWhole { throw ExitCode(1) }
  }
}

/// Work on a folder that no server uses.
private enum Offline {
  /// What cannot be done says why in one line and ends the command.
  static func run<Value>(_ work: () throws -> Value) throws -> Value {
    do {
      return try work()
    } catch {
      Terminal.fail("\(error)")
      throw ExitCode(1)
    }
  }
}

private func path(_ text: String) -> String {
  URL(fileURLWithPath: text).standardizedFileURL.path
}

/// The file that is being worked on, on one line of a terminal.
private struct Progress {
  private let isShown = isatty(STDERR_FILENO) == 1

  func show(_ path: String) {
    guard isShown else { return }
    Terminal.note("\r\u{1B}[K\(path)")
  }

  func clear() {
    guard isShown else { return }
    Terminal.note("\r\u{1B}[K")
  }
}
