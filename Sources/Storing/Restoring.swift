/// Copies a backup to where a server will keep its data.
package enum Restoring {
  private static let piece = 4 << 20

  /// Copies every file of `backup` to `target`, a folder that is empty or not there yet, and makes
  /// it durable. Throws, with what was copied taken away again, when that could not be finished.
  /// Returns files and bytes.
  package static func copy(
    _ backup: String, to target: String, on disk: any Disk, progress: (String) -> Void
  ) throws -> (files: Int, bytes: Int) {
    guard try disk.list(backup).contains("catalogue.db"), try disk.list(backup).contains("state.db")
    else { throw StoreFault.failed("\(backup) is no backup: it has no catalogue.db and state.db") }
    guard try disk.list(target).isEmpty else {
      throw StoreFault.failed("\(target) is not empty")
    }
    var copied: [String] = []
    var bytes = 0
    do {
      for inner in ["", "/blocks", "/segments"] {
        try disk.makeFolder(target + inner)
        for name in try disk.list(backup + inner) where isOurs(name, inner) {
          progress(backup + inner + "/" + name)
          copied.append(target + inner + "/" + name)
          bytes += try copyFile(
            backup + inner + "/" + name, target + inner + "/" + name, disk)
        }
      }
      for inner in ["/blocks", "/segments", ""] { try disk.syncFolder(target + inner) }
      try? disk.syncFolder(DiskPath.parent(of: target))
    } catch {
      for path in copied { try? disk.remove(path) }
      throw error
    }
    return (copied.count, bytes)
  }

  private static func isOurs(_ name: String, _ inner: String) -> Bool {
    switch inner {
    case "/blocks": BlockFileWriter.number(of: name) != nil
    case "/segments": SegmentWriter.number(of: name) != nil
    default: name == "catalogue.db" || name == "state.db"
    }
  }

  private static func copyFile(
    _ path: String, _ target: String, _ disk: any Disk
  ) throws(DiskFault) -> Int {
    let source = try disk.open(path, create: false)
    let copy = try disk.open(target, create: true)
    let size = try source.size()
    var place = 0
    while place < size {
      let bytes = try source.read(at: place, count: min(piece, size - place))
      guard !bytes.isEmpty else { break }
      try copy.append(bytes, at: place)
      place += bytes.count
    }
    try copy.sync()
    return place
  }
}
