import Bytes
import Foundation

/// The product's server on a folder of its own, reached over loopback.
final class ServerProcess {
  let folder: String
  private let process: ChildProcess
  private var listeners: [String: Int] = [:]

  /// Starts `plimsoll serve` on a folder and returns when it is ready. Rules are none, datagrams
  /// are off unless asked for, and rows are kept for ten years.
  init(_ bench: Workbench, folder: String, takesDatagrams: Bool = false) throws {
    self.folder = folder + "/store"
    let rules = folder + "/rules"
    try FileManager.default.createDirectory(atPath: rules, withIntermediateDirectories: true)
    process = try ChildProcess(
      try bench.serverProgram(),
      [
        "serve", "--data", self.folder, "--rules", rules, "--http", "127.0.0.1:0",
        "--udp-lines", takesDatagrams ? "127.0.0.1:0" : "off", "--udp-syslog", "off",
        "--udp-statsd", "off", "--retention", "10y",
      ], output: folder + "/server.log")
    try waitUntilReady()
  }

  private func waitUntilReady() throws {
    while true {
      let lines = process.text.split(separator: "\n")
      if lines.contains("ready") {
        for words in lines.map({ $0.split(separator: " ") }) where words.count == 3 {
          guard words[0] == "listening", let port = words[2].split(separator: ":").last else {
            continue
          }
          listeners[String(words[1])] = Int(port)
        }
        return
      }
      if process.isGone { throw BenchFault("the server ended: \(process.text.suffix(300))") }
      Stopwatch.pause(0.01)
    }
  }

  /// The port of a listener. Throws when there is none of that name.
  func port(_ listener: String) throws -> Int {
    guard let port = listeners[listener] else {
      throw BenchFault("the server does not say where it listens for \(listener)")
    }
    return port
  }

  /// Posts all the bodies; seconds that took, and what 99 of 100 requests took.
  func load(_ bodies: Bodies, _ load: HTTPLoad) throws -> (seconds: Double, slow: Double) {
    do {
      return try load.run(bodies, port: port("http"))
    } catch {
      throw process.isGone ? BenchFault("the server ended: \(process.text.suffix(300))") : error
    }
  }

  /// Asks over a connection of its own; throws unless the answer is 2xx.
  @discardableResult
  func ask(_ method: String, _ path: String, body: String = "") throws -> String {
    var connection = try Connection(port: port("http"))
    let answer = try connection.ask(method, path, body: body)
    guard answer.status / 100 == 2 else {
      throw BenchFault("\(method) \(path): status \(answer.status): \(answer.body.prefix(200))")
    }
    return answer.body
  }

  /// The most memory it has held at once.
  func peakBytes() throws -> Double { try ProcessFigures.peakBytes(of: process.id) }

  /// Returns when everything acknowledged is in its final form.
  func compact() throws {
    try ask("POST", "/internal/compact")
  }

  /// A figure of `/metrics` that has no labels.
  func figure(_ name: String) throws -> Double {
    for line in try ask("GET", "/metrics").split(separator: "\n") where line.hasPrefix(name + " ") {
      if let value = Double(line.dropFirst(name.count + 1)) { return value }
    }
    throw BenchFault("/metrics has no \(name)")
  }

  /// The books of one listener and format, by the names of `/api/v1/listeners`.
  func books(format: String) throws -> [String: Int] {
    let answer = try JSONValue(parsing: Array(try ask("GET", "/api/v1/listeners").utf8))
    for book in answer["listeners"]?.elements ?? [] where book["format"]?.text == format {
      // HTTP has books of every format; datagrams are counted with their own listener.
      let isDatagrams = book["listener"]?.text != "http"
      guard isDatagrams == listeners.keys.contains(format) else { continue }
      var counts: [String: Int] = [:]
      for member in book.members ?? [] {
        if let count = member.value.integer { counts[member.key.text] = Int(count) }
      }
      return counts
    }
    throw BenchFault("/api/v1/listeners has no books of \(format)")
  }

  /// CPU seconds since the start.
  func cpuSeconds() throws -> Double { try ProcessFigures.cpu(of: process.id).total }

  /// What it has cost until now.
  func cost() throws -> Cost {
    var cost = Cost()
    (cost.cpuSeconds, cost.systemSeconds) = try ProcessFigures.cpu(of: process.id)
    cost.peakBytes = try ProcessFigures.peakBytes(of: process.id)
    (cost.diskBytes, cost.fileBytes) = try ProcessFigures.size(ofFolder: folder)
    return cost
  }

  /// Ends it in order, and waits until it has.
  func stop() {
    process.stop()
  }
}

extension Workbench {
  /// Starts a server on an empty folder, posts all bodies, waits until everything is compacted and
  /// gives what that cost. Throws unless every answer was 2xx and every row was stored.
  func loadServer(
    _ bodies: Bodies, _ load: HTTPLoad, format: String,
    then: (ServerProcess) throws -> Void = { _ in }
  ) throws -> (cost: Cost, rows: Int) {
    let folder = try freshFolder()
    defer { discard(folder) }
    let server = try ServerProcess(self, folder: folder)
    let times = try server.load(bodies, load)
    try server.compact()
    var cost = try server.cost()
    (cost.loadSeconds, cost.slowAnswerSeconds) = times
    let stored = try server.books(format: format)["stored"] ?? 0
    if let sent = bodies.rows, stored != sent {
      throw BenchFault("\(sent) rows were sent, \(stored) were stored")
    }
    try then(server)
    server.stop()
    return (cost, stored)
  }
}
