import Bytes
import Foundation
import Receiving
import Synchronization
import Testing

@Suite struct UDPReceiverTests {
  private final class Collector: DatagramConsumer {
    let lengths = Mutex<[Int]>([])
    let ended = DispatchSemaphore(value: 0)

    func receive(_ datagram: borrowing Datagram) {
      let count = datagram.bytes.count
      lengths.withLock { $0.append(count) }
    }

    func roundEnded() {}

    func stopped() { ended.signal() }
  }

  @Test func everyDatagramIsReadAlsoAfterStop() async throws {
    let receiver = try UDPReceiver(host: "127.0.0.1", port: 0)
    #expect(receiver.port > 0)
    let sender = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    defer { close(sender) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(UInt16(receiver.port)).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let sizes = [0, 1, 300, 65_507] + Array(repeating: 100, count: 200)
    for size in sizes {
      let bytes = [UInt8](repeating: 120, count: size)
      let sent = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          sendto(sender, bytes, size, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      #expect(sent == size)
    }
    let collector = Collector()
    receiver.stop()
    Thread.detachNewThread { receiver.run(collector) }
    await withCheckedContinuation { done in
      Thread.detachNewThread {
        collector.ended.wait()
        done.resume()
      }
    }
    #expect(collector.lengths.withLock { $0 } == sizes)
    #expect(receiver.kernelDrops == 0)
  }

  @Test func whatCannotBeBoundSaysWhy() throws {
    let first = try UDPReceiver(host: "127.0.0.1", port: 0)
    #expect(throws: ReceiverFault.self) {
      try UDPReceiver(host: "127.0.0.1", port: UInt16(first.port))
    }
    #expect(throws: ReceiverFault.self) { try UDPReceiver(host: "not an address", port: 0) }
  }
}
