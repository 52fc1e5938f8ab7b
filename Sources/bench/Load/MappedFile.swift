import Foundation

/// A file in memory without a copy: requests are written to the socket from the page cache.
/// Read-only from its making to its end, and unmapped when the last user of it goes.
final class MappedFile: Sendable {
  // Nothing writes to the mapping, so threads may share it.
  nonisolated(unsafe) let bytes: UnsafeRawBufferPointer
  let path: String

  /// Throws when the file cannot be read or is empty.
  init(_ path: String) throws {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      throw BenchFault("cannot read \(path): \(String(cString: strerror(errno)))")
    }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0, status.st_size > 0,
      let start = mmap(nil, Int(status.st_size), PROT_READ, MAP_SHARED, file, 0),
      start != MAP_FAILED
    else { throw BenchFault("\(path) is empty or cannot be mapped") }
    self.path = path
    bytes = UnsafeRawBufferPointer(start: start, count: Int(status.st_size))
  }

  deinit {
    munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
  }

  /// A copy of some of it.
  func copy(_ range: Range<Int>) -> [UInt8] { Array(bytes[range]) }
}
