/// Something to measure: a file in `Benchmarks`, and a line in the list below.
protocol Benchmark: Sendable {
  /// What it is called on the command line.
  var name: String { get }
  /// What it measures, in a line.
  var about: String { get }
  /// Rows or samples its bars are set for.
  var rows: Int { get }
  /// How often it measures unless told otherwise.
  var runs: Int { get }

  /// Measures; throws `BenchFault` when that cannot be done, or when rows went missing.
  func run(on bench: Workbench) throws -> [Figure]
}

extension Benchmark {
  /// Five runs have a median that one disturbed run does not move.
  var runs: Int { 5 }
}

/// Everything that can be measured, in the order of a row's way.
let benchmarks: [any Benchmark] = [
  Discard(),
  Decode(),
  Pack(),
  Compact(),
  Logs(),
  Samples(),
  Datagrams(),
  Reads(),
  Queries(),
  Hostile(),
  Together(),
  Opening(),
  Growth(),
]

/// Why something could not be measured, or what was wrong with it; one line.
struct BenchFault: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}
