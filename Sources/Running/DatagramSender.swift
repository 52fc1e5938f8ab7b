import Glibc

/// A UDP socket that sends to one address on this machine.
final class DatagramSender: Sendable {
  private let descriptor: Int32

  /// Throws a sentence when the socket cannot be made.
  init(host: String, port: Int) throws(CallFailure) {
    descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
    let known = inet_pton(AF_INET, host == "localhost" ? "127.0.0.1" : host, &address.sin_addr)
    let connected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard descriptor >= 0, known == 1, connected == 0 else {
      throw CallFailure(description: "cannot send to udp \(host):\(port)")
    }
  }

  deinit {
    close(descriptor)
  }

  /// Sends one datagram; false when the kernel refused it.
  @discardableResult
  func send(_ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, 0) } == bytes.count
  }
}
