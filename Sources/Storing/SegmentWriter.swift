import Bytes

/// A segment that is appended to, group by group. Used by the committer's thread alone. Every
/// start begins a segment of its own, so a file that an earlier process wrote is never touched.
struct SegmentWriter {
  /// Where a group was written.
  struct Place: Equatable {
    let segment: Int
    let offset: Int
  }

  private let disk: any Disk
  private let folder: String
  private let limit: Int
  /// Of the last segment that was started.
  private(set) var number: Int
  /// Nil: the next group starts a new segment.
  private var file: (any DiskFile)?
  /// Bytes that are whole groups and synced.
  private(set) var size = 0
  private(set) var syncs = 0

  static func path(_ folder: String, _ number: Int) -> String {
    let digits = String(number)
    return folder + "/" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits + ".seg"
  }

  /// The number of a segment's file name; nil when it is none of ours.
  static func number(of name: String) -> Int? {
    guard name.hasSuffix(".seg"), name.utf8.count == 12, name.utf8.prefix(8).allSatisfy(\.isDigit)
    else { return nil }
    return Int(name.prefix(8))
  }

  /// Starts a segment behind segment `last` when there is something to write.
  init(_ disk: any Disk, _ folder: String, limit: Int, after last: Int) {
    self.disk = disk
    self.folder = folder
    self.limit = limit
    number = last
  }

  /// Ends the present segment; the next group starts another.
  mutating func finish() {
    file = nil
  }

  /// Writes the group that `build` makes for a segment (its argument is the segment's number), and
  /// syncs it; `size` is about how long it is. After a failed sync nobody knows what the file's
  /// pages hold (fsync says no once, then yes): it is never written or synced again, and the group
  /// is built anew for a new segment, once. Throws when that fails too.
  mutating func append(
    about size: Int, _ build: (Int) -> [UInt8]
  ) throws(StoreFault) -> Place {
    if self.size > 0, self.size + size > limit { file = nil }
    do throws(DiskFault) {
      return try write(build(file == nil ? number + 1 : number))
    } catch let first {
      if first.isFull, file != nil { throw .full }
      do throws(DiskFault) {
        return try write(build(file == nil ? number + 1 : number))
      } catch {
        throw first.isFull || error.isFull ? .full : .readOnly("\(first)")
      }
    }
  }

  private mutating func write(_ group: [UInt8]) throws(DiskFault) -> Place {
    let file: any DiskFile
    if let current = self.file { file = current } else { file = try start() }
    let offset = size
    do throws(DiskFault) {
      try file.append(group, at: offset)
    } catch {
      // Full: with the part that fitted cut off again, the segment is as good as before.
      if !error.isFull || !cut(file, to: offset) { abandon() }
      throw error
    }
    do throws(DiskFault) {
      syncs += 1
      try file.sync()
    } catch {
      // Best effort: a start would otherwise find a group that nobody was told is stored.
      _ = cut(file, to: offset)
      abandon()
      throw error
    }
    size += group.count
    return Place(segment: number, offset: offset)
  }

  private mutating func start() throws(DiskFault) -> any DiskFile {
    let started = try disk.open(Self.path(folder, number + 1), create: true)
    // Taken, whatever happens next: no number is used twice.
    number += 1
    size = 0
    try disk.syncFolder(folder)
    file = started
    return started
  }

  /// Never writes to the present segment again. One without any whole group goes at once, so that
  /// a disk that fails for long does not fill with empty files.
  private mutating func abandon() {
    file = nil
    if size == 0 { try? disk.remove(Self.path(folder, number)) }
  }

  private func cut(_ file: any DiskFile, to size: Int) -> Bool {
    do {
      try file.truncate(to: size)
      return true
    } catch {
      return false
    }
  }
}
