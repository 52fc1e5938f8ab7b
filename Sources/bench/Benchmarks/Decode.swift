import Decoding
import Model
import Tagging

/// The JSON bodies into batches, on one thread of this process.
struct Decode: Benchmark {
  let name = "decode"
  let about = "stage: JSON bodies into batches, and tagging them"
  let rows = 1_000_000

  func run(on bench: Workbench) throws -> [Figure] {
    let bodies = try bench.logBodies()
    var decoding: [Double] = []
    var tagging: [Double] = []
    var rows = 0.0
    for _ in 0..<bench.runs {
      var (decodeSeconds, tagSeconds, count) = (0.0, 0.0, 0)
      try LogStages.eachBody(of: bodies) { body in
        var batch = Batch()
        decodeSeconds += try Stopwatch.cpuSeconds { batch = try LogStages.decode(body) }
        tagSeconds += Stopwatch.cpuSeconds { LogStages.tag(&batch) }
        count += batch.records.count
      }
      rows = Double(count)
      decoding.append(decodeSeconds)
      tagging.append(tagSeconds)
    }
    let seconds = decoding.median
    return [
      Figure("decoding per million rows", seconds / rows * 1e6, "CPU s"),
      Figure("decoding", Double(bodies.bytes) / 1e6 / seconds, "MB/CPU s", better: .higher),
      Figure("tagging per million rows", tagging.median / rows * 1e6, "CPU s"),
    ]
  }
}

/// The stages of a log row's way that can be taken alone.
enum LogStages {
  /// Lends each body as bytes in memory, as the server has it.
  static func eachBody(of bodies: Bodies, _ work: ([UInt8]) throws -> Void) rethrows {
    for place in 0..<bodies.count { try work(bodies.body(place)) }
  }

  /// A body's rows. Throws when one is refused.
  static func decode(_ body: [UInt8]) throws -> Batch {
    var format = JSONLines()
    var batch = Batch()
    try format.decode(
      body.span, from: FrameSource(key: 0, receivedAt: Stopwatch.today), into: &batch)
    guard batch.faults.total == 0 else {
      throw BenchFault("\(batch.faults.total) rows were refused")
    }
    return batch
  }

  /// Puts tenants onto a batch's rows, as the server does for a request without credentials.
  static func tag(_ batch: inout Batch) {
    Tagger.tag(&batch, TaggingContext(now: Stopwatch.today, retention: .max / 2))
  }
}
