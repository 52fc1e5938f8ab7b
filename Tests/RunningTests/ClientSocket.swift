import Foundation
import Support

/// A client's end of a TCP connection to a server of ours, closed when the test says so.
struct ClientSocket {
  private let descriptor: Int32

  init(port: Int) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(UInt16(port)).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    // The C library wants the general form of an address; it keeps no pointer.
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard status == 0 else { throw ServerProcess.Failure("cannot connect to \(port)") }
  }

  /// Sends a GET and does not wait for its answer.
  func ask(_ path: String) throws {
    let bytes = Array("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)
    guard send(descriptor, bytes, bytes.count, 0) == bytes.count else {
      throw ServerProcess.Failure("the request was not sent")
    }
  }

  func leave() { close(descriptor) }
}
