import Foundation
import Bytes
import Running
import Storing
import Testing

/// Flags, environment and file, strictly read.
@Suite struct SettingsTests {
  private func read(file: String) throws -> ServerSettings {
    let path = NSTemporaryDirectory() + "/plimsoll-settings-" + UUID().uuidString + ".yaml"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(file.utf8).write(to: URL(fileURLWithPath: path))
    return try SettingsReading.read(flags: ["config": path], environment: [:])
  }

  private static let hour: Int64 = 3_600_000_000_000

  @Test func whatIsKeptCanBeSaidPerTenant() throws {
    let settings = try read(
      file: """
        retention: 90d
        max_bytes: 20GB
        min_free: 512MiB
        tenants:
          acme: {retention: 10y}
          trial: {retention: 12h, max_bytes: 1000}
        """)
    #expect(settings.store.retention == 90 * 24 * Self.hour)
    #expect(settings.store.bytesPerTenant == 20_000_000_000)
    #expect(settings.store.minimumFree == 512 << 20)
    #expect(settings.store.retentionByTenant["trial"] == 12 * Self.hour)
    #expect(settings.store.bytesByTenant == ["trial": 1_000])
    #expect(settings.store.longestRetention == 10 * 365 * 24 * Self.hour)
  }

  @Test func flagsWinOverTheEnvironment() throws {
    let environment = ["PLIMSOLL_RETENTION": "1d", "PLIMSOLL_MIN_FREE": "0"]
    let settings = try SettingsReading.read(flags: ["retention": "2d"], environment: environment)
    #expect(settings.store.retention == 48 * Self.hour)
    #expect(settings.store.minimumFree == 0)
  }

  @Test(
    arguments: [
      ("max_bytes: 12XB", "\"12XB\" is not a size such as 512MiB, 20GB"),
      ("max_bytes: 0", "\"0\" is not a size such as 512MiB, 20GB"),
      ("min_free: 9999999999TiB", "is too large"),
      ("retention: 10s", "is not a duration such as 12h, 30d, 10y"),
      ("tenants: {a: {keep: 1d}}", "keep"),
      ("tenants: {a: {retention: x}}", ":1:26: \"x\" is not a duration"),
    ])
  func whatCannotBeReadIsSaid(file: String, message: String) throws {
    #expect {
      try read(file: file)
    } throws: {
      "\($0)".contains(message)
    }
  }
}
