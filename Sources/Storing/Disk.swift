import Glibc

/// Why a file operation failed: the operation, the path, the error number of the system.
package struct DiskFault: Error, Sendable, Equatable, CustomStringConvertible {
  package let operation: String
  package let path: String
  /// The system's error number.
  package let number: Int32

  package init(_ operation: String, _ path: String, _ number: Int32) {
    self.operation = operation
    self.path = path
    self.number = number
  }

  /// No space or no quota left.
  package var isFull: Bool { number == ENOSPC || number == EDQUOT }

  package var description: String {
    "\(operation) \(path): \(SystemError.text(number))"
  }
}

/// The one way to files: everything the store keeps goes through it, and tests put faults, crashes
/// and memory behind it. Paths are made of our own names only; no input byte becomes part of one.
package protocol Disk: Sendable {
  /// Opens a plain file for reading and appending; anything else of that name is refused.
  func open(_ path: String, create: Bool) throws(DiskFault) -> any DiskFile
  /// The names in a folder, sorted; empty when the folder is not there.
  func list(_ folder: String) throws(DiskFault) -> [String]
  /// Makes a folder that is not there yet; its parent must be.
  func makeFolder(_ path: String) throws(DiskFault)
  func rename(_ path: String, to target: String) throws(DiskFault)
  func remove(_ path: String) throws(DiskFault)
  /// Bytes that are free to us, and all, of the file system a folder is in.
  func space(of folder: String) throws(DiskFault) -> (free: Int, total: Int)
  /// Makes `target` hold the same bytes as `path`, durable once its folder is synced: a second name
  /// of the file (true), or a copy where that cannot be (false). Only for files that never change.
  func duplicate(_ path: String, to target: String) throws(DiskFault) -> Bool
  /// Makes created, renamed and removed names of a folder durable.
  func syncFolder(_ path: String) throws(DiskFault)
  /// Takes the folder for this process until the returned value goes; nil when another has it.
  func lock(_ path: String) throws(DiskFault) -> (any Sendable)?
  /// Where SQLite keeps a database of this name: a path, or `:memory:`.
  func databasePath(_ path: String) -> String
}

/// An open file.
package protocol DiskFile: Sendable {
  var path: String { get }
  func size() throws(DiskFault) -> Int
  /// Writes all of it at the end, or throws; how much of it was written then is unknown.
  func append(_ bytes: [UInt8], at offset: Int) throws(DiskFault)
  /// Exactly `count` bytes, or fewer at the end of the file.
  func read(at offset: Int, count: Int) throws(DiskFault) -> [UInt8]
  func truncate(to size: Int) throws(DiskFault)
  /// Returns once everything appended is durable (fdatasync).
  func sync() throws(DiskFault)
}

/// What the store does with paths.
enum DiskPath {
  /// The folder something is in.
  static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
