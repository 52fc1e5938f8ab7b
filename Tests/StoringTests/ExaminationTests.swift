import Bytes
import Foundation
import Model
import Storing
import Support
import Testing

/// A look at every byte of a folder names what is damaged, and a repair keeps all the rest.
@Suite struct ExaminationTests {
  /// A folder with blocks and a segment, and the pieces of rows in it.
  private func make(_ path: String) throws -> Set<Rows.Piece> {
    let store = try Rows.open(SystemDisk(), path)
    try store.state.commit(
      alerts: [StoredAlert(key: "k", body: "b")], removed: [], outbox: [])
    for number in 0..<6 { try Rows.append(Rows.batch("old\(number)"), to: store) }
    try store.compact(now: Rows.now)
    for number in 0..<3 { try Rows.append(Rows.batch("new\(number)"), to: store) }
    let pieces = try Rows.pieces(in: store)
    store.close()
    return Set(pieces.keys)
  }

  private func files(_ path: String, _ inner: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path + inner).sorted().map {
      path + inner + "/" + $0
    }
  }

  private func flip(_ path: String, at share: Double) throws {
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    let place = min(bytes.count - 1, Int(Double(bytes.count) * share))
    bytes[place] ^= 0x10
    try bytes.write(to: URL(fileURLWithPath: path))
  }

  private func repaired(_ found: Examination, _ path: String) throws -> Set<Rows.Piece> {
    let done = try found.repair(
      path, on: SystemDisk(), settings: Rows.settings(), now: Rows.now)
    #expect(!done.isEmpty)
    let store = try Rows.open(SystemDisk(), path)
    defer { store.close() }
    return Set(try Rows.pieces(in: store).keys)
  }

  @Test func aWholeFolderHasNoDamage() throws {
    let folder = Folder()
    let path = folder.path + "/data"
    _ = try make(path)
    let found = try Examination(of: path, on: SystemDisk())
    #expect(found.damage == [])
    #expect(found.blocks > 0 && found.segments == 1 && found.files >= 4)
    // Nine batches of three records and a sample.
    #expect(found.rows == 36)
  }

  @Test func aFolderInUseIsRefused() throws {
    let folder = Folder()
    let store = try Rows.open(SystemDisk(), folder.path + "/data")
    #expect(throws: StoreFault.self) {
      try Examination(of: folder.path + "/data", on: SystemDisk())
    }
    store.close()
  }

  @Test func aFlippedBitInABlockIsNamedAndTheRestKept() throws {
    let folder = Folder()
    let path = folder.path + "/data"
    let pieces = try make(path)
    try flip(try files(path, "/blocks")[0], at: 0.15)
    let found = try Examination(of: path, on: SystemDisk())
    #expect(found.damage.count == 1)
    let damage = try #require(found.damage.first)
    #expect(damage.path.hasSuffix(".blk") && damage.tenant != nil)
    let left = try repaired(found, path)
    #expect(left.isSubset(of: pieces) && left.count < pieces.count && !left.isEmpty)
    #expect(try files(path, "/quarantine").contains { $0.hasSuffix(".bin") })
  }

  @Test func aFlippedBitInASegmentIsNamed() throws {
    let folder = Folder()
    let path = folder.path + "/data"
    let pieces = try make(path)
    try flip(try files(path, "/segments")[0], at: 0.3)
    let found = try Examination(of: path, on: SystemDisk())
    #expect(found.damage.contains { $0.path.hasSuffix(".seg") })
    let store = try Rows.open(SystemDisk(), path)
    let left = Set(try Rows.pieces(in: store).keys)
    store.close()
    #expect(left.isSubset(of: pieces) && !left.isEmpty)
  }

  @Test func aLostCatalogueIsMadeAnew() throws {
    let folder = Folder()
    let path = folder.path + "/data"
    let pieces = try make(path)
    let text = "not a database at all, but long enough to be looked at"
    try Data(Array(text.utf8)).write(to: URL(fileURLWithPath: path + "/catalogue.db"))
    for suffix in ["-wal", "-shm"] {
      try? FileManager.default.removeItem(atPath: path + "/catalogue.db" + suffix)
    }
    let found = try Examination(of: path, on: SystemDisk())
    #expect(found.damage.map(\.path) == [path + "/catalogue.db"])
    #expect(try repaired(found, path) == pieces)
    #expect(try Examination(of: path, on: SystemDisk()).damage == [])
  }

  @Test func aBackupIsRestoredWhole() throws {
    let folder = Folder()
    let path = folder.path + "/data"
    let pieces = try make(path)
    let store = try Rows.open(SystemDisk(), path)
    _ = try store.backup(to: folder.path + "/backup")
    store.close()
    let target = folder.path + "/restored"
    let copied = try Restoring.copy(
      folder.path + "/backup", to: target, on: SystemDisk(), progress: { _ in })
    #expect(copied.files >= 3 && copied.bytes > 0)
    #expect(try Examination(of: target, on: SystemDisk()).damage == [])
    let restored = try Rows.open(SystemDisk(), target)
    #expect(Set(try Rows.pieces(in: restored).keys) == pieces)
    restored.close()
    #expect(throws: StoreFault.self) {
      try Restoring.copy(folder.path + "/backup", to: target, on: SystemDisk(), progress: { _ in })
    }
    #expect(throws: StoreFault.self) {
      try Restoring.copy(folder.path, to: target + "2", on: SystemDisk(), progress: { _ in })
    }
  }
}
