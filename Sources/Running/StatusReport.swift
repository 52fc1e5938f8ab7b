import Bytes
import Foundation
import Serving
import Storing

/// What the server says of itself, put together when somebody asks.
struct StatusReport: Sendable {
  let settings: ServerSettings
  let start: Int64
  let store: Store
  let watch: Watch

  func make() -> ServerStatus {
    let stored = store.status()
    let loading = watch.loading
    var status = ServerStatus()
    status.start = start
    status.hostname = ProcessInfo.processInfo.hostName
    status.folder = FileManager.default.currentDirectoryPath
    status.loaded = loading.at
    status.isLoadedWhole = loading.refused.isEmpty
    status.damagedRegions = stored.damagedRegions
    status.threads = Self.threads
    status.processors = ProcessInfo.processInfo.activeProcessorCount
    status.retention = SettingsText.duration(settings.store.retention)
    status.segments = stored.segments
    status.blocks = stored.blocks
    status.flags = SettingsText.flags(settings)
    status.settings = SettingsText.file(settings)
    if let first = loading.refused.first {
      let more = loading.refused.count > 1 ? " (and \(loading.refused.count - 1) more)" : ""
      status.notices.append(
        ServerStatus.Notice("Rules were refused: \(first)\(more)", since: loading.at))
    }
    if let refusal = stored.refusal {
      status.notices.append(
        ServerStatus.Notice("Rows are refused: \(refusal)", since: WallClock.now()))
    }
    return status
  }

  /// Threads of this process; 0 when the system does not say.
  private static var threads: Int {
    (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count) ?? 0
  }
}
