import Foundation

/// Generated input, made once for each shape and kept as files.
struct InputCache {
  /// Written to the file at once.
  private static let chunk = 1 << 20

  private let folder: String

  init(_ folder: String) {
    self.folder = folder
  }

  /// The path of the input of that name. Where there is none it is made: `next` appends some more
  /// of it to a buffer, or says that there is no more. Throws when it cannot be written.
  func path(
    _ name: String, making say: (String) -> Void, next: (inout [UInt8]) -> Bool
  ) throws -> String {
    let path = folder + "/" + name
    if FileManager.default.fileExists(atPath: path) { return path }
    say("making \(path)")
    // A name of its own until it is whole, so that a half-made file is never used.
    let part = path + ".\(ProcessInfo.processInfo.processIdentifier).part"
    let file = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw fault(part) }
    defer { close(file) }
    var buffer: [UInt8] = []
    buffer.reserveCapacity(2 * Self.chunk)
    while next(&buffer) {
      if buffer.count >= Self.chunk { try flush(&buffer, file, part) }
    }
    try flush(&buffer, file, part)
    guard rename(part, path) == 0 else { throw fault(path) }
    return path
  }

  private func flush(_ buffer: inout [UInt8], _ file: Int32, _ path: String) throws {
    // Lent for the calls.
    try buffer.withUnsafeBytes { bytes in
      var written = 0
      while written < bytes.count {
        let count = write(file, bytes.baseAddress?.advanced(by: written), bytes.count - written)
        guard count > 0 else { throw fault(path) }
        written += count
      }
    }
    buffer.removeAll(keepingCapacity: true)
  }

  private func fault(_ path: String) -> BenchFault {
    BenchFault("cannot write \(path): \(String(cString: strerror(errno)))")
  }
}
