import Foundation

/// What a benchmark works with: its size, its input, its programs, a folder to spoil.
final class Workbench {
  /// Rows or samples: those asked for, or those of the given input once it is read.
  private(set) var rows: Int
  let runs: Int
  /// Whether the size was given, so that a given input is used whole otherwise.
  private let isSized: Bool
  private let input: String?
  private let server: String?
  private let cache: String
  private let yardsticks: YardstickChoice
  private let folder: String
  private var folders = 0
  /// What the reader of the figures should know.
  private(set) var notes: [String] = []

  /// A bench for one benchmark. Throws when there is no place for its files.
  init(_ options: RunOptions, for benchmark: any Benchmark) throws {
    rows = options.rows ?? benchmark.rows
    isSized = options.rows != nil
    runs = options.runs ?? benchmark.runs
    input = options.input
    server = options.server
    yardsticks = options.yardstick
    cache = options.cache ?? NSTemporaryDirectory() + "plimsoll-bench"
    folder = cache + "/run-\(ProcessInfo.processInfo.processIdentifier)-\(benchmark.name)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// Tells the one who waits what goes on.
  func say(_ text: String) {
    let bytes = Array("bench: \(text)\n".utf8)
    // The pointer is used during the call only.
    _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }

  /// Puts a remark beside the figures, once.
  func remark(_ text: String) {
    if !notes.contains(text) { notes.append(text) }
  }

  /// The path of a new folder that nothing is in; it goes with the bench.
  func freshFolder() throws -> String {
    folders += 1
    let path = folder + "/\(folders)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }

  /// Frees the room of a fresh folder before the bench goes.
  func discard(_ path: String) {
    try? FileManager.default.removeItem(atPath: path)
  }

  /// The log rows to measure with, in bodies of 5,000: the given file, or generated and kept.
  func logBodies(_ shape: LogShape? = nil) throws -> Bodies {
    guard let input, shape == nil else {
      let shape = shape ?? LogShape(rows: rows)
      var writer = LogWriter(shape)
      let path = try InputCache(cache).path(shape.fileName, making: say) { writer.next(&$0) }
      return try Bodies(lines: MappedFile(path), perBody: 5_000, atMost: shape.rows)
    }
    let bodies = try Bodies(
      lines: MappedFile(input), perBody: 5_000, atMost: isSized ? rows : .max)
    rows = bodies.rows ?? rows
    return bodies
  }

  /// The samples to measure with, as remote-write bodies: the given file, or generated and kept.
  func sampleBodies(_ shape: SampleShape? = nil) throws -> Bodies {
    if let input, shape == nil { return try Bodies(prefixed: MappedFile(input)) }
    let shape = shape ?? SampleShape(samples: rows)
    var writer = SampleWriter(shape)
    let path = try InputCache(cache).path(shape.fileName, making: say) { writer.next(&$0) }
    return try Bodies(prefixed: MappedFile(path), rows: shape.samples)
  }

  /// Whether the input was given, and is not generated.
  var isInputGiven: Bool { input != nil }

  /// The product's program.
  func serverProgram() throws -> String {
    if let server { return server }
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let path = own.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/plimsoll"
    guard FileManager.default.isExecutableFile(atPath: path) else {
      throw BenchFault("no \(path): build it (make release), or say --server PATH")
    }
    return path
  }

  /// Notes how many rows there were where only the server could say.
  func found(rows count: Int) {
    rows = count
  }

  /// Measures ours and each yardstick in turn, `runs` times, and gives the medians; the figures
  /// compare the CPU seconds of both, and of servers their memory and disk.
  func alternate(
    with candidates: [Yardstick] = [], _ ours: () throws -> Cost
  ) throws -> (cost: Cost, ratios: [Figure]) {
    let present = candidates.filter(isPresent)
    var costs: [Cost] = []
    var theirs = present.map { _ in [Cost]() }
    for run in 1...runs {
      costs.append(try ours())
      for (place, yardstick) in present.enumerated() {
        theirs[place].append(try yardstick.measure())
      }
      say("run \(run) of \(runs): \(Figure.text(costs[run - 1].cpuSeconds)) CPU s")
    }
    let cost = Cost.median(costs)
    let ratios = zip(present, theirs).flatMap { yardstick, costs in
      cost.figures(over: Cost.median(costs), of: yardstick)
    }
    return (cost, ratios)
  }

  /// Where a peer's program is; nil, with a remark, when it is not to be compared with.
  func program(of peer: Peer) -> String? {
    let yardstick = Yardstick(peer.name, programs: peer.programs, bar: 1) { _ in Cost() }
    return isPresent(yardstick) ? yardstick.program : nil
  }

  private func isPresent(_ yardstick: Yardstick) -> Bool {
    guard yardsticks == .auto else { return false }
    if yardstick.program != nil { return true }
    remark("\(yardstick.name) is not compared with: it is not installed")
    return false
  }
}
