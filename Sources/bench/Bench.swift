import ArgumentParser
import Foundation

/// Prints the project's figures beside its bars and beside yardsticks run at the same time.
@main
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure what the store and the ingest path cost, beside bars and yardsticks.",
    discussion: """
      CPU seconds are user + system of the server's process, from its start until everything is \
      compacted; of several runs the median is shown. Each run is followed by one of each \
      yardstick that is installed. Nothing but the table or the JSON goes to standard output.
      """,
    subcommands: [List.self, Run.self, All.self, SendDatagrams.self])
}

/// `bench list`: what can be measured.
struct List: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Name what can be measured.")

  func run() {
    print(TextTable.text(benchmarks.map { [$0.name, $0.about] }))
  }
}

/// What `run` and `all` share.
struct RunOptions: ParsableArguments {
  @Option(help: "Rows or samples of the input. (default: the size its bars are set for)")
  var rows: Int?
  @Option(help: "How often each thing is measured. (default: 5; 1 for growth)")
  var runs: Int?
  @Option(help: "JSON lines, or remote-write bodies, to use instead of generated ones.")
  var input: String?
  @Option(help: "The plimsoll program. (default: the one beside this program)")
  var server: String?
  @Option(help: "Run the yardsticks that are installed (auto), or none.")
  var yardstick = YardstickChoice.auto
  @Option(help: "Where generated input is kept. (default: in the temporary folder)")
  var cache: String?
  @Flag(help: "Print JSON instead of tables.") var json = false

  func validate() throws {
    if let rows, rows < 1 { throw ValidationError("--rows must be at least 1") }
    if let runs, runs < 1 { throw ValidationError("--runs must be at least 1") }
  }

  /// Runs the benchmarks one after another; one that fails is reported and ends the command with
  /// status 1 after the others have run. A missed bar is a result, not a failure.
  func run(_ chosen: [any Benchmark]) throws {
    var report = Report()
    for benchmark in chosen {
      let workbench = try Workbench(self, for: benchmark)
      workbench.say("\(benchmark.name): \(benchmark.about)")
      do {
        let figures = try benchmark.run(on: workbench)
        report.add(benchmark, figures, workbench)
      } catch {
        report.add(benchmark, failure: "\(error)")
      }
      if !json, let last = report.entries.last { print(last.text + "\n") }
    }
    if json { print(report.json) }
    if report.hasFailure { throw ExitCode(1) }
  }
}

/// Whether yardsticks are run.
enum YardstickChoice: String, ExpressibleByArgument, CaseIterable {
  case auto
  case none
}

/// `bench run NAME...`: some of it.
struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Measure some, by name.")

  @Argument(help: "Names, as `bench list` gives them.") var names: [String]
  @OptionGroup var options: RunOptions

  func run() throws {
    try options.run(
      names.map { name in
        guard let benchmark = benchmarks.first(where: { $0.name == name }) else {
          let known = benchmarks.map(\.name).joined(separator: ", ")
          throw ValidationError("there is no benchmark \"\(name)\"; there are: \(known)")
        }
        return benchmark
      })
  }
}

/// `bench all`: everything.
struct All: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Measure everything.")

  @OptionGroup var options: RunOptions

  func run() throws {
    try options.run(benchmarks)
  }
}

/// `bench send-datagrams`: the sender of the `datagrams` benchmark, a process of its own so that
/// the server's CPU time is the server's alone.
struct SendDatagrams: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Send numbered datagrams to a port of this machine.", shouldDisplay: false)

  @Argument var port: UInt16
  @Argument(help: "Datagrams a second; 0 is as fast as it goes.") var rate: Int
  @Argument(help: "How many.") var count: Int

  func run() throws {
    let sent = try DatagramLoad.send(count, to: port, rate: rate)
    print("sent \(sent.datagrams) \(sent.seconds)")
  }
}
