import Glibc

/// Texts of the system's error numbers.
enum SystemError {
  static func text(_ number: Int32) -> String {
    guard let text = strerror(number) else { return "error \(number)" }
    return String(cString: text)
  }
}

/// Calls again while a signal interrupts.
private func repeating(_ call: () -> Int32) -> Int32 {
  while true {
    let result = call()
    if result != -1 || errno != EINTR { return result }
  }
}

/// The machine's file system, over raw system calls: short writes are continued, interrupted calls
/// repeated, failures typed.
package struct SystemDisk: Disk {
  package init() {}

  package func open(_ path: String, create: Bool) throws(DiskFault) -> any DiskFile {
    // O_NONBLOCK, because opening a pipe would wait for its other end; plain files ignore it.
    let flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | (create ? O_CREAT : 0)
    let descriptor = repeating { Glibc.open(path, flags, 0o640) }
    guard descriptor >= 0 else { throw DiskFault("open", path, errno) }
    let file = SystemFile(path: path, descriptor: descriptor)
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw DiskFault("open", path, EINVAL)
    }
    return file
  }

  package func list(_ folder: String) throws(DiskFault) -> [String] {
    guard let stream = opendir(folder) else {
      if errno == ENOENT { return [] }
      throw DiskFault("list", folder, errno)
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        // The kernel ends every name with NUL inside the array.
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  package func makeFolder(_ path: String) throws(DiskFault) {
    guard mkdir(path, 0o750) == 0 || errno == EEXIST else {
      throw DiskFault("make folder", path, errno)
    }
  }

  package func rename(_ path: String, to target: String) throws(DiskFault) {
    guard Glibc.rename(path, target) == 0 else { throw DiskFault("rename", path, errno) }
  }

  package func remove(_ path: String) throws(DiskFault) {
    guard unlink(path) == 0 || errno == ENOENT else { throw DiskFault("remove", path, errno) }
  }

  package func space(of folder: String) throws(DiskFault) -> (free: Int, total: Int) {
    var figures = statvfs()
    guard repeating({ statvfs(folder, &figures) }) == 0 else {
      throw DiskFault("statvfs", folder, errno)
    }
    // Sizes of real file systems are far below what 63 bits hold; others count as endless.
    func bytes(_ blocks: UInt) -> Int {
      let (product, isTooLarge) = UInt(figures.f_frsize).multipliedReportingOverflow(by: blocks)
      return isTooLarge ? .max : Int(clamping: product)
    }
    return (bytes(UInt(figures.f_bavail)), bytes(UInt(figures.f_blocks)))
  }

  package func duplicate(_ path: String, to target: String) throws(DiskFault) -> Bool {
    if link(path, target) == 0 { return true }
    guard errno == EXDEV || errno == EPERM || errno == EMLINK || errno == EOPNOTSUPP else {
      throw DiskFault("link", target, errno)
    }
    let source = try open(path, create: false)
    let copy = try open(target, create: true)
    try copy.truncate(to: 0)
    let size = try source.size()
    var offset = 0
    while offset < size {
      let bytes = try source.read(at: offset, count: min(4 << 20, size - offset))
      guard !bytes.isEmpty else { throw DiskFault("read", path, EIO) }
      try copy.append(bytes, at: offset)
      offset += bytes.count
    }
    try copy.sync()
    return false
  }

  package func syncFolder(_ path: String) throws(DiskFault) {
    let descriptor = repeating { Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    guard descriptor >= 0 else { throw DiskFault("open folder", path, errno) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw DiskFault("sync folder", path, errno) }
  }

  package func lock(_ path: String) throws(DiskFault) -> (any Sendable)? {
    let flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW
    let descriptor = repeating { Glibc.open(path, flags, 0o640) }
    guard descriptor >= 0 else { throw DiskFault("open", path, errno) }
    let file = SystemFile(path: path, descriptor: descriptor)
    guard repeating({ flock(descriptor, LOCK_EX | LOCK_NB) }) == 0 else {
      if errno == EWOULDBLOCK { return nil }
      throw DiskFault("lock", path, errno)
    }
    return file
  }

  package func databasePath(_ path: String) -> String { path }
}

/// A descriptor that closes itself.
private final class SystemFile: DiskFile {
  let path: String
  private let descriptor: Int32

  init(path: String, descriptor: Int32) {
    self.path = path
    self.descriptor = descriptor
  }

  deinit {
    close(descriptor)
  }

  func size() throws(DiskFault) -> Int {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw DiskFault("stat", path, errno) }
    return Int(status.st_size)
  }

  func append(_ bytes: [UInt8], at offset: Int) throws(DiskFault) {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        pwrite(
          descriptor, buffer.baseAddress?.advanced(by: written), buffer.count - written,
          off_t(offset + written))
      }
      if count > 0 {
        written += count
      } else if count < 0, errno != EINTR {
        throw DiskFault("write", path, errno)
      } else if count == 0 {
        throw DiskFault("write", path, EIO)
      }
    }
  }

  func read(at offset: Int, count: Int) throws(DiskFault) -> [UInt8] {
    guard offset >= 0, count > 0 else { return [] }
    var bytes = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      // At most what is left of the buffer.
      let got = bytes.withUnsafeMutableBytes { buffer in
        pread(
          descriptor, buffer.baseAddress?.advanced(by: filled), count - filled,
          off_t(offset + filled))
      }
      if got == 0 { break }
      if got > 0 {
        filled += got
      } else if errno != EINTR {
        throw DiskFault("read", path, errno)
      }
    }
    if filled < count { bytes.removeLast(count - filled) }
    return bytes
  }

  func truncate(to size: Int) throws(DiskFault) {
    guard repeating({ ftruncate(descriptor, off_t(size)) }) == 0 else {
      throw DiskFault("truncate", path, errno)
    }
  }

  func sync() throws(DiskFault) {
    // Never repeated: after a failure the kernel may have dropped the pages and say yes next time.
    guard fdatasync(descriptor) == 0 else { throw DiskFault("fdatasync", path, errno) }
  }
}
