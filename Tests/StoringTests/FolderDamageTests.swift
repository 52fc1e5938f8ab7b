import Bytes
import Foundation
import Model
import Storing
import Support
import Testing

/// Damage to real data folders, where the catalogue and the state are SQLite's.
@Suite struct FolderDamageTests {
  /// A data folder with files of every kind, as a killed process leaves it, and what is in it.
  private final class Template {
    let folder = Folder()
    let pieces: Set<Rows.Piece>
    /// Rows of one block at most.
    static let blockRows = 12
    static let alerts = (0..<20).map {
      StoredAlert(
        key: ByteString("alert \($0)"), body: ByteString(String(repeating: "body\($0)", count: 9)))
    }

    var path: String { folder.path + "/template" }

    /// A folder after a kill, or after a stop, when all is in the databases themselves.
    init(isStopped: Bool = false) throws {
      let live = folder.path + "/live"
      // A stop brings the catalogue's log into the catalogue; what comes later is in the log.
      try Self.fill(0..<4, live).close()
      var store: Store? = try Self.fill(4..<8, live)
      pieces = Set(try store.map { try Rows.pieces(in: $0).keys } ?? [:].keys)
      // Copied while it is open, SQLite's logs are there.
      if isStopped { store = nil }
      try FileManager.default.copyItem(atPath: live, toPath: folder.path + "/template")
      store?.close()
    }

    private static func fill(_ numbers: Range<Int>, _ folder: String) throws -> Store {
      let store = try Rows.open(SystemDisk(), folder, settings: BlockDamageTests.settings)
      for number in numbers {
        try store.state.commit(
          alerts: alerts.indices.filter { $0 % 8 == number }.map { alerts[$0] }, removed: [],
          outbox: [])
        try Rows.append(
          Rows.batch("b\(number)", count: 6, samples: 4), to: store,
          key: ByteString("k\(number)"))
        if number % 2 == 1, number < 7 { try store.compact(now: Rows.now) }
      }
      return store
    }

    func copy() throws -> String {
      let path = folder.path + "/\(UUID().uuidString)"
      try FileManager.default.copyItem(atPath: self.path, toPath: path)
      return path
    }

    /// All files that hold something, by their path within the folder.
    func files() throws -> [String] {
      try FileManager.default.subpathsOfDirectory(atPath: path).filter { name in
        let size = try? FileManager.default.attributesOfItem(atPath: path + "/" + name)
        return size?[.type] as? FileAttributeType == .typeRegular
          && (size?[.size] as? Int ?? 0) > 0
      }.sorted()
    }
  }

