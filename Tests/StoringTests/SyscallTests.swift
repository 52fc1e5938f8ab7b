import Bytes
import Foundation
import Model
import Storing
import Support
import Testing

/// A process of its own runs the workload on real files and is killed at a system call: strace
/// lets it come to the n-th of a kind, and no further. The catalogue is SQLite's file here.
@Suite struct SyscallTests {
  private static let seed: UInt64 = 77
  /// The process that is killed finds its folder here; what it noted is in a file beside it.
  private static let variable = "PLIMSOLL_WORKLOAD_FOLDER"
  private static let own = ProcessInfo.processInfo.environment[variable]

  private static let strace: String? = ["/usr/bin/strace", "/usr/local/bin/strace"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  /// What the killed process runs: nothing when the tests are run as such.
  @Test(.enabled(if: own != nil)) func theWorkloadOfAProcess() throws {
    let folder = try #require(Self.own)
    let events = open(folder + "/events", O_WRONLY | O_CREAT | O_APPEND, 0o600)
    defer { close(events) }
    let workload = Workload(
      seed: Self.seed,
      note: { event, name in
        let line = Array("\(event.rawValue) \(name)\n".utf8)
        #expect(write(events, line, line.count) == line.count)
      })
    try workload.run(on: SystemDisk(), folder + "/store")
  }

  /// Runs the workload in a process and kills it at the n-th call of a thread. True when it came to
  /// its end before.
  private func run(_ call: String, _ number: Int, in folder: String) throws -> Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(Self.strace))
    let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    process.arguments = [
      "-f", "-qq", "-o", "/dev/null", "-e", "trace=\(call)", "-e",
      "inject=\(call):signal=KILL:when=\(number)", program, "--testing-library", "swift-testing",
      "--filter", "theWorkloadOfAProcess",
    ]
    process.environment = ProcessInfo.processInfo.environment.merging([
      Self.variable: folder, "SWIFT_BACKTRACE": "enable=no",
    ]) { $1 }
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    Self.awaitRelease(of: folder + "/store/lock")
    return process.terminationReason == .exit && process.terminationStatus == 0
  }

  /// Returns when nobody holds the lock: strace may end before the last thread of what it traced,
  /// and a process that another test starts has our files until it becomes its own program.
  private static func awaitRelease(of path: String) {
    let descriptor = open(path, O_RDWR)
    guard descriptor >= 0 else { return }
    flock(descriptor, LOCK_EX)
    close(descriptor)
  }

  private func events(in folder: String) throws -> [(Workload.Event, String)] {
    let text = (try? String(contentsOfFile: folder + "/events", encoding: .utf8)) ?? ""
    return text.split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ").map(String.init)
      guard words.count == 2, let event = Workload.Event(rawValue: words[0]) else { return nil }
      return (event, words[1])
    }
  }

  private static let isAbleToTrace: Bool = {
    guard let strace else { return false }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: strace)
    process.arguments = ["-qq", "-o", "/dev/null", "/bin/true"]
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }()

  @Test(arguments: ["pwrite64", "fdatasync", "fsync", "rename", "unlink", "ftruncate"])
  func aKillAtEveryThirdCallCostsNothing(_ call: String) throws {
    guard Self.own == nil else { return }
    guard Self.isAbleToTrace else {
      print("skipped: strace is not here or may not trace (make test installs it)")
      return
    }
    // The same run, undisturbed and in memory: what each batch holds.
    let plan = Workload(seed: Self.seed)
    let memory = MemoryDisk()
    try memory.makeFolder("/data")
    try plan.run(on: memory)
    var kills = 0
    for number in stride(from: 1, to: 2_000, by: 3) {
      let folder = Folder()
      let isDone = try run(call, number, in: folder.path)
      let ledger = plan.ledger(after: try events(in: folder.path))
      let store = try Workload.open(SystemDisk(), folder.path + "/store")
      let found = try Rows.pieces(in: store)
      let faults = ledger.faults(in: found)
      #expect(faults == [], "\(call) \(number)")
      #expect(!store.isPartial, "\(call) \(number)")
      try Rows.append(Rows.batch("later"), to: store)
      try store.compact(now: Rows.now)
      #expect(try Rows.pieces(in: store).count == found.count + 4, "\(call) \(number)")
      store.close()
      Self.awaitRelease(of: folder.path + "/store/lock")
      let again = try Workload.open(SystemDisk(), folder.path + "/store")
      #expect(try Rows.pieces(in: again).count == found.count + 4, "\(call) \(number)")
      again.close()
      if isDone { break }
      kills += 1
    }
    #expect(kills > 0)
  }
}
