import Storing

/// A disk that tells a test of every call before it takes effect, and does what the test says
/// with it.
struct WatchedDisk: Disk {
  /// What becomes of a call.
  enum Verdict: Sendable {
    case pass
    /// It says that it was done, and does nothing: only for calls without a value.
    case ignore
    case fail(Int32)
  }

  private let inner: any Disk
  private let judge: @Sendable (DiskCall, String) -> Verdict

  init(
    _ inner: any Disk, _ judge: @escaping @Sendable (DiskCall, String) -> Verdict
  ) {
    self.inner = inner
    self.judge = judge
  }

  /// Runs the call unless it is to be ignored.
  fileprivate func perform(
    _ call: DiskCall, _ path: String, _ work: () throws(DiskFault) -> Void
  ) throws(DiskFault) {
    switch judge(call, path) {
    case .pass: try work()
    case .ignore: break
    case .fail(let number): throw DiskFault("\(call)", path, number)
    }
  }

  func open(_ path: String, create: Bool) throws(DiskFault) -> any DiskFile {
    try perform(.open, path) {}
    return WatchedFile(inner: try inner.open(path, create: create), disk: self)
  }

  func list(_ folder: String) throws(DiskFault) -> [String] {
    try perform(.list, folder) {}
    return try inner.list(folder)
  }

  func makeFolder(_ path: String) throws(DiskFault) {
    try perform(.makeFolder, path) { () throws(DiskFault) in try inner.makeFolder(path) }
  }

  func rename(_ path: String, to target: String) throws(DiskFault) {
    try perform(.rename, path) { () throws(DiskFault) in try inner.rename(path, to: target) }
  }

  func remove(_ path: String) throws(DiskFault) {
    try perform(.remove, path) { () throws(DiskFault) in try inner.remove(path) }
  }

  func syncFolder(_ path: String) throws(DiskFault) {
    try perform(.syncFolder, path) { () throws(DiskFault) in try inner.syncFolder(path) }
  }

  func duplicate(_ path: String, to target: String) throws(DiskFault) -> Bool {
    try inner.duplicate(path, to: target)
  }

  func space(of folder: String) throws(DiskFault) -> (free: Int, total: Int) {
    try inner.space(of: folder)
  }

  func lock(_ path: String) throws(DiskFault) -> (any Sendable)? { try inner.lock(path) }

  func databasePath(_ path: String) -> String { inner.databasePath(path) }
}

/// A file of a watched disk.
private struct WatchedFile: DiskFile {
  let inner: any DiskFile
  let disk: WatchedDisk

  var path: String { inner.path }

  func size() throws(DiskFault) -> Int { try inner.size() }

  func append(_ bytes: [UInt8], at offset: Int) throws(DiskFault) {
    try disk.perform(.append, path) { () throws(DiskFault) in
      try inner.append(bytes, at: offset)
    }
  }

  func read(at offset: Int, count: Int) throws(DiskFault) -> [UInt8] {
    try disk.perform(.read, path) {}
    return try inner.read(at: offset, count: count)
  }

  func truncate(to size: Int) throws(DiskFault) {
    try disk.perform(.truncate, path) { () throws(DiskFault) in try inner.truncate(to: size) }
  }

  func sync() throws(DiskFault) {
    try disk.perform(.sync, path) { () throws(DiskFault) in try inner.sync() }
  }
}
