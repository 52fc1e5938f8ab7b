import Bytes
import Foundation
import Model
import Storing
import Support
import Testing

/// A backup is a data folder of its own, with everything that was acknowledged before it began.
@Suite struct BackupTests {
  @Test func aBackupIsADataFolder() throws {
    let folder = Folder()
    let target = folder.path + "/copy"
    let store = try Rows.open(SystemDisk(), folder.path + "/data")
    try store.state.commit(
      alerts: [StoredAlert(key: "k", body: "b")], removed: [], outbox: [])
    for number in 0..<10 {
      try Rows.append(Rows.batch("b\(number)"), to: store, key: ByteString("k\(number)"))
      if number % 4 == 3 { try store.compact(now: Rows.now) }
    }
    let expected = try Rows.pieces(in: store)
    let report = try store.backup(to: target)
    #expect(report.files > 0 && report.bytes > 0)
    // What comes later is not in it, and what goes later stays in it.
    try Rows.append(Rows.batch("later"), to: store)
    _ = try store.delete(
      DeletionRequest(
        tenant: "t0", times: .min ... .max, records: { $0.records.map { _ in true } },
        series: { _ in true }))
    #expect(throws: (any Error).self) { try store.backup(to: target) }
    store.close()
    let copy = try Rows.open(SystemDisk(), target)
    #expect(try Rows.pieces(in: copy) == expected)
    #expect(!copy.isPartial)
    #expect(try copy.state.alerts() == [StoredAlert(key: "k", body: "b")])
    #expect(try Rows.append(Rows.batch("b3"), to: copy, key: "k3").wasDuplicate)
    try Rows.append(Rows.batch("more"), to: copy)
    copy.close()
  }

  /// Appends go on while it is made: each row of it is whole, and none is there twice.
  @Test func aBackupUnderLoadIsConsistent() async throws {
    let folder = Folder()
    let store = try Rows.open(SystemDisk(), folder.path + "/data")
    for number in 0..<5 { try Rows.append(Rows.batch("before\(number)"), to: store) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        for number in 0..<30 {
          _ = try await store.append(Rows.batch("during\(number)"), idempotencyKey: nil)
        }
      }
      let target = folder.path + "/copy"
      group.addTask { _ = try store.backup(to: target) }
      try await group.waitForAll()
    }
    store.close()
    let copy = try Rows.open(SystemDisk(), folder.path + "/copy")
    let found = try Rows.count(copy)
    #expect(found.values.allSatisfy { $0 == 1 })
    #expect(found.count % 3 == 0)
    #expect((0..<5).allSatisfy { found["before\($0)/0"] == 1 })
    copy.close()
  }
}

/// A folder that goes when the test ends.
final class Folder {
  let path = NSTemporaryDirectory() + "plimsoll-store-\(UUID().uuidString)"

  init() {
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }
}
