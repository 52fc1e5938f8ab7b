import Glibc

/// A file of a `MemoryDisk`: what reads see, and what is durable.
struct MemoryNode: Sendable {
  static let sector = 512

  private(set) var bytes: [UInt8] = []
  private(set) var durable: [UInt8] = []
  /// Sectors that a failed sync left clean in memory and unwritten on disk: a later sync that
  /// succeeds does not save them.
  private var forgotten: Set<Int> = []

  mutating func write(_ more: ArraySlice<UInt8>, at offset: Int) {
    guard offset >= 0, !more.isEmpty else { return }
    let end = offset + more.count
    if bytes.count < end { bytes += [UInt8](repeating: 0, count: end - bytes.count) }
    bytes.replaceSubrange(offset..<end, with: more)
    forgotten.subtract(Self.sectors(offset..<end))
  }

  mutating func truncate(to size: Int) {
    if size >= 0, size < bytes.count { bytes.removeLast(bytes.count - size) }
  }

  mutating func sync() {
    guard !forgotten.isEmpty else {
      durable = bytes
      return
    }
    durable = merged(size: bytes.count) { !forgotten.contains($0) }
  }

  mutating func failSync() {
    forgotten.formUnion(
      Self.sectors(0..<bytes.count).filter { slice(bytes, $0) != slice(durable, $0) })
  }

  mutating func corrupt(_ change: (inout [UInt8]) -> Void) {
    change(&bytes)
    durable = bytes
  }

  /// What a crash leaves: any size between, and any of the sectors that were not synced.
  func crashed(using random: inout some RandomNumberGenerator) -> MemoryNode {
    let sizes = [durable.count, bytes.count].sorted()
    let size =
      switch Int.random(in: 0..<3, using: &random) {
      case 0: durable.count
      case 1: bytes.count
      default: Int.random(in: sizes[0]...sizes[1], using: &random)
      }
    // Mostly everything or nothing of it, so that both are met often.
    let kept = Int.random(in: 0...4, using: &random)
    var after = MemoryNode()
    after.bytes = merged(size: size) { sector in
      let isKept = Int.random(in: 0..<4, using: &random) < kept
      return isKept && !forgotten.contains(sector)
    }
    after.durable = after.bytes
    return after
  }

  /// Sector by sector from what reads see or from what is durable, zeros where neither has bytes.
  private func merged(size: Int, _ takesNew: (Int) -> Bool) -> [UInt8] {
    var merged: [UInt8] = []
    for sector in Self.sectors(0..<size) {
      let low = sector * Self.sector
      let isSame = slice(bytes, sector) == slice(durable, sector)
      let source = slice(isSame || takesNew(sector) ? bytes : durable, sector)
      let count = min(size - low, Self.sector)
      merged += source.prefix(count)
      merged += [UInt8](repeating: 0, count: max(0, count - source.count))
    }
    return merged
  }

  private func slice(_ bytes: [UInt8], _ sector: Int) -> ArraySlice<UInt8> {
    let low = min(sector * Self.sector, bytes.count)
    return bytes[low..<min(low + Self.sector, bytes.count)]
  }

  private static func sectors(_ range: Range<Int>) -> Range<Int> {
    range.isEmpty ? 0..<0 : (range.lowerBound / sector)..<((range.upperBound - 1) / sector + 1)
  }
}

/// The names of a `MemoryDisk`. A change of a name is durable once its folder was synced; of those
/// that were not, a crash keeps the first few, as a journal does.
struct MemoryTree: Sendable {
  /// What a name stands for.
  private enum Entry: Equatable {
    case folder
    case file(Int)
  }

  /// A name that came to stand for something else, or for nothing.
  private struct Change {
    let path: String
    let entry: Entry?
    /// Changes with the same number happen together.
    let number: Int
  }

  var nodes: [Int: MemoryNode] = [:]
  private var names: [String: Entry] = [:]
  private var durableNames: [String: Entry] = [:]
  private var pending: [Change] = []
  private var nextNode = 1
  private var nextChange = 1

  var paths: [String] {
    names.keys.filter { names[$0] != .folder }.sorted()
  }

  var usedBytes: Int { nodes.values.reduce(0) { $0 + $1.bytes.count } }

  func contents(_ path: String) -> [UInt8] {
    guard case .file(let node) = names[path] else { return [] }
    return nodes[node]?.bytes ?? []
  }

  mutating func corrupt(_ path: String, _ change: (inout [UInt8]) -> Void) {
    guard case .file(let node) = names[path] else { return }
    nodes[node]?.corrupt(change)
  }

  mutating func open(_ path: String, create: Bool) -> Result<Int, DiskFault> {
    switch names[path] {
    case .file(let node): return .success(node)
    case .folder: return .failure(DiskFault("open", path, EISDIR))
    case nil:
      guard create, hasParent(path) else { return .failure(DiskFault("open", path, ENOENT)) }
      let node = nextNode
      nextNode += 1
      nodes[node] = MemoryNode()
      set([(path, .file(node))])
      return .success(node)
    }
  }

  func list(_ folder: String) -> [String] {
    names.keys.filter { DiskPath.parent(of: $0) == folder }
      .map { String($0.dropFirst(folder.count + 1)) }.sorted()
  }

  mutating func makeFolder(_ path: String) -> Result<Void, DiskFault> {
    if names[path] == nil {
      guard hasParent(path) else { return .failure(DiskFault("make folder", path, ENOENT)) }
      set([(path, .folder)])
    }
    return .success(())
  }

  mutating func rename(_ path: String, to target: String) -> Result<Void, DiskFault> {
    guard let entry = names[path] else { return .failure(DiskFault("rename", path, ENOENT)) }
    set([(path, nil), (target, entry)])
    return .success(())
  }

  mutating func remove(_ path: String) {
    if names[path] != nil { set([(path, nil)]) }
  }

  mutating func syncFolder(_ folder: String) {
    let numbers = Set(pending.filter { DiskPath.parent(of: $0.path) == folder }.map(\.number))
    for change in pending where numbers.contains(change.number) {
      durableNames[change.path] = change.entry
    }
    pending.removeAll { numbers.contains($0.number) }
  }

  func crashed(using random: inout some RandomNumberGenerator) -> MemoryTree {
    var after = MemoryTree()
    after.names = durableNames
    let last = Int.random(in: 0...pending.count, using: &random)
    let end = last == 0 ? 0 : pending[last - 1].number
    for change in pending where change.number <= end { after.names[change.path] = change.entry }
    for path in after.names.keys.sorted(by: { $0.utf8.count < $1.utf8.count })
    where !after.hasParent(path) { after.names[path] = nil }
    after.durableNames = after.names
    for path in after.paths {
      guard case .file(let number) = after.names[path], let node = nodes[number] else { continue }
      after.nodes[number] = node.crashed(using: &random)
    }
    after.nextNode = nextNode
    return after
  }

  private func hasParent(_ path: String) -> Bool {
    let parent = DiskPath.parent(of: path)
    return parent == "/" || parent == "." || names[parent] == .folder
  }

  private mutating func set(_ changes: [(String, Entry?)]) {
    for (path, entry) in changes {
      names[path] = entry
      pending.append(Change(path: path, entry: entry, number: nextChange))
    }
    nextChange += 1
  }
}
