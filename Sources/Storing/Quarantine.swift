/// Where copies of what cannot be read are kept.
struct Quarantine {
  private let disk: any Disk
  private let folder: String

  /// Below the data folder.
  init(_ disk: any Disk, _ folder: String) {
    self.disk = disk
    self.folder = folder + "/quarantine"
  }

  /// Keeps a copy under a name of ours; one that is there already is enough.
  func keep(_ bytes: [UInt8], as name: String) throws(DiskFault) {
    try disk.makeFolder(folder)
    let copy = try disk.open(folder + "/" + name, create: true)
    guard try copy.size() != bytes.count else { return }
    try copy.truncate(to: 0)
    try copy.append(bytes, at: 0)
    try copy.sync()
    try disk.syncFolder(folder)
  }
}
