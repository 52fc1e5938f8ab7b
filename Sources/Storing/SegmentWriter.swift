/// The segment that is appended to. Used by the committer's thread alone.
struct SegmentWriter {
  private let disk: any Disk
  private let folder: String
  private let limit: Int
  private(set) var number: Int
  private var file: any DiskFile
  /// Bytes that are whole groups and synced.
  private(set) var size: Int
  private(set) var syncs = 0

  static func path(_ folder: String, _ number: Int) -> String {
    let digits = String(number)
    return folder + "/" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits + ".seg"
  }

  /// The number of a segment's file name; nil when it is none of ours.
  static func number(of name: String) -> Int? {
    guard name.hasSuffix(".seg"), name.utf8.count == 12 else { return nil }
    return Int(name.dropLast(4))
  }

  /// Goes on with segment `number` behind its first `size` bytes; makes it when it is not there.
  init(
    _ disk: any Disk, _ folder: String, limit: Int, number: Int, size: Int
  ) throws(DiskFault) {
    self.disk = disk
    self.folder = folder
    self.limit = limit
    self.number = number
    self.size = size
    file = try disk.open(Self.path(folder, number), create: true)
    try disk.syncFolder(folder)
  }

  /// Whether so many bytes more belong into a new segment.
  func isFull(for count: Int) -> Bool { size > 0 && size + count > limit }

  /// Writes a group and syncs it. After a throw this segment must not be written again.
  mutating func append(_ group: [UInt8]) throws(DiskFault) -> Int {
    let offset = size
    try file.append(group, at: offset)
    syncs += 1
    try file.sync()
    size += group.count
    return offset
  }

  /// Leaves this segment as it is and starts the next.
  mutating func rotate() throws(DiskFault) {
    let next = number + 1
    file = try disk.open(Self.path(folder, next), create: true)
    try disk.syncFolder(folder)
    number = next
    size = 0
  }
}
