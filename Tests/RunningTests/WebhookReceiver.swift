import Foundation
import Support
import Synchronization

/// An HTTP server on loopback that keeps the bodies it is sent.
final class WebhookReceiver: Sendable {
  let port: Int
  private let descriptor: Int32
  private let bodies = Mutex<[String]>([])

  /// Answers its first requests with these statuses, all later ones with 200.
  init(firstStatuses: [Int] = []) throws {
    let opened = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    descriptor = opened
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(opened, $0, length) == 0 && listen(opened, 16) == 0
          && getsockname(opened, $0, &length) == 0
      }
    }
    guard bound else { throw ServerProcess.Failure("no port for the receiver") }
    port = Int(UInt16(bigEndian: address.sin_port))
    Thread.detachNewThread { [weak self] in
      var statuses = firstStatuses
      while true {
        let connection = accept(opened, nil, nil)
        guard connection >= 0 else { return }
        let status = statuses.isEmpty ? 200 : statuses.removeFirst()
        let body = Self.answer(connection, status)
        if status == 200 { self?.bodies.withLock { $0.append(body) } }
        close(connection)
      }
    }
  }

  deinit {
    shutdown(descriptor, Int32(SHUT_RDWR))
    close(descriptor)
  }

  var received: [String] { bodies.withLock { $0 } }

  /// Reads one request, answers it, and returns its body.
  private static func answer(_ connection: Int32, _ status: Int) -> String {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let text = String(decoding: bytes, as: UTF8.self)
      if let end = text.range(of: "\r\n\r\n") {
        let head = text[..<end.lowerBound].lowercased()
        let length =
          head.split(separator: "\r\n").first { $0.hasPrefix("content-length:") }
          .flatMap { Int($0.split(separator: ":")[1].trimmingCharacters(in: .whitespaces)) } ?? 0
        if text.utf8.distance(from: end.upperBound, to: text.endIndex) >= length {
          let reply = "HTTP/1.1 \(status) X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
          _ = Array(reply.utf8).withUnsafeBytes { write(connection, $0.baseAddress, $0.count) }
          return String(text[end.upperBound...])
        }
      }
      let count = read(connection, &chunk, chunk.count)
      guard count > 0 else { return "" }
      bytes += chunk[..<count]
    }
  }
}
