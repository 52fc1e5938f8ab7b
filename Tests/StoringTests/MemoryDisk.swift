import Storing
import Support
import Synchronization

/// A disk in memory that knows what is durable: a crash keeps what was synced, and of the rest any
/// 512-byte sectors. It can fail the nth call, and can be told to forget that syncs exist.
final class MemoryDisk: Disk {
  struct File {
    var bytes: [UInt8] = []
    var synced: [UInt8] = []
    var isNameDurable = false
  }

  struct State {
    var files: [String: File] = [:]
    var calls = 0
    var failingCall: Int?
    var failure: Int32 = 5
    var failsFrom = false
    var locked: Set<String> = []
  }

  let state = Mutex(State())
  private let ignoresSyncs: Bool

  init(ignoresSyncs: Bool = false) {
    self.ignoresSyncs = ignoresSyncs
  }

  /// The disk as it is after the machine lost power now.
  func afterCrash(_ random: inout SeededGenerator) -> MemoryDisk {
    let files = state.withLock { $0.files }
    let next = MemoryDisk(ignoresSyncs: ignoresSyncs)
    var kept: [String: File] = [:]
    for (path, file) in files.sorted(by: { $0.key < $1.key }) {
      guard file.isNameDurable || Bool.random(using: &random) else { continue }
      var bytes = file.synced
      // The unsynced tail survives up to some sector, with some sectors of it missing.
      let extent = Int.random(in: file.synced.count...max(file.synced.count, file.bytes.count), using: &random)
      if extent > bytes.count {
        bytes += file.bytes[bytes.count..<extent]
        for sector in stride(from: file.synced.count / 512 * 512, to: extent, by: 512)
        where sector >= file.synced.count && Int.random(in: 0..<3, using: &random) == 0 {
          for index in sector..<min(sector + 512, extent) { bytes[index] = 0 }
        }
      }
      kept[path] = File(bytes: bytes, synced: bytes, isNameDurable: true)
    }
    let survivors = kept
    next.state.withLock { $0.files = survivors }
    return next
  }

  /// Makes the `call`-th write or sync from now fail with an error number; with `onwards` all later
  /// ones too.
  func fail(call: Int, with number: Int32, onwards: Bool = false) {
    state.withLock {
      $0.calls = 0
      $0.failingCall = call
      $0.failure = number
      $0.failsFrom = onwards
    }
  }

  func heal() {
    state.withLock { $0.failingCall = nil }
  }

  fileprivate func check(_ operation: String, _ path: String) throws(DiskFault) {
    let failure: Int32? = state.withLock { state in
      state.calls += 1
      guard let failing = state.failingCall else { return nil }
      return state.calls == failing || (state.failsFrom && state.calls > failing)
        ? state.failure : nil
    }
    if let failure { throw DiskFault(operation, path, failure) }
  }

  func flip(bit: Int, of path: String) {
    state.withLock { state in
      guard var file = state.files[path], !file.bytes.isEmpty else { return }
      file.bytes[bit / 8 % file.bytes.count] ^= 1 << UInt8(bit % 8)
      file.synced = file.bytes
      state.files[path] = file
    }
  }

  var paths: [String] { state.withLock { $0.files.keys.sorted() } }

  func open(_ path: String, create: Bool) throws(DiskFault) -> any DiskFile {
    let exists = state.withLock { state in
      if state.files[path] == nil, create { state.files[path] = File() }
      return state.files[path] != nil
    }
    guard exists else { throw DiskFault("open", path, 2) }
    return MemoryFile(path: path, disk: self)
  }

  func list(_ folder: String) throws(DiskFault) -> [String] {
    state.withLock { state in
      state.files.keys.filter { $0.hasPrefix(folder + "/") }
        .map { String($0.dropFirst(folder.count + 1)) }.filter { !$0.contains("/") }.sorted()
    }
  }

  func makeFolder(_ path: String) throws(DiskFault) {}

  func rename(_ path: String, to target: String) throws(DiskFault) {
    state.withLock { $0.files[target] = $0.files.removeValue(forKey: path) }
  }

  func remove(_ path: String) throws(DiskFault) {
    state.withLock { $0.files[path] = nil }
  }

  func syncFolder(_ path: String) throws(DiskFault) {
    guard !ignoresSyncs else { return }
    state.withLock { state in
      for name in state.files.keys where name.hasPrefix(path + "/") {
        state.files[name]?.isNameDurable = true
      }
    }
  }

  func lock(_ path: String) throws(DiskFault) -> (any Sendable)? {
    guard state.withLock({ $0.locked.insert(path).inserted }) else { return nil }
    return Lock(path: path, disk: self)
  }

  func freeBytes(_ path: String) throws(DiskFault) -> Int64 { .max }

  func databasePath(_ path: String) -> String { ":memory:" }

  private final class Lock: Sendable {
    let path: String
    let disk: MemoryDisk

    init(path: String, disk: MemoryDisk) {
      self.path = path
      self.disk = disk
    }

    deinit {
      let path = path
      disk.state.withLock { _ = $0.locked.remove(path) }
    }
  }

  private final class MemoryFile: DiskFile {
    let path: String
    let disk: MemoryDisk

    init(path: String, disk: MemoryDisk) {
      self.path = path
      self.disk = disk
    }

    func size() throws(DiskFault) -> Int {
      disk.state.withLock { $0.files[path]?.bytes.count ?? 0 }
    }

    func append(_ bytes: [UInt8], at offset: Int) throws(DiskFault) {
      do {
        try disk.check("write", path)
      } catch {
        // A failed write may have put down a part of it.
        write(Array(bytes.prefix(bytes.count / 2)), at: offset)
        throw error
      }
      write(bytes, at: offset)
    }

    private func write(_ bytes: [UInt8], at offset: Int) {
      disk.state.withLock { state in
        var file = state.files[path] ?? File()
        let end = offset + bytes.count
        if file.bytes.count < end {
          file.bytes += [UInt8](repeating: 0, count: end - file.bytes.count)
        }
        file.bytes.replaceSubrange(offset..<end, with: bytes)
        state.files[path] = file
      }
    }

    func read(at offset: Int, count: Int) throws(DiskFault) -> [UInt8] {
      disk.state.withLock { state in
        let bytes = state.files[path]?.bytes ?? []
        guard offset < bytes.count else { return [] }
        return Array(bytes[offset..<min(offset + count, bytes.count)])
      }
    }

    func truncate(to size: Int) throws(DiskFault) {
      disk.state.withLock { state in
        let excess = (state.files[path]?.bytes.count ?? 0) - size
        if excess > 0 { state.files[path]?.bytes.removeLast(excess) }
      }
    }

    func sync() throws(DiskFault) {
      try disk.check("sync", path)
      guard !disk.ignoresSyncs else { return }
      disk.state.withLock { state in
        let bytes = state.files[path]?.bytes ?? []
        state.files[path]?.synced = bytes
      }
    }
  }
}
