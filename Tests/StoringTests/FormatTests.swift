import Bytes
import Storing
import Support
import Testing

/// A folder as the second version of the format wrote it: a file of blocks, and a segment that was
/// not compacted yet. Every later version must read it.
@Suite struct FormatTests {
  private static let folder = "store/v2"

  /// The folder as it was stored; its files lie side by side, named `segments-00000003.seg`.
  private func disk() throws -> MemoryDisk {
    let disk = MemoryDisk()
    for inner in ["", "/segments", "/blocks"] { try disk.makeFolder("/store" + inner) }
    for fixture in Fixture.all(Self.folder, suffix: "") where !fixture.path.hasSuffix(".out") {
      let name = fixture.path.split(separator: "/").last ?? ""
      let parts = name.split(separator: "-", maxSplits: 1)
      let file = try disk.open("/store/\(parts[0])/\(parts[1])", create: true)
      try file.append(fixture.bytes(), at: 0)
    }
    return disk
  }

  @Test func theStoredSampleOfVersion2Opens() throws {
    let store = try Rows.open(try disk())
    let expected = try Fixture.named(Self.folder + "/rows.out").text()
    #expect(try Rows.text(of: store).joined(separator: "\n") + "\n" == expected)
    #expect(!store.isPartial)
    #expect(store.status().segments > 0)
    store.close()
  }

  @Test func itIsCompactedAndStaysTheSame() throws {
    let store = try Rows.open(try disk())
    let before = try Rows.pieces(in: store)
    try store.compact(now: Rows.now)
    #expect(store.status().segments == 0)
    #expect(try Rows.pieces(in: store) == before)
    store.close()
  }
}
