import Decoding
import Dispatch
import Foundation
import Logging
import Model
import Receiving
import Serving
import Storing
import Synchronization

/// A listener that is open, and where.
package struct ListeningAddress: Sendable {
  /// `http`, or the wire format of a UDP listener.
  package let name: String
  package let address: String
}

/// The product: the two loops, and what they share. Everything is opened by `init`, used by `run`.
package final class PlimsollServer: Sendable {
  let settings: ServerSettings
  let store: Store
  let ingest: IngestPipeline
  let datagrams: [DatagramPipeline]
  let watch: Watch
  private let http: HTTPServer
  private let maintenance: Maintenance
  private let bound: BoundAddresses

  /// Opens the data folder and the sockets, and reads the rules. Throws a sentence when something
  /// cannot be opened; rule files that are refused are reported and skipped.
  package init(_ settings: ServerSettings) throws {
    signal(SIGPIPE, SIG_IGN)
    Allocation.settle()
    var logger = Logger(label: "plimsoll") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = .error
    self.settings = settings
    try FileManager.default.createDirectory(
      atPath: settings.dataFolder, withIntermediateDirectories: true)
    let store = try Store(
      opening: settings.dataFolder, on: SystemDisk(),
      settings: settings.store, clock: WallClock.now)
    self.store = store
    let decoders = Workers(name: "decode", count: 2, depth: 256)
    let upkeep = Workers(name: "upkeep", count: 2, depth: 64)
    let queries = QueryScheduler(settings.queries)
    ingest = IngestPipeline(
      store: store, decoders: decoders, retention: settings.store.longestRetention)
    datagrams = try settings.udpAddresses.map { name, address in
      guard let format = wireFormats.first(where: { $0.name == name }) else {
        throw CallFailure(description: "no wire format \(name)")
      }
      let receiver = try UDPReceiver(host: address.host, port: UInt16(address.port))
      return DatagramPipeline(
        format, receiver: receiver, store: store, retention: settings.store.longestRetention)
    }
    watch = try Watch(settings, store)
    maintenance = Maintenance(store)
    let bound = BoundAddresses()
    self.bound = bound
    let doors = Self.doors(settings, ingest, datagrams, store, watch, queries, upkeep)
    http = HTTPServer(
      host: settings.http.host, port: settings.http.port,
      routes: allRoutes(doors, queries, upkeep), packers: upkeep,
      tails: TailSession(doors, upkeep), logger: logger)
  }

  /// Serves until a signal or `stop`; `whenListening` runs beside it once all listeners are open.
  package func run(
    whenListening: @escaping @Sendable ([ListeningAddress]) async throws -> Void
  ) async throws {
    let signals = Signals(
      onEnd: { [self] in Task { await http.stop() } },
      onReload: { [self] in Task { Console.report(await watch.reload()) } })
    defer { signals.cancel() }
    let beside = Task { [self] in
      guard let port = await http.port() else { return }
      bound.set(addresses(httpPort: port))
      for pipeline in datagrams { pipeline.start() }
      watch.start()
      maintenance.start()
      do {
        try await whenListening(bound.all)
      } catch {
        Console.report(["\(error)"])
      }
    }
    var failure: (any Error)?
    do {
      try await http.run()
    } catch {
      failure = CallFailure(
        description: "cannot listen on http \(settings.http.text): \(error)")
    }
    beside.cancel()
    await shutDown()
    if let failure { throw failure }
  }

  /// Ends `run`: takes nothing new, keeps everything received.
  package func stop() async {
    await http.stop()
  }

  /// `HOST:PORT` of a listener; empty before it is open.
  package func address(_ name: String) -> String {
    bound.all.first { $0.name == name }?.address ?? ""
  }

  /// The port of a listener; 0 before it is open.
  package func port(_ name: String) -> Int {
    Int(address(name).split(separator: ":").last ?? "") ?? 0
  }

  private func addresses(httpPort: Int) -> [ListeningAddress] {
    let web = ServerSettings.Address(host: settings.http.host, port: httpPort)
    return [ListeningAddress(name: "http", address: web.text)]
      + datagrams.map { pipeline in
        let address = ServerSettings.Address(
          host: pipeline.receiver.host, port: pipeline.receiver.port)
        return ListeningAddress(name: pipeline.books.format, address: address.text)
      }
  }

  /// Blocking, so on a thread of its own.
  private func shutDown() async {
    let isListening = !bound.all.isEmpty
    await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
      Thread.detachNewThread { [self] in
        maintenance.stop()
        watch.stop()
        if isListening { for pipeline in datagrams { pipeline.stop() } }
        reportBooks()
        store.close()
        done.resume()
      }
    }
    await watch.close()
  }

  /// What each UDP listener lost, said at the end as well.
  private func reportBooks() {
    for pipeline in datagrams {
      let counts = pipeline.books.read()
      guard counts.kernelDrops > 0 || counts.dropped > 0 else { continue }
      Console.report([
        "\(pipeline.books.listener): \(counts.kernelDrops) datagrams dropped by the kernel, "
          + "\(counts.dropped) rows not stored"
      ])
    }
  }
}

/// The listeners' addresses once they are known.
private final class BoundAddresses: Sendable {
  private let addresses = Mutex<[ListeningAddress]>([])

  var all: [ListeningAddress] { addresses.withLock { $0 } }

  func set(_ new: [ListeningAddress]) { addresses.withLock { $0 = new } }
}
