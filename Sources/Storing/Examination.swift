package import Bytes

/// Something on disk that is not what was written.
package struct Damage: Sendable, Equatable {
  /// The file it is in.
  package let path: String
  package let description: String
  /// Whose rows; nil when nobody knows, or of several.
  package var tenant: ByteString?
  /// How many rows cannot be read; nil when nobody knows.
  package var rows: Int?
  /// Their times, nanoseconds.
  package var times: ClosedRange<Int64>?
}

/// What a look at every byte of a data folder found.
package struct Examination: Sendable {
  package var files = 0
  package var bytes = 0
  package var blocks = 0
  package var segments = 0
  /// Records and samples that can be read.
  package var rows = 0
  package var damage: [Damage] = []

  /// Looks at the data folder of which no process has the lock; changes nothing. `progress` is
  /// called with each file's path. Throws `StoreFault.locked` when a server has the folder, and a
  /// `DiskFault` when its files cannot be listed.
  package init(
    of folder: String, on disk: any Disk, progress: (String) -> Void = { _ in }
  ) throws {
    guard let lock = try disk.lock(folder + "/lock") else { throw StoreFault.locked(folder) }
    defer { withExtendedLifetime(lock) {} }
    let blockFiles = try disk.list(folder + "/blocks").compactMap { BlockFileWriter.number(of: $0) }
    let segmentFiles = try disk.list(folder + "/segments").compactMap(SegmentWriter.number)
    var sealed: Set<Int> = []
    for number in blockFiles.sorted() {
      let path = BlockFileWriter.path(folder + "/blocks", number)
      progress(path)
      sealed.formUnion(look(at: StoredFile(path, number: number, on: disk)))
    }
    // Segments that were compacted may not have been removed yet: they count no more.
    for number in segmentFiles.sorted() where !sealed.contains(number) {
      let path = SegmentWriter.path(folder + "/segments", number)
      progress(path)
      look(at: path, on: disk)
    }
    lookAtDatabases(folder, disk)
  }

  private mutating func look(at file: StoredFile) -> [Int] {
    files += 1
    do throws(DiskFault) {
      let size = try file.size()
      bytes += size
      guard let directory = try BlockDirectory.read(file, size: size) else {
        damage.append(Damage(path: file.path, description: "its directory is damaged"))
        return []
      }
      for head in directory.blocks { look(at: BlockEntry(head: head, file: file)) }
      return directory.sealed
    } catch {
      damage.append(Damage(path: file.path, description: "\(error)"))
      return []
    }
  }

  private mutating func look(at block: BlockEntry) {
    blocks += 1
    let head = block.head
    guard !Scrubber.isWhole(block) else {
      if head.kind != .keys { rows += head.rows }
      return
    }
    let times =
      head.kind == .samples
      ? BlockTimes.nanoseconds(
        head.times.lowerBound)...BlockTimes.nanoseconds(
          head.times.upperBound) : head.times
    damage.append(
      Damage(
        path: block.file.path, description: "block \(head.id) of \(head.kind) is damaged",
        tenant: head.tenant, rows: head.rows, times: times))
  }

  private mutating func look(at path: String, on disk: any Disk) {
    files += 1
    segments += 1
    do throws(DiskFault) {
      let file = try disk.open(path, create: false)
      let bytes = try file.read(at: 0, count: file.size())
      self.bytes += bytes.count
      let found = SegmentContents(bytes)
      for range in found.damaged {
        damage.append(
          Damage(path: path, description: "\(range.count) bytes at \(range.lowerBound) are damaged")
        )
      }
      for entry in found.entries {
        let frame = entry.frame
        let own = bytes.span.extracting(entry.range)
        if frame.recordCount > 0, frame.batch(own) == nil {
          damage.append(
            Damage(
              path: path, description: "frame \(frame.sequence) cannot be unpacked",
              rows: frame.recordCount, times: frame.recordTimes))
        } else {
          rows += frame.recordCount + frame.sampleCount
        }
      }
    } catch {
      damage.append(Damage(path: path, description: "\(error)"))
    }
  }

  private mutating func lookAtDatabases(_ folder: String, _ disk: any Disk) {
    let names = (try? disk.list(folder)) ?? []
    if names.contains("catalogue.db") {
      files += 1
      if let count = Catalogue.damagedRows(disk.databasePath(folder + "/catalogue.db")) {
        if count > 0 {
          damage.append(
            Damage(path: folder + "/catalogue.db", description: "\(count) rows are damaged"))
        }
      } else {
        damage.append(Damage(path: folder + "/catalogue.db", description: "it cannot be read"))
      }
    }
    guard names.contains("state.db") else { return }
    files += 1
    if let count = StateDatabase.damagedRows(disk.databasePath(folder + "/state.db")) {
      if count > 0 {
        damage.append(Damage(path: folder + "/state.db", description: "\(count) rows are damaged"))
      }
    } else {
      damage.append(Damage(path: folder + "/state.db", description: "it cannot be read"))
    }
  }
}

extension Examination {
  /// Repairs what was found: the catalogue is made anew from the block files, `state.db` from its
  /// whole rows, and damaged blocks are copied to `quarantine`; answers that need one go on saying
  /// so. Returns what was done, a sentence each. Throws what opening the store throws.
  package func repair(
    _ folder: String, on disk: any Disk, settings: StoreSettings, now: Int64
  ) throws -> [String] {
    var done: [String] = []
    if damage.contains(where: { $0.path.hasSuffix("/catalogue.db") }) {
      let kept = folder + "/quarantine/catalogue-\(now).db"
      try disk.makeFolder(folder + "/quarantine")
      Database.setAside(folder + "/catalogue.db", to: kept, on: disk)
      done.append("the catalogue was made anew from the block files; the old one is \(kept)")
    }
    let store = try Store(opening: folder, on: disk, settings: settings, clock: { now })
    defer { store.close() }
    if damage.contains(where: { $0.path.hasSuffix("/state.db") }) {
      done.append("state.db was made anew from its whole rows; the old one is in quarantine")
    }
    for file in store.contents.files.values {
      for head in file.blocks {
        let block = BlockEntry(head: head, file: file.file)
        guard !Scrubber.isWhole(block),
          let bytes = try? file.file.read(at: head.offset, count: head.size)
        else { continue }
        try Quarantine(disk, folder).keep(bytes, as: "block-\(head.id).bin")
        done.append("block \(head.id) was copied to quarantine; the other blocks stay readable")
      }
    }
    if store.isPartial {
      done.append("answers that need what is damaged say that they are partial")
    }
    return done
  }
}
