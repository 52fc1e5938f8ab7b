import Bytes
import Foundation
import Storing
import Support
import Testing

/// The store on real files.
@Suite struct SystemDiskTests {
  @Test func rowsAndKeysSurviveARestart() async throws {
    let folder = Folder()
    var store = try Rows.open(SystemDisk(), folder.path)
    _ = try await store.append(Rows.batch("b"), idempotencyKey: "k")
    #expect(throws: StoreFault.locked(folder.path)) { try Rows.open(SystemDisk(), folder.path) }
    store.close()
    store = try Rows.open(SystemDisk(), folder.path)
    #expect(try Rows.count(store).count == 3)
    #expect(try await store.append(Rows.batch("b"), idempotencyKey: "k").wasDuplicate)
    store.close()
  }

  @Test func whateverIsNamedAsASegmentOpens() async throws {
    let folder = Folder()
    var store = try Rows.open(SystemDisk(), folder.path)
    _ = try await store.append(Rows.batch("b"), idempotencyKey: nil)
    store.close()
    let segments = folder.path + "/segments/"
    try FileManager.default.createDirectory(
      atPath: segments + "00000007.seg", withIntermediateDirectories: true)
    #expect(mkfifo(segments + "00000008.seg", 0o600) == 0)
    try FileManager.default.createSymbolicLink(
      atPath: segments + "00000009.seg", withDestinationPath: "/etc/passwd")
    try "x".write(toFile: segments + "note.txt", atomically: true, encoding: .utf8)
    store = try Rows.open(SystemDisk(), folder.path)
    #expect(try Rows.count(store).count == 3)
    #expect(store.status().damagedRegions == 3)
    _ = try await store.append(Rows.batch("later"), idempotencyKey: nil)
    store.close()
    #expect(FileManager.default.fileExists(atPath: segments + "00000010.seg"))
  }

  /// In a store that is gone, with its databases, when this returns.
  private func append(_ name: String, in folder: String) async throws {
    let store = try Rows.open(SystemDisk(), folder)
    _ = try await store.append(Rows.batch(name), idempotencyKey: nil)
    store.close()
  }

  @Test func damagedDatabasesAreSetAside() async throws {
    let folder = Folder()
    for name in ["state.db", "catalogue.db"] {
      try await append(name, in: folder.path)
      let garbage = Data((0..<9_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
      try garbage.write(to: URL(fileURLWithPath: folder.path + "/" + name))
      let store = try Rows.open(SystemDisk(), folder.path)
      #expect(try Rows.count(store)[name + "/0"] == 1)
      #expect(store.isPartial == (name == "state.db"))
      #expect(try store.state.deploys().isEmpty)
      store.close()
    }
    let kept = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/quarantine")
    #expect(kept == ["state-\(Rows.now).db"])
  }

  @Test func aFolderThatIsAFileIsAClearError() throws {
    let folder = Folder()
    let file = folder.path + "/file"
    try "x".write(toFile: file, atomically: true, encoding: .utf8)
    let fault = #expect(throws: DiskFault.self) { try Rows.open(SystemDisk(), file) }
    #expect(fault?.description.contains(file) == true)
  }
}
