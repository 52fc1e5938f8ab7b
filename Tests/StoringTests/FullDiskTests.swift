import Bytes
import Foundation
import Model
import Storing
import Support
import Testing

/// A file system that is full for real: a small one in memory, where mounting is allowed.
@Suite(.serialized) struct FullDiskTests {
  /// A mounted file system that goes when the test ends.
  private final class Mount {
    let folder = Folder()
    private var isMounted = false

    var path: String { folder.path }

    /// Nil where it may not be mounted.
    init?(bytes: Int) {
      isMounted = Self.run("/bin/mount", ["-t", "tmpfs", "-o", "size=\(bytes)", "none", path])
      guard isMounted else {
        print("skipped: this process may not mount a file system")
        return nil
      }
    }

    private static func run(_ program: String, _ arguments: [String]) -> Bool {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: program)
      process.arguments = arguments
      process.standardError = FileHandle.nullDevice
      guard (try? process.run()) != nil else { return false }
      process.waitUntilExit()
      return process.terminationStatus == 0
    }

    deinit {
      if isMounted { _ = Self.run("/bin/umount", ["-l", path]) }
    }
  }

  private static func settings(minimumFree: Int?) -> StoreSettings {
    var settings = Rows.settings()
    settings.cacheBytes = 0
    settings.segmentBytes = 128 << 10
    settings.minimumFree = minimumFree
    return settings
  }

  /// Rows that no compression makes small.
  private static func batch(_ name: String) -> Batch {
    var batch = Batch()
    var noise = SeededGenerator(seed: UInt64(name.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) }))
    for number in 0..<rows {
      batch.addField("row", batch.intern(ByteString("\(name)/\(number)")), .text)
      var record = Record(time: Rows.now + Int64(number), receivedAt: Rows.now)
      record.tenant = batch.intern(ByteString("t\(number % 2)"))
      record.message = batch.intern(
        (0..<2_000).map { _ in UInt8(truncatingIfNeeded: noise.next()) })
      batch.append(record: record)
    }
    return batch
  }

  private static let rows = 10

  /// Appends until the disk is full; returns the names of what was acknowledged.
  private func fill(_ store: Store, _ prefix: String) -> [String] {
    var acknowledged: [String] = []
    for number in 0..<20_000 {
      let name = "\(prefix)\(number)"
      do {
        try Rows.append(Self.batch(name), to: store, key: ByteString(name))
        acknowledged.append(name)
      } catch {
        #expect(error as? StoreFault == .full)
        return acknowledged
      }
      // Compaction runs into it as well.
      if number % 20 == 19 { try? store.compact(now: Rows.now) }
    }
    Issue.record("the disk never was full")
    return acknowledged
  }

  private func check(_ store: Store, _ acknowledged: [String]) throws {
    let found = try Rows.count(store)
    #expect(found.values.allSatisfy { $0 == 1 })
    for name in acknowledged {
      for row in [0, 5, 9] where found["\(name)/\(row)"] != 1 { Issue.record("lost \(name)") }
    }
    #expect(found.count >= acknowledged.count * Self.rows)
    #expect(!store.isPartial)
  }

  @Test(arguments: [0, nil]) func afterAFullDiskNothingIsLost(minimumFree: Int?) throws {
    let size = 4 << 20
    guard let mount = Mount(bytes: size) else { return }
    let settings = Self.settings(minimumFree: minimumFree)
    let ballast = mount.path + "/ballast"
    try Data(count: 1 << 20).write(to: URL(fileURLWithPath: ballast))
    var store = try Rows.open(SystemDisk(), mount.path + "/store", settings: settings)
    var acknowledged = fill(store, "first")
    #expect(acknowledged.count > 10)
    for _ in 0..<3 {
      #expect(throws: StoreFault.full) {
        try Rows.append(Self.batch("refused"), to: store, key: "refused")
      }
    }
    try check(store, acknowledged)
    // The process goes and comes back while the disk is full.
    store.close()
    store = try Rows.open(SystemDisk(), mount.path + "/store", settings: settings)
    try check(store, acknowledged)
    try FileManager.default.removeItem(atPath: ballast)
    let receipt = try Rows.append(
      Self.batch("refused"), to: store, key: "refused")
    #expect(!receipt.wasDuplicate)
    acknowledged += ["refused"] + fill(store, "second")
    #expect(acknowledged.contains("second0"))
    try check(store, acknowledged)
    store.close()
    store = try Rows.open(SystemDisk(), mount.path + "/store", settings: settings)
    try check(store, acknowledged)
    store.close()
  }
}
