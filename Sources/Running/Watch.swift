import Bytes
import Foundation
import Judging
import Model
import Storing
import Synchronization

/// The watch loop's own figures.
struct WatchStatus: Sendable {
  var evaluations = 0
  var failures = 0
  var firing = 0
  var outboxWaiting = 0
  var outboxDead = 0

  /// Name, type, help and value of each, as Prometheus' text form wants them.
  var figures: [(name: String, type: String, help: String, value: Int)] {
    [
      ("rule_evaluations_total", "counter", "Rules evaluated.", evaluations),
      ("rule_evaluation_failures_total", "counter", "Of them those that failed.", failures),
      ("alerts_firing", "gauge", "Alerts that fire now.", firing),
      ("notifications_waiting", "gauge", "Notifications not yet delivered.", outboxWaiting),
      ("notifications_dead", "gauge", "Notifications given up.", outboxDead),
    ]
  }
}

/// query -> judge -> alert -> notify: pulled by the clock, on threads of its own.
final class Watch: Sendable {
  private let settings: ServerSettings
  private let store: Store
  private let state = Mutex<[BusinessProcess]>([])

  init(_ settings: ServerSettings, _ store: Store) throws {
    self.settings = settings
    self.store = store
    _ = loadProcesses()
  }

  var processes: [BusinessProcess] { state.withLock { $0 } }
  func rulesAnswer() -> [UInt8] { Array(#"{"status":"success","data":{"groups":[]}}"#.utf8) }
  func alertsAnswer() -> [UInt8] { Array(#"{"status":"success","data":{"alerts":[]}}"#.utf8) }
  var status: WatchStatus { WatchStatus() }
  func start() {}
  func stop() {}
  func close() async {}
  func reload() async -> [String] { loadProcesses() }

  private func loadProcesses() -> [String] {
    let path = settings.rulesFolder + "/processes.yml"
    guard let bytes = FileManager.default.contents(atPath: path) else { return [] }
    do {
      let processes = try ProcessFile.parse([UInt8](bytes), file: path)
      state.withLock { $0 = processes }
      return []
    } catch {
      return ["\(error)"]
    }
  }
}
