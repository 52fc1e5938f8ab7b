import Glibc
import Synchronization

/// A kind of call to a disk, as a `MemoryDisk` counts and fails them.
package enum DiskCall: Sendable, CaseIterable {
  case open, list, makeFolder, rename, remove, syncFolder, append, read, truncate, sync
}

/// A disk in memory, for tests. It knows which bytes and names are durable: `crashed` gives a disk
/// as it could be after the power went, any unsynced 512-byte sector kept or lost. Calls can be
/// made to fail.
package final class MemoryDisk: Disk {
  /// What fails, and how.
  package struct Injection: Sendable {
    package var call: DiskCall
    /// Calls of the kind that succeed before the first that fails.
    package var after = 0
    /// How many fail then.
    package var count = 1
    package var number: Int32 = EIO
    /// Bytes that a failing append still writes.
    package var written = 0

    package init(
      _ call: DiskCall, after: Int = 0, count: Int = 1, number: Int32 = EIO, written: Int = 0
    ) {
      self.call = call
      self.after = after
      self.count = count
      self.number = number
      self.written = written
    }
  }

  /// What the lock guards.
  struct State {
    var tree = MemoryTree()
    var injections: [Injection] = []
    var locked: Set<String> = []
    /// Bytes of all files together; nil without limit.
    var capacity: Int?
    /// What the disk says it has in all; nil for endless.
    var reported: Int?
  }

  private let state: Mutex<State>
  private let ignored: Set<DiskCall>
  private let observe: @Sendable (MemoryDisk, DiskCall) -> Void

  /// Syncs that are `ignored` make nothing durable, which a test of durability must notice.
  /// `observe` is called before each call takes effect.
  package convenience init(
    ignoring ignored: Set<DiskCall> = [],
    observe: @escaping @Sendable (MemoryDisk, DiskCall) -> Void = { _, _ in }
  ) {
    self.init(State(), ignored, observe)
  }

  private init(
    _ state: State, _ ignored: Set<DiskCall>,
    _ observe: @escaping @Sendable (MemoryDisk, DiskCall) -> Void
  ) {
    self.state = Mutex(state)
    self.ignored = ignored
    self.observe = observe
  }

  /// A disk as this one could be after a crash now; this one lives on.
  package func crashed(using random: inout some RandomNumberGenerator) -> MemoryDisk {
    var after = State()
    after.tree = state.withLock { $0.tree }.crashed(using: &random)
    return MemoryDisk(after, []) { _, _ in }
  }

  /// A disk as the next process finds it when this one is killed now: unsynced bytes are still
  /// there, and still not durable.
  package func killed() -> MemoryDisk {
    var after = State()
    after.tree = state.withLock { $0.tree }
    return MemoryDisk(after, []) { _, _ in }
  }

  /// Makes calls fail from now on.
  package func inject(_ injection: Injection) {
    state.withLock { $0.injections.append(injection) }
  }

  /// Makes all calls succeed again.
  package func heal() {
    state.withLock { $0.injections = [] }
  }

  /// Appends fail with ENOSPC, the part that fits written, beyond so many bytes in all files.
  package func limit(bytes: Int?) {
    state.withLock { $0.capacity = bytes }
  }

  /// The disk says from now on that it has so many bytes in all.
  package func report(bytes: Int?) {
    state.withLock { $0.reported = bytes }
  }

  /// Bytes of all files together.
  package var usedBytes: Int { state.withLock { $0.tree.usedBytes } }

  /// The paths of all files, sorted.
  package var paths: [String] { state.withLock { $0.tree.paths } }

  /// A file's bytes; empty when it is not there.
  package func contents(_ path: String) -> [UInt8] {
    state.withLock { $0.tree.contents(path) }
  }

  /// Changes a file's bytes durably, as decay does, or a stray write.
  package func corrupt(_ path: String, _ change: (inout [UInt8]) -> Void) {
    state.withLock { $0.tree.corrupt(path, change) }
  }

  /// Observes, and throws what was injected; otherwise does the work.
  private func perform<Value: Sendable>(
    _ call: DiskCall, _ path: String, _ work: (inout State) -> Result<Value, DiskFault>
  ) throws(DiskFault) -> Value {
    observe(self, call)
    let result: Result<Value, DiskFault> = state.withLock { state in
      if let failing = Self.failing(call, &state) {
        return .failure(DiskFault("\(call)", path, failing.number))
      }
      return work(&state)
    }
    return try result.get()
  }

  private static func failing(_ call: DiskCall, _ state: inout State) -> Injection? {
    for index in state.injections.indices where state.injections[index].call == call {
      if state.injections[index].after > 0 {
        state.injections[index].after -= 1
      } else if state.injections[index].count > 0 {
        state.injections[index].count -= 1
        return state.injections[index]
      }
    }
    return nil
  }

  package func open(_ path: String, create: Bool) throws(DiskFault) -> any DiskFile {
    let node = try perform(.open, path) { $0.tree.open(path, create: create) }
    return File(path: path, disk: self, node: node)
  }

  package func list(_ folder: String) throws(DiskFault) -> [String] {
    try perform(.list, folder) { .success($0.tree.list(folder)) }
  }

  package func makeFolder(_ path: String) throws(DiskFault) {
    try perform(.makeFolder, path) { $0.tree.makeFolder(path) }
  }

  package func rename(_ path: String, to target: String) throws(DiskFault) {
    try perform(.rename, path) { $0.tree.rename(path, to: target) }
  }

  package func remove(_ path: String) throws(DiskFault) {
    try perform(.remove, path) { .success($0.tree.remove(path)) }
  }

  package func space(of folder: String) throws(DiskFault) -> (free: Int, total: Int) {
    state.withLock { state in
      guard let reported = state.reported else { return (.max, .max) }
      return (max(0, reported - state.tree.usedBytes), reported)
    }
  }

  package func duplicate(_ path: String, to target: String) throws(DiskFault) -> Bool {
    let copy = try open(target, create: true)
    try copy.append(contents(path), at: 0)
    try copy.sync()
    return false
  }

  package func syncFolder(_ path: String) throws(DiskFault) {
    try perform(.syncFolder, path) { state in
      if !ignored.contains(.syncFolder) { state.tree.syncFolder(path) }
      return .success(())
    }
  }

  package func lock(_ path: String) throws(DiskFault) -> (any Sendable)? {
    state.withLock { $0.locked.insert(path).inserted } ? Lock(path: path, disk: self) : nil
  }

  /// SQLite's own files are not kept here: each opening sees an empty database.
  package func databasePath(_ path: String) -> String { ":memory:" }

  /// A held lock, given back when it goes.
  private final class Lock: Sendable {
    let path: String
    let disk: MemoryDisk

    init(path: String, disk: MemoryDisk) {
      self.path = path
      self.disk = disk
    }

    deinit {
      disk.state.withLock { _ = $0.locked.remove(path) }
    }
  }

  /// An open file; it stays readable when its name goes.
  private final class File: DiskFile {
    let path: String
    let disk: MemoryDisk
    let node: Int

    init(path: String, disk: MemoryDisk, node: Int) {
      self.path = path
      self.disk = disk
      self.node = node
    }

    func size() throws(DiskFault) -> Int {
      disk.state.withLock { $0.tree.nodes[node]?.bytes.count ?? 0 }
    }

    func append(_ bytes: [UInt8], at offset: Int) throws(DiskFault) {
      disk.observe(disk, .append)
      let fault: DiskFault? = disk.state.withLock { state in
        var fitting = bytes.count
        var number: Int32?
        if let failing = MemoryDisk.failing(.append, &state) {
          fitting = min(failing.written, fitting)
          number = failing.number
        } else if let capacity = state.capacity {
          let free = max(0, capacity - state.tree.usedBytes)
          if free < fitting {
            fitting = free
            number = ENOSPC
          }
        }
        state.tree.nodes[node]?.write(bytes.prefix(fitting), at: offset)
        return number.map { DiskFault("append", path, $0) }
      }
      if let fault { throw fault }
    }

    func read(at offset: Int, count: Int) throws(DiskFault) -> [UInt8] {
      try disk.perform(.read, path) { state in
        let bytes = state.tree.nodes[node]?.bytes ?? []
        guard offset >= 0, offset < bytes.count else { return .success([]) }
        return .success(Array(bytes[offset..<(offset + min(count, bytes.count - offset))]))
      }
    }

    func truncate(to size: Int) throws(DiskFault) {
      try disk.perform(.truncate, path) { state in
        state.tree.nodes[node]?.truncate(to: size)
        return .success(())
      }
    }

    func sync() throws(DiskFault) {
      do {
        try disk.perform(.sync, path) { state in
          if !disk.ignored.contains(.sync) { state.tree.nodes[node]?.sync() }
          return .success(())
        }
      } catch {
        disk.state.withLock { $0.tree.nodes[node]?.failSync() }
        throw error
      }
    }
  }
}
