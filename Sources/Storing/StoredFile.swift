import Synchronization

/// A file of the store that readers share. It opens when it is first read, and one that is doomed
/// goes when the last who may still read it has let go of it.
final class StoredFile: Sendable {
  let number: Int
  let path: String
  private let disk: any Disk
  private let opened = Mutex<(any DiskFile)?>(nil)
  private let isDoomed = Atomic(false)

  init(_ path: String, number: Int, on disk: any Disk) {
    self.path = path
    self.number = number
    self.disk = disk
  }

  deinit {
    // Best effort: a start finds a file that is still there, and removes it.
    if isDoomed.load(ordering: .relaxed) { try? disk.remove(path) }
  }

  /// Lets the file go with its last reader. What the catalogue says must not need it any more.
  func doom() {
    isDoomed.store(true, ordering: .relaxed)
  }

  /// Exactly `count` bytes, or fewer at the end of the file.
  func read(at offset: Int, count: Int) throws(DiskFault) -> [UInt8] {
    try open().read(at: offset, count: count)
  }

  /// Its size now, in bytes.
  func size() throws(DiskFault) -> Int {
    try open().size()
  }

  /// Gives its descriptor back until it is read again.
  func rest() {
    opened.withLock { $0 = nil }
  }

  private func open() throws(DiskFault) -> any DiskFile {
    let file: Result<any DiskFile, DiskFault> = opened.withLock { opened in
      if let file = opened { return .success(file) }
      do throws(DiskFault) {
        let file = try disk.open(path, create: false)
        opened = file
        return .success(file)
      } catch {
        return .failure(error)
      }
    }
    return try file.get()
  }
}
