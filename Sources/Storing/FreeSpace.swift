/// How much of the disk stays free. Below it rows are refused before a write can fail half-way, and
/// taken again as soon as there is room; what reads, watches and compacts goes on.
struct FreeSpace: Sendable {
  /// A twentieth of the disk, and never more than this unless the settings ask for it.
  private static let mostByDefault = 1 << 30
  private static let share = 20

  private let disk: any Disk
  private let folder: String
  private let minimum: Int?

  /// `minimum` is in bytes; nil takes a twentieth of the disk, at most 1 GiB.
  init(_ disk: any Disk, _ folder: String, minimum: Int?) {
    self.disk = disk
    self.folder = folder
    self.minimum = minimum
  }

  /// Throws `full` when too little is free. A disk that does not tell is asked by writing to it.
  func check() throws(StoreFault) {
    guard let space = try? disk.space(of: folder) else { return }
    let least = minimum ?? min(space.total / Self.share, Self.mostByDefault)
    if space.free < least { throw .full }
  }
}
