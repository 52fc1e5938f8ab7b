import Decoding
import Serving
import Storing

extension PlimsollServer {
  /// What the HTTP API may ask of the house.
  static func doors(
    _ settings: ServerSettings, _ ingest: IngestPipeline, _ datagrams: [DatagramPipeline],
    _ store: Store, _ watch: Watch, _ queries: QueryScheduler, _ upkeep: Workers
  ) -> Doors {
    let report = StatusReport(
      settings: settings, start: WallClock.now(), store: store, watch: watch)
    var paths: [(path: String, format: String)] = []
    for format in wireFormats {
      for case .http(let path) in format.arrivals { paths.append((path, format.name)) }
    }
    return Doors(
      ingest: { await ingest.ingest($0) },
      ingestPaths: paths,
      metrics: {
        for pipeline in datagrams { pipeline.countKernelDrops() }
        return SelfMetrics.text(
          books: ingest.allBooks + datagrams.map(\.books), store: store.status(),
          watch: watch.status, queries: queries.status)
      },
      listeners: {
        for pipeline in datagrams { pipeline.countKernelDrops() }
        return ListenersAnswer.write(ingest.allBooks + datagrams.map(\.books))
      },
      reload: { await watch.reload() },
      compact: {
        try await upkeep.run { try store.compact(now: WallClock.now()) }
      },
      backup: { folder in
        try await upkeep.run { try store.backup(to: folder) }
      },
      delete: { try store.delete($0) },
      isReady: { true },
      status: { report.make() },
      source: StoreSource(store: store), state: store.state,
      processes: { watch.processes },
      rules: { try watch.rulesAnswer($0) }, alerts: { watch.alertsAnswer() },
      now: WallClock.now)
  }
}
