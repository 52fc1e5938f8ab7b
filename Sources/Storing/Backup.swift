/// What a backup holds.
package struct BackupReport: Sendable, Equatable {
  package var files = 0
  package var bytes = 0
  /// Files that share their bytes with the store instead of being copied.
  package var links = 0
}

extension Store {
  /// Makes a consistent copy of everything acknowledged so far in `target`, a folder that is not
  /// there yet: level 0 is compacted, block files are linked where the file system allows it and
  /// copied where not, databases are copied whole. The copy is a data folder of its own. Throws
  /// when it could not be finished; then `target` is no backup.
  package func backup(to target: String) throws -> BackupReport {
    try upkeep.perform { [self] compactor in
      try compactLevel0(&compactor)
      guard try disk.list(target).isEmpty else {
        throw StoreFault.failed("\(target) is not empty")
      }
      var report = BackupReport()
      for inner in ["", "/blocks", "/segments"] { try disk.makeFolder(target + inner) }
      for (number, file) in contents.files {
        let copy = BlockFileWriter.path(target + "/blocks", number)
        report.links += try disk.duplicate(file.file.path, to: copy) ? 1 : 0
        report.files += 1
        report.bytes += file.size
      }
      // Rows that came since lie in segments that are still written to: the next backup has them.
      try catalogue.copy(to: disk.databasePath(target + "/catalogue.db"))
      try state.copy(to: disk.databasePath(target + "/state.db"))
      for inner in ["/blocks", "/segments", ""] { try disk.syncFolder(target + inner) }
      return report
    }
  }
}
