import Foundation

/// Writing for people: colour only on a terminal, control characters made visible.
enum Terminal {
  static let isTerminal = isatty(STDOUT_FILENO) == 1

  /// Colour is off for pipes and with NO_COLOR (no-color.org); lines are cut to the width only
  /// where there is a terminal to wrap them.
  static let style: Style = {
    let environment = ProcessInfo.processInfo.environment
    let hasColor =
      isTerminal && environment["NO_COLOR", default: ""].isEmpty && environment["TERM"] != "dumb"
    return Style(hasColor: hasColor, width: isTerminal ? width : nil)
  }()

  /// Columns: the terminal's own word, else COLUMNS, else 80.
  private static var width: Int {
    var size = winsize()
    if ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 {
      return Int(size.ws_col)
    }
    let stated = Int(ProcessInfo.processInfo.environment["COLUMNS"] ?? "") ?? 0
    return (20...10_000).contains(stated) ? stated : 80
  }

  static func line(_ text: String) {
    write(Array((text + "\n").utf8))
  }

  /// Writes what is for a program: to a pipe or file as it is, to a terminal so that it cannot
  /// steer it.
  static func raw(_ bytes: [UInt8]) {
    guard isTerminal else { return write(bytes) }
    write(Array(VisibleText.whole(String(decoding: bytes, as: UTF8.self)).utf8))
  }

  static func write(_ bytes: [UInt8]) {
    guard !write(bytes, to: STDOUT_FILENO) else { return }
    // A reader that went away (head, less) ends the command without a word.
    if errno == EPIPE { exit(0) }
    fail("cannot write the answer: \(String(cString: strerror(errno)))")
    exit(1)
  }

  static func fail(_ text: String) {
    note("plimsoll: \(text)\n")
  }

  /// Writes to standard error as it is.
  static func note(_ text: String) {
    _ = write(Array(text.utf8), to: STDERR_FILENO)
  }

  private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    // The C library wants an address; the buffer outlives the call.
    bytes.withUnsafeBytes { buffer in
      var sent = 0
      while sent < buffer.count {
        let count = Foundation.write(
          descriptor, buffer.baseAddress?.advanced(by: sent), buffer.count - sent)
        if count < 0, errno == EINTR { continue }
        if count < 0, errno == EAGAIN {
          // Somebody made the terminal non-blocking: wait until it takes more.
          var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
          _ = poll(&waiting, 1, -1)
          continue
        }
        guard count > 0 else { return false }
        sent += count
      }
      return true
    }
  }

  /// All of standard input, at most so many bytes; nil when it is a terminal, longer, or cannot be
  /// read.
  static func input(atMost limit: Int) -> [UInt8]? {
    guard isatty(STDIN_FILENO) == 0 else { return nil }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count <= limit {
      let count = read(STDIN_FILENO, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { return nil }
      if count == 0 { return bytes }
      bytes += buffer[..<count]
    }
    return nil
  }

  static func paint(_ text: String, _ color: Style.Color) -> String {
    style.paint(text, color)
  }

  /// Ends the command without a word, and with success, when it is interrupted.
  static func endQuietlyWhenInterrupted() {
    // Nothing else is safe to call where a signal finds the process.
    signal(SIGINT) { _ in _exit(0) }
  }
}
