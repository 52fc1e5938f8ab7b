/// Finds out, at a start, which block files count. The catalogue is believed where it fits the
/// files; otherwise a file says itself what it holds and whom it replaces.
struct BlockFileFinding {
  private let disk: any Disk
  private let folder: String
  private let damage: DamageBook
  /// The highest number that any file has, or says that another had.
  private(set) var lastFile = 0
  /// Paths of files that could not be read now.
  private(set) var unreadable: [String] = []

  init(_ disk: any Disk, _ folder: String, _ damage: DamageBook) {
    self.disk = disk
    self.folder = folder
    self.damage = damage
  }

  /// The files that count, by number.
  mutating func run(known: [Int: Catalogue.File]) throws(DiskFault) -> [Catalogue.File] {
    var found: [Int: Catalogue.File] = [:]
    var fresh: [Catalogue.File] = []
    for name in try disk.list(folder) {
      // A draft was never finished, so the segments or files it was made of are still there.
      if BlockFileWriter.number(of: name, suffix: ".draft") != nil {
        try? disk.remove(folder + "/" + name)
      }
      guard let number = BlockFileWriter.number(of: name) else { continue }
      lastFile = max(lastFile, number)
      guard let file = look(number, known[number]) else { continue }
      found[number] = file
      if known[number] == nil { fresh.append(file) }
    }
    for number in known.keys where found[number] == nil { reportLost(known[number]) }
    // The sync of the folder or the catalogue may not have ended: what replaces must be durable
    // before what it replaces goes.
    if !fresh.isEmpty { try? disk.syncFolder(folder) }
    // A damaged file replaces nothing.
    for number in found.values.flatMap(\.directory.replaced) {
      lastFile = max(lastFile, number)
      if found.removeValue(forKey: number) != nil {
        try? disk.remove(BlockFileWriter.path(folder, number))
      }
    }
    return found.values.sorted { $0.number < $1.number }
  }

  private mutating func look(_ number: Int, _ known: Catalogue.File?) -> Catalogue.File? {
    let file = StoredFile(BlockFileWriter.path(folder, number), number: number, on: disk)
    do throws(DiskFault) {
      let size = try file.size()
      if let known, known.size == size { return known }
      if let directory = try BlockDirectory.read(file, size: size) {
        return Catalogue.File(number: number, size: size, directory: directory)
      }
    } catch {
      // Counted below; the next start tries again.
    }
    // What the catalogue knows of it may still be read block by block.
    damage.note(regions: 1)
    unreadable.append(file.path)
    return known
  }

  private func reportLost(_ file: Catalogue.File?) {
    guard let file else { return }
    let lost = StoredFile(BlockFileWriter.path(folder, file.number), number: file.number, on: disk)
    for head in file.directory.blocks { damage.note(BlockEntry(head: head, file: lost)) }
  }
}
