import Bytes
import Foundation
import Model
import Storing
import Testing

@Suite struct StateTests {
  @Test func deploysComeBackAsTheyWere() throws {
    let folder = NSTemporaryDirectory() + "plimsoll-state-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let events = [
      DeployEvent(
        service: "odoo", environment: "prod", tenants: ["a", "b"], instances: nil, release: "2",
        previous: "1", kind: .canary, start: 20, end: nil, actor: "ci", link: "https://x"),
      DeployEvent(
        service: "odoo", environment: "", tenants: nil, instances: ["h"], release: "1",
        previous: nil, kind: .rollback, start: 10, end: 15, isInferred: true),
    ]
    var database: StateDatabase? = try StateDatabase(folder + "/state.db")
    var stored = try events.map { try #require(database).add(deploy: $0) }
    #expect(stored.map(\.id) == [1, 2])
    stored[0].end = 99
    try database?.update(deploy: stored[0])
    database = try StateDatabase(folder + "/state.db")
    #expect(try database?.deploys() == [stored[1], stored[0]])
    #expect(database?.timeline.events.count == 2)
  }

  @Test func aNewerVersionIsAClearError() throws {
    let folder = NSTemporaryDirectory() + "plimsoll-state-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = folder + "/state.db"
    _ = try StateDatabase(path)
    // The schema's version is the user version, four bytes at offset 60 (SQLite file format, 1.3).
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    bytes[63] = 99
    try bytes.write(to: URL(fileURLWithPath: path))
    let fault = #expect(throws: DatabaseFault.self) { try StateDatabase(path) }
    #expect(fault?.description.contains("newer version") == true)
  }

  @Test func textsAndNamesAreKeptWhole() throws {
    let database = try StateDatabase(":memory:")
    var event = DeployEvent(
      service: "odoo", environment: "prod", tenants: [], instances: ["a", ""], release: "1",
      previous: nil, kind: .deploy, start: .min, end: .max, actor: "a\u{0}b", link: "")
    event = try database.add(deploy: event)
    #expect(try database.deploys() == [event])
  }

  @Test func alertsAndTheirNotificationsCommitTogether() throws {
    let database = try StateDatabase(":memory:")
    let entry = OutboxEntry(
      receiver: "r", key: "k", body: [1, 0, 2], createdAt: 5, nextAttemptAt: 5)
    try database.commit(
      alerts: [StoredAlert(key: "a", body: "1"), StoredAlert(key: "b", body: "2")], removed: [],
      outbox: [entry])
    try database.commit(
      alerts: [StoredAlert(key: "a", body: "3")], removed: ["b"], outbox: [])
    #expect(try database.alerts() == [StoredAlert(key: "a", body: "3")])
    #expect(try database.dueOutbox(of: "r", now: 4, limit: 10).isEmpty)
    var due = try #require(try database.dueOutbox(of: "r", now: 5, limit: 10).first)
    #expect(due.body == [1, 0, 2])
    due.nextAttemptAt = 50
    due.attempts = 1
    due.lastFailure = "HTTP status 500"
    try database.failed(outbox: due, isGivenUp: false)
    #expect(try database.dueOutbox(of: "r", now: 49, limit: 10).isEmpty)
    #expect(try database.dueOutbox(of: "r", now: 50, limit: 10) == [due])
    try database.failed(outbox: due, isGivenUp: true)
    #expect(try database.dueOutbox(of: "r", now: 99, limit: 10).isEmpty)
    #expect(try database.outboxCounts() == (0, 1))
    try database.delivered(outbox: due.id)
    #expect(try database.outboxCounts() == (0, 0))
  }
}
