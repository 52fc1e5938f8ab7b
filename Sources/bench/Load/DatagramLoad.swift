import Foundation

/// Numbered JSON log rows, one a datagram of 300 bytes.
enum DatagramLoad {
  static let size = 300
  /// Sent without a look at the clock.
  private static let burst = 64
  /// The first number; all have as many digits.
  private static let first = 1_000_000_000

  /// Sends to a port of this machine at a steady rate (a second), or as fast as it goes at 0.
  /// Returns how many the kernel took and the seconds that took. The sender sleeps when it is
  /// early and catches up when it is late.
  static func send(
    _ count: Int, to port: UInt16, rate: Int
  ) throws -> (datagrams: Int, seconds: Double) {
    let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    defer { close(descriptor) }
    var address = LoopbackAddress.of(port)
    // The pointers are used during the calls only.
    let connected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard connected == 0 else { throw BenchFault("cannot send to port \(port)") }
    var row = Row()
    var sent = 0
    let start = Stopwatch.now
    for number in 0..<count {
      if rate > 0, number % burst == 0 {
        let early = Double(number) / Double(rate) - (Stopwatch.now - start)
        if early > 0 { Stopwatch.pause(early) }
      }
      row.number(first + number, tenant: number % 50)
      let taken = row.bytes.withUnsafeBytes {
        Foundation.send(descriptor, $0.baseAddress, $0.count, 0)
      }
      if taken == size { sent += 1 }
    }
    return (sent, Stopwatch.now - start)
  }

  /// The one row, whose digits are changed in place.
  private struct Row {
    private(set) var bytes: [UInt8]
    private let tenantEnd: Int
    private let numberEnd: Int

    init() {
      var text = #"{"level":"INFO","tenant":"t00"#
      tenantEnd = text.utf8.count
      text += #"","release":"17.0.42.0","service":"udp","n":1000000000"#
      numberEnd = text.utf8.count
      text += #","message":"transfer validated, stock moved to output "#
      let filler = size - text.utf8.count - 2
      bytes = Array((text + String(repeating: "x", count: filler) + #""}"#).utf8)
    }

    mutating func number(_ number: Int, tenant: Int) {
      put(number, endingAt: numberEnd, digits: 10)
      put(tenant, endingAt: tenantEnd, digits: 2)
    }

    private mutating func put(_ value: Int, endingAt end: Int, digits: Int) {
      var rest = value
      for place in stride(from: end - 1, through: end - digits, by: -1) {
        bytes[place] = UInt8(48 + rest % 10)
        rest /= 10
      }
    }
  }
}
