import Dispatch
import Synchronization

/// Posts bodies over two keep-alive connections. Connection `i` sends bodies `i`, `i + 2`, ... in
/// order, so that samples of one series stay in order as long as a step has an even number of them.
struct HTTPLoad: Sendable {
  static let connections = 2

  let path: String
  /// Header lines beside Host and Content-Length.
  let fields: [String]
  /// Statuses that are well.
  let accepted: ClosedRange<Int>

  /// JSON lines of log rows.
  static func lines(to path: String, accepted: ClosedRange<Int> = 200...299) -> HTTPLoad {
    HTTPLoad(path: path, fields: ["Content-Type: application/x-ndjson"], accepted: accepted)
  }

  /// Remote write, version 1.
  static func remoteWrite(to path: String) -> HTTPLoad {
    HTTPLoad(
      path: path,
      fields: [
        "Content-Type: application/x-protobuf", "Content-Encoding: snappy",
        "X-Prometheus-Remote-Write-Version: 0.1.0",
      ], accepted: 200...299)
  }

  /// Posts them all. Throws when an answer is not well; returns seconds in all, and those that 99
  /// of 100 requests took.
  func run(_ bodies: Bodies, port: Int) throws -> (seconds: Double, slow: Double) {
    let outcome = Mutex<(times: [Double], fault: BenchFault?)>(([], nil))
    let seconds = Stopwatch.seconds {
      DispatchQueue.concurrentPerform(iterations: Self.connections) { lane in
        do {
          let times = try send(bodies, lane: lane, port: port)
          outcome.withLock { $0.times += times }
        } catch {
          outcome.withLock { $0.fault = BenchFault("\(path): \(error)") }
        }
      }
    }
    let (times, fault) = outcome.withLock { ($0.times.sorted(), $0.fault) }
    if let fault { throw fault }
    return (seconds, times.isEmpty ? 0 : times[times.count * 99 / 100])
  }

  private func send(_ bodies: Bodies, lane: Int, port: Int) throws -> [Double] {
    let places = stride(from: lane, to: bodies.count, by: Self.connections)
      .map { bodies.places[$0] }
    let heads = places.map { Connection.head("POST", path, fields, length: $0.count) }
    var connection = try Connection(port: port)
    var times: [Double] = []
    times.reserveCapacity(places.count)
    for (place, head) in zip(places, heads) {
      let start = Stopwatch.now
      // The mapping outlives the load: `bodies` holds it.
      let body = UnsafeRawBufferPointer(rebasing: bodies.file.bytes[place])
      let answer = try connection.post(head, body)
      times.append(Stopwatch.now - start)
      guard accepted.contains(answer.status) else {
        throw BenchFault("status \(answer.status): \(answer.body.prefix(200))")
      }
    }
    return times
  }
}
