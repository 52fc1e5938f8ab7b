import Foundation

/// Another program that does comparable work on the same input, run in turn with ours: a ratio to
/// it says more than seconds of a machine that others use too.
struct Yardstick {
  let name: String
  /// Where it is; nil when it is not installed.
  let program: String?
  /// How many times its CPU seconds ours may be, and should be at most.
  let bar: Double
  let goal: Double?
  /// Runs it once.
  let measure: () throws -> Cost

  /// A yardstick that is run by the first of some programs that is installed.
  init(
    _ name: String, programs: [String], bar: Double, goal: Double? = nil,
    measure: @escaping (_ program: String) throws -> Cost
  ) {
    let program = programs.lazy.compactMap(Self.find).first
    self.name = name
    self.program = program
    self.bar = bar
    self.goal = goal
    self.measure = { try measure(program ?? "") }
  }

  /// Where PATH has a program.
  private static func find(_ name: String) -> String? {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
      .map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
  }
}

extension Cost {
  /// How many times a yardstick's cost this is.
  func figures(over theirs: Cost, of yardstick: Yardstick) -> [Figure] {
    let name = yardstick.name
    let cpu = Figure(
      "CPU over \(name)", cpuSeconds, times: theirs.cpuSeconds, "s", of: name,
      bar: yardstick.bar, goal: yardstick.goal)
    // A program that keeps nothing has no disk and little memory.
    guard theirs.diskBytes > 0 else { return [cpu] }
    return [
      cpu,
      Figure(
        "peak memory over \(name)", peakBytes / 1e6, times: theirs.peakBytes / 1e6, "MB", of: name),
      Figure("disk over \(name)", diskBytes / 1e6, times: theirs.diskBytes / 1e6, "MB", of: name),
    ]
  }
}

extension Yardstick {
  /// `zstd -1 -c FILE`: about what it takes to read and squeeze the bytes once.
  static func zstandard(_ file: String, bar: Double, goal: Double) -> Yardstick {
    Yardstick("zstd -1", programs: ["zstd"], bar: bar, goal: goal) { program in
      let process = try ChildProcess(program, ["-1", "-q", "-c", file], output: "/dev/null")
      let (status, cost) = process.wait()
      guard status == 0 else { throw BenchFault("zstd ended with status \(status)") }
      return cost
    }
  }
}
