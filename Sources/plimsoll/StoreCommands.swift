import ArgumentParser
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
