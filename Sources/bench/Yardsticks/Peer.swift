import Foundation

/// A store that people use, loaded with the same bodies: how it is started and fed.
struct Peer: Sendable {
  let name: String
  let programs: [String]
  /// Its arguments for a port and a data folder.
  let arguments: @Sendable (_ port: Int, _ folder: String) -> [String]
  let load: HTTPLoad
  /// Where a POST makes it write what it holds back; nil where there is no such thing.
  let flushPath: String?

  static let victoriaLogs = Peer(
    name: "VictoriaLogs", programs: ["victoria-logs", "victoria-logs-prod"],
    arguments: { port, folder in
      [
        "-httpListenAddr=127.0.0.1:\(port)", "-storageDataPath=\(folder)",
        "-retentionPeriod=100y",
      ]
    },
    load: .lines(
      to: "/insert/jsonline?_stream_fields=tenant,release,service,host&_msg_field=message"
        + "&_time_field=time"),
    flushPath: "/internal/force_flush")

  static let victoriaMetrics = Peer(
    name: "VictoriaMetrics", programs: ["victoria-metrics", "victoria-metrics-prod"],
    arguments: { port, folder in
      [
        "-httpListenAddr=127.0.0.1:\(port)", "-storageDataPath=\(folder)",
        "-retentionPeriod=100y",
      ]
    }, load: .remoteWrite(to: "/api/v1/write"), flushPath: "/internal/force_flush")

  static let prometheus = Peer(
    name: "Prometheus", programs: ["prometheus"],
    arguments: { port, folder in
      [
        "--config.file=\(folder)/prometheus.yml", "--storage.tsdb.path=\(folder)/tsdb",
        "--storage.tsdb.retention.time=100y", "--web.listen-address=127.0.0.1:\(port)",
        "--web.enable-remote-write-receiver",
      ]
    }, load: .remoteWrite(to: "/api/v1/write"), flushPath: nil)
}

/// A peer that runs and has been loaded.
struct LoadedPeer {
  let port: Int
  fileprivate let process: ChildProcess

  /// Waits until it does nothing for a moment, three seconds at most: a program that collects its
  /// garbage after an answer would slow the other one's.
  func waitUntilQuiet() throws {
    for _ in 0..<60 {
      let before = try ProcessFigures.cpu(of: process.id).total
      Stopwatch.pause(0.05)
      if try ProcessFigures.cpu(of: process.id).total == before { return }
    }
  }
}

extension Workbench {
  /// A peer as a yardstick: started on an empty folder, loaded with the bodies, and measured when
  /// it has nothing more to do.
  func yardstick(_ peer: Peer, _ bodies: Bodies, bar: Double) -> Yardstick {
    Yardstick(peer.name, programs: peer.programs, bar: bar) { [self] program in
      let folder = try freshFolder()
      defer { discard(folder) }
      // Prometheus wants a file of settings, even an empty one.
      _ = FileManager.default.createFile(atPath: folder + "/prometheus.yml", contents: nil)
      let port = try LoopbackAddress.freePort()
      let process = try ChildProcess(
        program, peer.arguments(port, folder), output: folder + "/peer.log")
      try waitUntilOpen(port, process)
      let times = try peer.load.run(bodies, port: port)
      if let path = peer.flushPath {
        var connection = try Connection(port: port)
        _ = try connection.ask("POST", path)
      }
      try waitUntilIdle(process)
      var cost = Cost()
      (cost.cpuSeconds, cost.systemSeconds) = try ProcessFigures.cpu(of: process.id)
      cost.peakBytes = try ProcessFigures.peakBytes(of: process.id)
      (cost.diskBytes, cost.fileBytes) = try ProcessFigures.size(ofFolder: folder)
      (cost.loadSeconds, cost.slowAnswerSeconds) = times
      process.stop()
      return cost
    }
  }

  /// Runs `body` with a peer that has the bodies; without one, and with a remark, when
  /// it is not installed.
  func withPeer<Result>(
    _ peer: Peer, _ bodies: Bodies, _ body: (LoadedPeer?) throws -> Result
  ) throws -> Result {
    guard let program = program(of: peer) else { return try body(nil) }
    let folder = try freshFolder()
    defer { discard(folder) }
    // Prometheus wants a file of settings, even an empty one.
    _ = FileManager.default.createFile(atPath: folder + "/prometheus.yml", contents: nil)
    let port = try LoopbackAddress.freePort()
    let process = try ChildProcess(
      program, peer.arguments(port, folder), output: folder + "/peer.log")
    defer { process.stop() }
    try waitUntilOpen(port, process)
    _ = try peer.load.run(bodies, port: port)
    try waitUntilIdle(process)
    return try body(LoadedPeer(port: port, process: process))
  }

  /// Waits until it answers requests: some listen before they are ready.
  private func waitUntilOpen(_ port: Int, _ process: ChildProcess) throws {
    let end = Stopwatch.now + 30
    while Stopwatch.now < end, !process.isGone {
      // What is being started refuses connections, or closes them.
      let answer = try? Self.probe(port)
      if let answer, answer < 500 { return }
      Stopwatch.pause(0.05)
    }
    throw BenchFault("it does not start: \(process.text.suffix(300))")
  }

  private static func probe(_ port: Int) throws -> Int {
    var connection = try Connection(port: port)
    return try connection.ask("GET", "/-/ready").status
  }

  /// Waits for the first second in which it uses less than a fiftieth of a core.
  private func waitUntilIdle(_ process: ChildProcess) throws {
    for _ in 0..<60 {
      let before = try ProcessFigures.cpu(of: process.id).total
      Stopwatch.pause(1)
      if try ProcessFigures.cpu(of: process.id).total - before < 0.02 { return }
    }
  }
}
