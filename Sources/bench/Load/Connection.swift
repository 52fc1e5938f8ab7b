import Foundation

/// A keep-alive HTTP/1.1 connection to a port of this machine, over a bare socket: whatever the
/// load costs is taken from the server it measures, so it does next to nothing.
struct Connection: ~Copyable {
  /// An answer's status and body.
  struct Answer: Sendable {
    let status: Int
    let body: String
  }

  private let socket: Int32
  private var buffer: [UInt8] = []
  /// Where the last answer's body lies in the buffer.
  private var body = 0..<0

  /// Throws when nothing listens there.
  init(port: Int) throws {
    socket = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = LoopbackAddress.of(UInt16(truncatingIfNeeded: port))
    // The pointers are used during the calls only.
    let connected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard connected == 0 else {
      close(socket)
      throw BenchFault("nothing listens on port \(port)")
    }
    var on: Int32 = 1
    setsockopt(
      socket, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
  }

  deinit {
    close(socket)
  }

  /// A request's head. `fields` are whole header lines without their ends.
  static func head(_ method: String, _ path: String, _ fields: [String], length: Int) -> [UInt8] {
    let lines =
      ["\(method) \(path) HTTP/1.1", "Host: 127.0.0.1", "Content-Length: \(length)"] + fields
    return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
  }

  /// Sends a request without a body, or with a small one, and returns the answer.
  mutating func ask(
    _ method: String, _ path: String, _ fields: [String] = [], body: String = ""
  ) throws -> Answer {
    let status = try exchange(method, path, fields, body: body)
    return Answer(status: status, body: text)
  }

  /// The same, but leaves the answer's body where it is: only its status is returned.
  mutating func exchange(
    _ method: String, _ path: String, _ fields: [String] = [], body: String = ""
  ) throws -> Int {
    let bytes = Array(body.utf8)
    try send(Self.head(method, path, fields, length: bytes.count) + bytes)
    return try receive()
  }

  /// The last answer's body.
  var text: String { String(decoding: buffer[body], as: UTF8.self) }

  /// Sends a head and a body that lies elsewhere, and returns the answer.
  mutating func post(_ head: [UInt8], _ body: UnsafeRawBufferPointer) throws -> Answer {
    try send(head)
    try send(body)
    let status = try receive()
    return Answer(status: status, body: text)
  }

  private func send(_ bytes: [UInt8]) throws {
    // Lent for the call.
    try bytes.withUnsafeBytes { try send($0) }
  }

  private func send(_ bytes: UnsafeRawBufferPointer) throws {
    var sent = 0
    while sent < bytes.count {
      let count = Foundation.send(
        socket, bytes.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL))
      guard count > 0 else { throw BenchFault("the server closed the connection") }
      sent += count
    }
  }

  /// Reads an answer; its status.
  private mutating func receive() throws -> Int {
    buffer.removeAll(keepingCapacity: true)
    let start = try receiveHead()
    let head = String(decoding: buffer[..<start], as: UTF8.self).split(separator: "\r\n")
    let words = head.first?.split(separator: " ") ?? []
    guard words.count > 1, let status = Int(words[1]) else {
      throw BenchFault("the server does not answer in HTTP")
    }
    body = start..<start
    if status == 204 || status == 304 { return status }
    if head.contains(where: { $0.lowercased() == "transfer-encoding: chunked" }) {
      body = start..<(try receiveChunks(from: start))
      return status
    }
    body = start..<(start + Self.length(in: head))
    while buffer.count < body.upperBound { try receiveMore() }
    return status
  }

  /// Reads a body in chunks, each behind its size in a line of its own (RFC 9112, 7.1), and moves
  /// them together; where the body ends.
  private mutating func receiveChunks(from start: Int) throws -> Int {
    var end = start
    var place = start
    while true {
      var line = place
      while line + 1 >= buffer.count || buffer[line] != 13 || buffer[line + 1] != 10 {
        if line + 1 >= buffer.count { try receiveMore() } else { line += 1 }
      }
      let text = String(decoding: buffer[place..<line], as: UTF8.self)
      guard let size = Int(text.prefix { $0 != ";" }, radix: 16), size >= 0 else {
        throw BenchFault("the server sends a chunk without a size")
      }
      let chunk = line + 2
      while buffer.count < chunk + size + 2 { try receiveMore() }
      // Both places lie in the buffer: it was filled so far in the line above.
      buffer.withUnsafeMutableBytes { bytes in
        guard let base = bytes.baseAddress else { return }
        memmove(base + end, base + chunk, size)
      }
      end += size
      place = chunk + size + 2
      if size == 0 { return end }
    }
  }

  /// Reads until the empty line; the place behind it.
  private mutating func receiveHead() throws -> Int {
    while true {
      if let end = buffer.firstRange(of: [13, 10, 13, 10]) { return end.upperBound }
      try receiveMore()
    }
  }

  private mutating func receiveMore() throws {
    let size = buffer.count
    let room = 262_144
    buffer.append(contentsOf: repeatElement(0, count: room))
    // The room was made in the line above.
    let count = buffer.withUnsafeMutableBytes {
      recv(socket, $0.baseAddress?.advanced(by: size), room, 0)
    }
    buffer.removeLast(room - max(0, count))
    guard count > 0 else { throw BenchFault("the server closed the connection") }
  }

  private static func length(in head: [Substring]) -> Int {
    for line in head where line.lowercased().hasPrefix("content-length:") {
      return Int(line.drop { $0 != ":" }.dropFirst().trimmingCharacters(in: .whitespaces)) ?? 0
    }
    return 0
  }
}

/// Addresses of 127.0.0.1.
enum LoopbackAddress {
  static func of(_ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
  }

  /// A port that nothing listened on a moment ago.
  static func freePort() throws -> Int {
    let probe = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(probe) }
    var address = of(0)
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    // The pointers are used during the calls only.
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(probe, $0, size) == 0 && getsockname(probe, $0, &size) == 0
      }
    }
    guard isBound else { throw BenchFault("there is no free port") }
    return Int(address.sin_port.bigEndian)
  }
}
