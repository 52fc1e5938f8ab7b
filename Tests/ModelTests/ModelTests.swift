import Bytes
import Model
import Testing

@Suite struct ModelTests {
  @Test(arguments: [
    ("acme_prod", true), ("tenant-de-0042", true), ("cafe9.example.io", true), ("_platform", true),
    ("", false), (".", false), ("..", false), ("a/b", false), ("a b", false), ("é", false),
    (String(repeating: "a", count: 63), true), (String(repeating: "a", count: 64), false),
    ("a\0", false),
  ])
  func tenantNames(_ name: String, _ isValid: Bool) {
    #expect(Tenant.isValid(Array(name.utf8).span) == isValid)
  }

  @Test func labelsAreSortedUniqueAndNeverEmpty() {
    let labels = Labels([Label("b", "2"), Label("a", "1"), Label("b", "3"), Label("c", "")])
    #expect(labels.pairs == [Label("a", "1"), Label("b", "3")])
    #expect(labels.setting("a", nil)["a"] == nil)
    #expect(labels.setting("ab", "x").pairs.map(\.name) == ["a", "ab", "b"])
    #expect(labels.dropping(["a"]) == labels.keeping(["b"]))
  }

  @Test func seriesAreCheckedAsTheyAreBuilt() throws {
    var batch = Batch()
    func build(_ pairs: [(ByteString, ByteString)]) throws -> UInt32 {
      batch.startSeries()
      for (name, value) in pairs { batch.addLabel(batch.intern(name), batch.intern(value)) }
      return try batch.finishSeries()
    }
    let first = try build([("z", "1"), ("__name__", "up"), ("empty", "")])
    #expect(batch.labels(ofSeries: Int(first)).pairs.map(\.name) == ["__name__", "z"])
    #expect(throws: Fault.self) { try build([("a", "1")]) }
    #expect(throws: Fault.self) { try build([("__name__", "x"), ("a", "1"), ("a", "2")]) }
    #expect(throws: Fault.self) { try build([("__name__", ByteString([0xFF]))]) }
    let second = try build([("__name__", "down"), ("tenant", "t"), ("x", "y")])
    #expect(second == 1)
    let removed = batch.removeLabel("tenant", ofSeries: 1)
    #expect(removed.map { batch.string($0) } == "t")
    #expect(batch.labels(ofSeries: 1).pairs.map(\.name) == ["__name__", "x"])
  }

  @Test func fieldsBelongToTheRecordTheyWereAddedFor() {
    var batch = Batch()
    for number in 0..<3 {
      batch.addField("n", integer: Int64(number))
      batch.append(record: Record(time: Int64(number), receivedAt: 0))
    }
    batch.addField("lost", integer: 9)
    batch.discardPendingFields()
    let late = batch.intern(ByteString("late"))
    let value = batch.intern(ByteString("x"))
    batch.addField(toRecord: 0, late, value, .text)
    #expect(batch.records.map { batch.field("n", of: $0) } == ["0", "1", "2"])
    #expect(batch.field("late", of: batch.records[0]) == "x")
    #expect(batch.field("late", of: batch.records[1]) == nil)
    #expect(batch.field("lost", of: batch.records[2]) == nil)
  }
}

@Suite struct TimelineTests {
  private func event(
    _ release: ByteString, at start: Int64, tenants: [ByteString]? = nil,
    instances: [ByteString]? = nil
  ) -> DeployEvent {
    DeployEvent(
      service: "odoo", environment: "", tenants: tenants, instances: instances, release: release,
      previous: nil, kind: .deploy, start: start, end: nil)
  }

  @Test func theLatestEventThatCoversTheSubjectHolds() {
    let timeline = Timeline([
      event("2", at: 20, tenants: ["a"]), event("1", at: 10), event("3", at: 30),
      event("4", at: 40, instances: ["host-1"]),
    ])
    func release(
      _ tenant: ByteString, _ at: Int64, _ instance: ByteString = .empty
    ) -> ByteString? {
      timeline.release(of: .init(tenant: tenant, service: "odoo", instance: instance), at: at)
    }
    #expect(release("a", 9) == nil)
    #expect(release("a", 10) == "1" && release("b", 25) == "1")
    #expect(release("a", 20) == "2")
    #expect(release("a", 35) == "3" && release("b", 35) == "3")
    #expect(release("b", 45, "host-1") == "4" && release("b", 45, "host-2") == "3")
    #expect(timeline.release(of: .init(tenant: "a", service: "other"), at: 50) == nil)
  }

  @Test func changesBeginWithWhatRanAtTheStart() {
    let timeline = Timeline([event("1", at: 10), event("1", at: 15), event("2", at: 20)])
    let subject = Timeline.Subject(tenant: "a", service: "odoo")
    let changes = timeline.changes(of: subject, from: 12, through: 30)
    #expect(changes.map(\.at) == [12, 20])
    #expect(changes.map(\.release) == ["1", "2"])
    #expect(timeline.changes(of: subject, from: 0, through: 5).map(\.release) == [nil])
  }

  @Test func anArenaAdoptsHoldsAndIsCut() {
    var batch = Batch()
    let padding = JSONRowScanner.padding
    #expect(batch.adopt([1, 2, 3]) == 0..<3)
    #expect(batch.adopt([4, 5]) == (3 + padding)..<(5 + padding))
    let frame: [UInt8] = [6]
    let held = batch.hold(frame.span)
    #expect(held == (5 + 2 * padding)..<(6 + 2 * padding))
    #expect(batch.arena[held] == [6])
    #expect(batch.arena.suffix(padding).allSatisfy { $0 == 10 })
    batch.cutArena(to: 3)
    batch.cutArena(to: 9)
    #expect(batch.arena == [1, 2, 3])
    let text = batch.intern(ByteString("a\\nb"))
    let decoded = batch.unescape(text)
    #expect(batch.string(decoded) == "a\nb")
  }
}
