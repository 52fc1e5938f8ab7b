import Foundation

/// What the server says of itself to whoever started it: lines on standard error.
enum Console {
  static func report(_ lines: [String]) {
    for line in lines {
      let bytes = Array("plimsoll: \(line)\n".utf8)
      _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
  }
}
