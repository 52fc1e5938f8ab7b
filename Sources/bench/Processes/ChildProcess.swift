import Foundation

/// A program started by us, with its output in a file; it is ended with this object.
final class ChildProcess {
  let id: pid_t
  private let output: String
  private var hasEnded = false

  /// Starts a program with our environment, without what would set up the product. Throws when it
  /// does not start.
  init(_ program: String, _ arguments: [String], output: String) throws {
    self.output = output
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(
      &actions, STDOUT_FILENO, output, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
    let settings = ProcessInfo.processInfo.environment
      .filter { !$0.key.hasPrefix("PLIMSOLL_") }.map { "\($0.key)=\($0.value)" }
    // C strings of our own making, freed after the call that copies them.
    var words = ([program] + arguments).map { strdup($0) } + [nil]
    var environment = settings.map { strdup($0) } + [nil]
    defer { for text in words + environment { free(text) } }
    var started: pid_t = 0
    let status = posix_spawn(&started, program, &actions, nil, &words, &environment)
    guard status == 0 else {
      throw BenchFault("cannot start \(program): \(String(cString: strerror(status)))")
    }
    id = started
  }

  deinit {
    if !hasEnded {
      kill(id, SIGKILL)
      _ = wait()
    }
  }

  /// What it wrote until now.
  var text: String { (try? String(contentsOfFile: output, encoding: .utf8)) ?? "" }

  /// Waits for its end; its exit status (-1 when a signal ended it) and what it cost.
  func wait() -> (status: Int, cost: Cost) {
    var status: Int32 = 0
    var usage = rusage()
    while wait4(id, &status, 0, &usage) < 0, errno == EINTR {}
    hasEnded = true
    var cost = Cost()
    cost.systemSeconds = Self.seconds(usage.ru_stime)
    cost.cpuSeconds = Self.seconds(usage.ru_utime) + cost.systemSeconds
    cost.peakBytes = Double(usage.ru_maxrss) * 1_024
    // Wait statuses as POSIX lays them out: a signal in the low seven bits, else the exit status.
    return (status & 0x7F == 0 ? Int(status >> 8 & 0xFF) : -1, cost)
  }

  /// Asks it to end and waits until it has.
  func stop() {
    guard !hasEnded else { return }
    kill(id, SIGTERM)
    _ = wait()
  }

  /// Whether it ended by itself.
  var isGone: Bool {
    guard !hasEnded else { return true }
    var state = siginfo_t()
    // WNOWAIT leaves the end to be waited for.
    waitid(P_PID, id_t(id), &state, WEXITED | WNOHANG | WNOWAIT)
    return state.si_signo != 0
  }

  private static func seconds(_ time: timeval) -> Double {
    Double(time.tv_sec) + Double(time.tv_usec) / 1e6
  }
}
