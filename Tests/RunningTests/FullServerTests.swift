import Foundation
import Support
import Testing

/// The server on a file system that is full for real: a small one in memory, where mounting is
/// allowed.
@Suite(.serialized) struct FullServerTests {
  private static let rows = 20
  private static let tenant = ["X-Scope-OrgID": "full"]

  /// Rows that no compression makes small.
  private static func post(_ name: String, to server: ServerProcess) async throws -> Int {
    var noise = SeededGenerator(seed: UInt64(name.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) }))
    let lines = (0..<rows).map { row in
      let text = (0..<900).map { _ in String(noise.next(), radix: 36) }.joined()
      return #"{"service":"full","message":"\#(text)","batch":"\#(name)","row":"\#(row)"}"#
    }
    return try await server.call(
      "POST", "/ingest/json", body: Data(lines.joined(separator: "\n").utf8),
      headers: tenant.merging(["Idempotency-Key": name]) { $1 }
    ).status
  }

  /// Sends until the server says that it cannot take more; returns what it took.
  private static func fill(_ server: ServerProcess, _ prefix: String) async throws -> [String] {
    var taken: [String] = []
    for number in 0..<2_000 {
      let name = "\(prefix)-\(number)"
      let status = try await post(name, to: server)
      guard status == 200 else {
        #expect(status == 503)
        return taken
      }
      taken.append(name)
    }
    Issue.record("the disk never was full")
    return taken
  }

  private static func check(_ server: ServerProcess, _ taken: [String]) async throws {
    let query = #"sum by (batch) (count_over_time({service="full"} [1h]))"#
    let escaped = query.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    let answer = try await server.call(
      "GET", "/loki/api/v1/query?query=\(escaped)", headers: tenant)
    #expect(answer.status == 200, "\(answer.text.prefix(300))")
    let counts = try Vector.values(answer.text, by: "batch")
    #expect(taken.filter { counts[$0] != Double(rows) } == [])
    #expect(counts.values.allSatisfy { $0 == Double(rows) })
  }

  @Test(arguments: ["0", "1MiB"])
  func aFullDiskLosesNothingAndTheServerResumes(minimumFree: String) async throws {
    let mount = NSTemporaryDirectory() + "/plimsoll-full-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: mount, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: mount) }
    let mounting = try run("/bin/mount", ["-t", "tmpfs", "-o", "size=24m", "none", mount])
    guard mounting.status == 0 else {
      print("skipped: this process may not mount a file system")
      return
    }
    defer { _ = try? run("/bin/umount", ["-l", mount]) }
    let ballast = mount + "/ballast"
    try Data(count: 8 << 20).write(to: URL(fileURLWithPath: ballast))
    let environment = ["PLIMSOLL_MIN_FREE": minimumFree, "PLIMSOLL_UNSEALED": "2MiB"]
    var server = try ServerProcess(folder: mount + "/server", environment: environment)
    var taken = try await Self.fill(server, "first")
    #expect(taken.count > 5)
    try await Self.check(server, taken)
    // Killed and started while the disk is full, it answers; what blocks made smaller takes a
    // little more before it refuses.
    server.kill()
    server = try ServerProcess(folder: mount + "/server", environment: environment)
    try await Self.check(server, taken)
    taken += try await Self.fill(server, "again")
    try FileManager.default.removeItem(atPath: ballast)
    // The store looks at the disk at each request and, after a write that failed, once a second.
    var status = 0
    let end = ContinuousClock.now + .seconds(5)
    while status != 200, ContinuousClock.now < end {
      status = try await Self.post("refused", to: server)
    }
    #expect(status == 200, "did not resume within five seconds")
    taken += ["refused"] + (try await Self.fill(server, "second"))
    try await Self.check(server, taken)
    server.kill()
    server = try ServerProcess(folder: mount + "/server", environment: environment)
    try await Self.check(server, taken)
    server.remove()
  }
}
