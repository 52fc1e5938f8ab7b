import Foundation
import Support

/// A websocket as a reader holds it (RFC 6455), over a plain socket: just enough to see what the
/// server sends.
final class WebSocketReader {
  private let descriptor: Int32
  private var bytes: [UInt8] = []

  /// One frame.
  struct Frame {
    let opcode: UInt8
    let body: [UInt8]
    var text: String { String(decoding: body, as: UTF8.self) }
  }

  /// Connects, and sends `head` behind a request line for `target`.
  init(_ server: ServerProcess, _ target: String, headers: [String]) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var timeout = timeval(tv_sec: 30, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(UInt16(server.ports["http"] ?? 0)).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let connected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard connected == 0 else { throw ServerProcess.Failure("not connected") }
    let lines = ["GET \(target) HTTP/1.1", "Host: 127.0.0.1"] + headers
    send(Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8))
  }

  deinit {
    close(descriptor)
  }

  /// The headers of a handshake.
  static let handshake = [
    "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  ]

  func send(_ bytes: [UInt8]) {
    _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
  }

  /// Sends a frame, masked as a client's must be.
  func send(opcode: UInt8, _ body: [UInt8] = []) {
    send([0x80 | opcode, 0x80 | UInt8(body.count), 0, 0, 0, 0] + body)
  }

  /// The answer's head, up to the blank line.
  func head() throws -> String {
    let end = Array("\r\n\r\n".utf8)
    while true {
      if let index = bytes.indices.first(where: { bytes[$0...].starts(with: end) }) {
        let text = String(decoding: bytes[..<index], as: UTF8.self)
        bytes.removeFirst(index + 4)
        return text
      }
      try more()
    }
  }

  /// What comes until the server closes.
  func rest() -> String {
    while (try? more()) != nil {}
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The next frame; pings come when they like and are passed over.
  func frame() throws -> Frame {
    while true {
      if let frame = cut() {
        if frame.opcode == 9 { continue }
        return frame
      }
      try more()
    }
  }

  private func cut() -> Frame? {
    guard bytes.count >= 2 else { return nil }
    var length = Int(bytes[1] & 127)
    var start = 2
    let extra = length == 126 ? 2 : length == 127 ? 8 : 0
    if extra > 0 {
      guard bytes.count >= 2 + extra else { return nil }
      length = bytes[2..<(2 + extra)].reduce(0) { $0 << 8 | Int($1) }
      start += extra
    }
    guard bytes.count >= start + length else { return nil }
    let frame = Frame(opcode: bytes[0] & 15, body: Array(bytes[start..<(start + length)]))
    bytes.removeFirst(start + length)
    return frame
  }

  private func more() throws {
    var part = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &part, part.count, 0)
    guard count > 0 else { throw ServerProcess.Failure("the connection ended") }
    bytes += part[..<count]
  }
}
