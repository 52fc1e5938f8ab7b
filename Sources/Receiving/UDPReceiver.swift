import CSockets
import Glibc
import Synchronization

/// Why a listener could not be opened.
package struct ReceiverFault: Error, CustomStringConvertible {
  package let description: String
}

/// One datagram, lent for the time of the call.
package struct Datagram: ~Escapable {
  package let bytes: Span<UInt8>
  /// Tells senders (address and port) apart.
  package let sender: UInt64

  @_lifetime(copy bytes)
  init(bytes: Span<UInt8>, sender: UInt64) {
    self.bytes = bytes
    self.sender = sender
  }
}

/// What is done with datagrams. All calls come from the receiver's one thread.
package protocol DatagramConsumer: AnyObject, Sendable {
  func receive(_ datagram: borrowing Datagram)
  /// After each round of datagrams, and at least ten times a second.
  func roundEnded()
  /// After the last round.
  func stopped()
}

/// A UDP socket with a thread of its own that reads it with recvmmsg: opened apart from its use,
/// so that a supervisor can hold it later.
package final class UDPReceiver: Sendable {
  /// Datagrams read by one system call.
  private static let slots = 64
  /// The largest UDP payload over IPv4 is 65,507 bytes.
  private static let slotBytes = 65_536
  /// Asked of the kernel, which grants twice as much and takes it only while datagrams queue up,
  /// 768 bytes for one of 300: about 0.8 s of 100,000 a second, should the machine stand still so
  /// long. Without CAP_NET_ADMIN it grants no more than net.core.rmem_max.
  private static let bufferBytes = 32 << 20
  private static let timeoutMilliseconds: Int32 = 100

  package let host: String
  package let port: Int
  private let descriptor: Int32
  private let isStopping = Atomic(false)
  private let hasStopped = Mutex(true)

  /// Binds the socket; port 0 picks a free one. Throws with a sentence when that fails.
  package init(host: String, port: UInt16) throws(ReceiverFault) {
    let numeric = host == "localhost" ? "127.0.0.1" : host
    let opened = plimsoll_udp_open(
      numeric, port, Int32(Self.bufferBytes), Self.timeoutMilliseconds)
    guard opened >= 0 else {
      throw ReceiverFault(
        description: "cannot listen on udp \(host):\(port): \(String(cString: strerror(-opened)))")
    }
    descriptor = opened
    self.host = numeric
    self.port = Int(plimsoll_udp_port(opened))
  }

  deinit {
    close(descriptor)
  }

  /// Datagrams the kernel dropped at this socket since it was opened.
  package var kernelDrops: Int { Int(max(0, plimsoll_udp_drops(descriptor))) }

  /// Reads until `stop`, on the calling thread.
  package func run(_ consumer: any DatagramConsumer) {
    hasStopped.withLock { $0 = false }
    let storage = UnsafeMutableBufferPointer<UInt8>.allocate(
      capacity: Self.slots * Self.slotBytes)
    defer { storage.deallocate() }
    guard let base = storage.baseAddress else { return }
    var lengths = [Int32](repeating: 0, count: Self.slots)
    var senders = [UInt64](repeating: 0, count: Self.slots)
    while true {
      let count = plimsoll_udp_receive(
        descriptor, base, Int32(Self.slots), Int32(Self.slotBytes), &lengths, &senders)
      for slot in 0..<max(0, Int(count)) {
        // Valid for this round only: the buffer is filled anew by the next call.
        let payload = UnsafeBufferPointer(
          start: base + slot * Self.slotBytes, count: Int(lengths[slot]))
        consumer.receive(Datagram(bytes: payload.span, sender: senders[slot]))
      }
      consumer.roundEnded()
      // What the kernel has queued when we are told to stop is still read.
      if isStopping.load(ordering: .relaxed), count <= 0 { break }
    }
    consumer.stopped()
    hasStopped.withLock { $0 = true }
  }

  /// Lets `run` return once the socket's queue is empty.
  package func stop() {
    isStopping.store(true, ordering: .relaxed)
  }

  package var isStopped: Bool { hasStopped.withLock { $0 } }
}