  /// Opens a damaged folder and holds it to the promises.
  private func check(
    _ path: String, _ template: Template, mayLose: Int, _ what: String
  ) throws {
    let store = try Rows.open(SystemDisk(), path, settings: BlockDamageTests.settings)
    let found = try Rows.pieces(in: store)
    #expect(Set(found.keys).isSubset(of: template.pieces), "\(what)")
    #expect(found.values.allSatisfy { $0 == 1 }, "\(what)")
    let lost = template.pieces.count - found.count
    #expect(lost <= mayLose, "\(what)")
    if lost > 0 {
      #expect(store.isPartial, "\(what)")
      #expect(!store.missing(in: .fleet, from: .min, to: .max).isEmpty, "\(what)")
    }
    let alerts = (try? store.state.alerts()) ?? []
    #expect(alerts.allSatisfy { Template.alerts.contains($0) }, "\(what)")
    if alerts.count < Template.alerts.count { #expect(store.isPartial, "\(what)") }
    _ = try Rows.append(Rows.batch("later"), to: store)
    #expect(try Rows.count(store)["later/0"] == 1, "\(what)")
    store.close()
  }

  /// One bit flipped in any file.
  @Test func aFlippedBitAnywhereCostsOneBlockAtMost() throws {
    let template = try Template()
    let files = try template.files().filter { $0 != "lock" }
    #expect(files.contains("catalogue.db-wal") && files.contains("state.db"))
    #expect(files.contains { $0.hasSuffix(".blk") } && files.contains { $0.hasSuffix(".seg") })
    var random = SeededGenerator(seed: 12)
    for round in 0..<200 {
      let name = files[round % files.count]
      let path = try template.copy()
      let url = URL(fileURLWithPath: path + "/" + name)
      var bytes = [UInt8](try Data(contentsOf: url))
      bytes.flipBit(using: &random)
      try Data(bytes).write(to: url)
      // A catalogue is only a cache, and rows are not in the state.
      let mayLose = name.hasSuffix(".blk") || name.hasSuffix(".seg") ? Template.blockRows : 0
      try check(path, template, mayLose: mayLose, "round \(round), \(name)")
      try FileManager.default.removeItem(atPath: path)
    }
  }

  /// Databases are mostly empty space, so this aims at what is not.
  @Test(arguments: ["catalogue.db", "state.db"])
  func aFlippedBitInADatabaseCostsNoRow(_ name: String) throws {
    let template = try Template(isStopped: true)
    let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: template.path + "/" + name)))
    let filled = whole.indices.filter { whole[$0] != 0 }
    var random = SeededGenerator(seed: 14)
    for round in 0..<100 {
      let path = try template.copy()
      var bytes = whole
      let place = try #require(filled.randomElement(using: &random))
      bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + name))
      try check(path, template, mayLose: 0, "round \(round), byte \(place) of \(name)")
      try FileManager.default.removeItem(atPath: path)
    }
  }

  /// One part of a block file after another, with the catalogue there.
  @Test(arguments: BlockBytes.Part.allCases)
  func aFlippedBitInABlockFileCostsOneBlockAtMost(_ part: BlockBytes.Part) throws {
    let template = try Template()
    let name = try #require(template.files().first { $0.hasSuffix(".blk") })
    var random = SeededGenerator(seed: 13)
    for round in 0..<25 {
      let path = try template.copy()
      let url = URL(fileURLWithPath: path + "/" + name)
      var file = try #require(BlockBytes([UInt8](try Data(contentsOf: url))))
      let place = Int.random(in: file.range(of: part), using: &random)
      file.bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      try Data(file.bytes).write(to: url)
      let mayLose = part == .block ? Template.blockRows : 0
      try check(path, template, mayLose: mayLose, "\(part), round \(round)")
      try FileManager.default.removeItem(atPath: path)
    }
  }

  /// Databases that end anywhere.
  @Test(arguments: ["catalogue.db", "catalogue.db-wal", "state.db"])
  func anyLengthOfADatabaseOpens(_ name: String) throws {
    let template = try Template()
    let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: template.path + "/" + name)))
    for length in stride(from: 0, to: whole.count, by: max(1, whole.count / 25)) {
      let path = try template.copy()
      try Data(whole.prefix(length)).write(to: URL(fileURLWithPath: path + "/" + name))
      try check(path, template, mayLose: 0, "\(name), \(length) bytes")
      try FileManager.default.removeItem(atPath: path)
    }
  }

  /// Files that went, were replaced, or are of another age.
  @Test func filesThatAreNotWhatTheyWereCostNothingElse() throws {
    let template = try Template()
    let blocks = try template.files().filter { $0.hasSuffix(".blk") }
    let files = FileManager.default
    for name in ["catalogue.db", "catalogue.db-wal", "lock"] {
      let path = try template.copy()
      try files.removeItem(atPath: path + "/" + name)
      try check(path, template, mayLose: 0, "without \(name)")
    }
    let all = 24
    let path = try template.copy()
    try files.removeItem(atPath: path + "/" + blocks[0])
    try check(path, template, mayLose: all, "without \(blocks[0])")
    for kind in ["folder", "pipe", "link", "empty", "sparse"] {
      let path = try template.copy()
      let place = path + "/" + blocks[0]
      try files.removeItem(atPath: place)
      switch kind {
      case "folder": try files.createDirectory(atPath: place, withIntermediateDirectories: false)
      case "pipe": #expect(mkfifo(place, 0o600) == 0)
      case "link": try files.createSymbolicLink(atPath: place, withDestinationPath: "/etc/passwd")
      case "empty": try Data().write(to: URL(fileURLWithPath: place))
      default:
        try Data().write(to: URL(fileURLWithPath: place))
        #expect(truncate(place, 1 << 40) == 0)
      }
      try check(path, template, mayLose: all, kind)
    }
  }

  /// An old catalogue beside newer files, and a newer one beside older files.
  @Test func foldersOfMixedAgesShowEachBlockOnce() throws {
    let folder = Folder()
    let live = folder.path + "/live"
    var ages: [(path: String, pieces: Set<Rows.Piece>)] = []
    for age in 0..<12 {
      let store = try Rows.open(SystemDisk(), live, settings: BlockDamageTests.settings)
      try Rows.append(Rows.batch("b\(age)"), to: store)
      try store.compact(now: Rows.now)
      let pieces = Set(try Rows.pieces(in: store).keys)
      store.close()
      let path = folder.path + "/age\(age)"
      try FileManager.default.copyItem(atPath: live, toPath: path)
      ages.append((path, pieces))
    }
    // The eighth compaction merges the files before it.
    for (catalogue, files) in [(2, 5), (5, 2), (5, 9), (9, 5), (6, 7), (7, 6), (11, 8)] {
      let path = folder.path + "/mixed"
      try FileManager.default.copyItem(atPath: ages[files].path, toPath: path)
      try FileManager.default.removeItem(atPath: path + "/catalogue.db")
      try FileManager.default.copyItem(
        atPath: ages[catalogue].path + "/catalogue.db", toPath: path + "/catalogue.db")
      let store = try Rows.open(SystemDisk(), path, settings: BlockDamageTests.settings)
      let found = try Rows.pieces(in: store)
      #expect(Set(found.keys) == ages[files].pieces, "catalogue \(catalogue), files \(files)")
      #expect(found.values.allSatisfy { $0 == 1 }, "catalogue \(catalogue), files \(files)")
      store.close()
      try FileManager.default.removeItem(atPath: path)
    }
  }
}
