import Foundation
import Support

/// Debian's Prometheus on a free loopback port and a folder of its own, ready for remote write.
final class PrometheusProcess {
  let address: String
  private let folder: String
  private let process = Process()

  /// Nil where it is not installed.
  init?() async throws {
    guard let program = installed("prometheus") else { return nil }
    folder = NSTemporaryDirectory() + "/prometheus-test-" + UUID().uuidString.lowercased()
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try "".write(toFile: folder + "/prometheus.yml", atomically: true, encoding: .utf8)
    let port = try Self.freePort()
    address = "http://127.0.0.1:\(port)"
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = [
      "--config.file=\(folder)/prometheus.yml", "--storage.tsdb.path=\(folder)/tsdb",
      "--storage.tsdb.retention.time=100y", "--web.listen-address=127.0.0.1:\(port)",
      "--web.enable-remote-write-receiver", "--log.level=error",
    ]
    process.standardInput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    let client = PromQLClient(address: address, headers: [:])
    let end = Date().addingTimeInterval(180)
    while try await !client.isReady() {
      guard Date() < end, process.isRunning else {
        throw ServerProcess.Failure("prometheus does not start")
      }
      // There is no other way to wait for what another process shows.
      try await Task.sleep(for: .milliseconds(50))
    }
  }

  deinit {
    process.terminate()
    process.waitUntilExit()
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// A port that nothing listened on a moment ago.
  private static func freePort() throws -> UInt16 {
    let probe = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(probe) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(probe, $0, size) == 0 && getsockname(probe, $0, &size) == 0
      }
    }
    guard isBound else { throw ServerProcess.Failure("there is no free port") }
    return UInt16(bigEndian: address.sin_port)
  }
}
