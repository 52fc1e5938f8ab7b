import Dispatch
import Model
import Storing
import Synchronization

/// Batches into level 0: packed, written, synced, shown to reads; as calls within this process.
struct Pack: Benchmark {
  let name = "pack"
  let about = "stage: decoded batches into level 0, synced"
  let rows = 1_000_000

  func run(on bench: Workbench) throws -> [Figure] {
    let bodies = try bench.logBodies()
    var seconds: [Double] = []
    var sizes: [Double] = []
    for _ in 0..<bench.runs {
      let folder = try bench.freshFolder()
      defer { bench.discard(folder) }
      let store = try bench.open(folder)
      defer { store.close() }
      seconds.append(try LogStages.append(bodies, to: store))
      sizes.append(try ProcessFigures.size(ofFolder: folder).files)
    }
    let rows = Double(bodies.rows ?? bench.rows)
    return [
      Figure("packing per million rows", seconds.median / rows * 1e6, "CPU s"),
      Figure("level 0 per row", sizes.median / rows, "B"),
    ]
  }
}

extension LogStages {
  /// Appends all rows to a store, and returns the CPU seconds of the appends alone. Throws when
  /// the store refuses a batch.
  static func append(_ bodies: Bodies, to store: Store) throws -> Double {
    var seconds = 0.0
    try eachBody(of: bodies) { body in
      var batch = try decode(body)
      tag(&batch)
      seconds += try Stopwatch.cpuSeconds { try append(batch, to: store) }
    }
    return seconds
  }

  /// Appends a batch and waits until it is durable.
  private static func append(_ batch: Batch, to store: Store) throws {
    let done = DispatchSemaphore(value: 0)
    let outcome = Mutex<StoreFault?>(nil)
    store.append(batch, idempotencyKey: nil, mayWait: false) { result in
      if case .failure(let fault) = result { outcome.withLock { $0 = fault } }
      done.signal()
    }
    done.wait()
    if let fault = outcome.withLock({ $0 }) { throw fault }
  }
}
