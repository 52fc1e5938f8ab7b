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
      allows it, so it takes little room. The copy is a data folder: to restore it, copy it to \
      where `plimsoll serve --data` expects it.
      """)

  @Argument(help: "The folder to make.") var folder: String
  @OptionGroup var remote: Remote

  func run() async throws {
    let path = URL(fileURLWithPath: folder).standardizedFileURL.path
    let answer = try await remote.ask("POST", "/internal/backup", [("dir", path)])
    print(String(decoding: answer, as: UTF8.self), terminator: "")
  }
}
