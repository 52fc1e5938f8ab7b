import Bytes
import Foundation
import Storing

/// Work on a data folder that no server uses.
package enum OfflineStore {
  /// What was found and done: lines for people, and the same for programs.
  package struct Report: Sendable {
    package var lines: [String] = []
    package var json = ""
    package var isWhole = true
  }

  /// Checks every byte of a data folder, and repairs it when asked to. Throws when a server has it,
  /// or it is none.
  package static func examine(
    _ folder: String, isRepairing: Bool, progress: (String) -> Void
  ) throws -> Report {
    try refuseMissing(folder)
    let found = try Examination(of: folder, on: SystemDisk(), progress: progress)
    var report = Report(lines: found.damage.map(line), isWhole: found.damage.isEmpty)
    var done: [String] = []
    if isRepairing {
      // Nothing may go for its age here: the settings of the server are not known.
      done = try found.repair(
        folder, on: SystemDisk(), settings: StoreSettings(retention: .max), now: WallClock.now())
      report.lines += done
    }
    report.lines.append(summary(found))
    report.json = json(found, done)
    return report
  }

  /// Copies a backup to an empty data folder, and checks every byte of the copy.
  package static func restore(
    _ backup: String, to folder: String, progress: (String) -> Void
  ) throws -> Report {
    try refuseMissing(backup)
    try FileManager.default.createDirectory(
      atPath: URL(fileURLWithPath: folder).deletingLastPathComponent().path,
      withIntermediateDirectories: true)
    let copied = try Restoring.copy(backup, to: folder, on: SystemDisk(), progress: progress)
    let found = try Examination(of: folder, on: SystemDisk(), progress: progress)
    return Report(
      lines: found.damage.map(line) + [
        "\(copied.files) files, \(copied.bytes) bytes, \(found.rows) rows restored to \(folder)"
      ], isWhole: found.damage.isEmpty)
  }

  private static func refuseMissing(_ folder: String) throws {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue
    else { throw CallFailure(description: "\(folder) is not a folder") }
    guard FileManager.default.fileExists(atPath: folder + "/state.db") else {
      throw CallFailure(description: "\(folder) is no data folder: it has no state.db")
    }
  }

  private static func line(_ damage: Damage) -> String {
    var line = "\(damage.path): \(damage.description)"
    if let tenant = damage.tenant, !tenant.isEmpty { line += ", tenant \(tenant.text)" }
    if let rows = damage.rows { line += ", \(rows) rows" }
    if let times = damage.times {
      line += ", \(Instant.text(times.lowerBound)) to \(Instant.text(times.upperBound))"
    }
    return line
  }

  private static func summary(_ found: Examination) -> String {
    let damage = found.damage.isEmpty ? "nothing is damaged" : "\(found.damage.count) damaged"
    return "\(found.files) files, \(found.bytes) bytes, \(found.blocks) blocks, "
      + "\(found.segments) segments, \(found.rows) rows: \(damage)"
  }

  private static func json(_ found: Examination, _ done: [String]) -> String {
    var writer = JSONWriter()
    writer.object { writer in
      for (name, count) in [
        ("files", found.files), ("bytes", found.bytes), ("blocks", found.blocks),
        ("segments", found.segments), ("rows", found.rows),
      ] {
        writer.key(name)
        writer.integer(count)
      }
      writer.key("damage")
      writer.array { writer in
        for one in found.damage { put(one, to: &writer) }
      }
      writer.key("done")
      writer.array { writer in
        for sentence in done { writer.string(sentence) }
      }
    }
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  private static func put(_ damage: Damage, to writer: inout JSONWriter) {
    writer.object { writer in
      writer.key("path")
      writer.string(damage.path)
      writer.key("description")
      writer.string(damage.description)
      if let tenant = damage.tenant {
        writer.key("tenant")
        writer.string(tenant)
      }
      if let rows = damage.rows {
        writer.key("rows")
        writer.integer(rows)
      }
      if let times = damage.times {
        writer.key("from")
        writer.string(Instant.text(times.lowerBound))
        writer.key("to")
        writer.string(Instant.text(times.upperBound))
      }
    }
  }
}
