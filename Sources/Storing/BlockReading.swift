import Bytes
import Synchronization

extension BlockEntry {
  /// The block as samples; nil when it is damaged. Throws when it cannot be read now.
  func checkedSampleBlock() throws(DiskFault) -> SampleBlockReader? {
    try checkedBytes().flatMap { SampleBlockReader($0, tenant: head.tenant, blockID: head.id) }
  }

  /// The block as records; nil when it is damaged. Throws when it cannot be read now.
  func checkedLogBlock() throws(DiskFault) -> LogBlockReader? {
    try checkedBytes().flatMap {
      LogBlockReader(.memory($0), tenant: head.tenant, blockID: head.id)
    }
  }

  /// The block as samples; nil when it is damaged.
  func sampleBlock() -> SampleBlockReader? {
    bytes().flatMap { SampleBlockReader($0, tenant: head.tenant, blockID: head.id) }
  }

  /// The block as records; nil when it is damaged.
  func logBlock() -> LogBlockReader? {
    bytes().flatMap { LogBlockReader(.memory($0), tenant: head.tenant, blockID: head.id) }
  }

  /// The block as records of which only those sections are read that are asked for, each with its
  /// own checksum; nil when its head is damaged.
  func lazyLogBlock(_ sections: BlockCache<[UInt8]>) -> LogBlockReader? {
    LogBlockReader(
      .file(file, offset: head.offset, size: head.size), tenant: head.tenant, blockID: head.id,
      cache: sections)
  }
}

/// The blocks that were read lately, their heads and indexes unpacked, up to so many bytes.
final class BlockCache<Reader: Sendable>: Sendable {
  /// A reader, what it takes, and when it was last used.
  private struct Kept {
    let reader: Reader
    let cost: Int
    var usedAt: UInt64
  }

  /// A block, and which content of it: one that is written anew may keep its id.
  private struct Key: Hashable {
    let id: UInt64
    let checksum: UInt64
  }

  /// What the lock guards.
  private struct State {
    var kept: [Key: Kept] = [:]
    var bytes = 0
    var uses: UInt64 = 0
  }

  private let state = Mutex(State())
  private let limit: Int

  /// Keeps readers of about `limit` bytes.
  init(limit: Int) {
    self.limit = limit
  }

  /// The reader of a block, made by `make` when it is not here.
  func reader(of block: BlockHead, cost: Int, _ make: () -> Reader?) -> Reader? {
    value(id: block.id, checksum: block.checksum, cost: { _ in cost }, make)
  }

  /// What was kept of so much of a block as has this checksum, made by `make` when it is not here.
  func value(
    id: UInt64, checksum: UInt64, cost: (Reader) -> Int, _ make: () -> Reader?
  ) -> Reader? {
    let key = Key(id: id, checksum: checksum)
    let known: Reader? = state.withLock { state in
      state.uses += 1
      state.kept[key]?.usedAt = state.uses
      return state.kept[key]?.reader
    }
    if let known { return known }
    guard let reader = make() else { return nil }
    let size = cost(reader)
    // One that would push out most of the others is not worth it.
    guard size <= limit / 4 else { return reader }
    state.withLock { state in
      guard state.kept[key] == nil else { return }
      state.kept[key] = Kept(reader: reader, cost: size, usedAt: state.uses)
      state.bytes += size
      guard state.bytes > limit else { return }
      for (key, value) in state.kept.sorted(by: { $0.value.usedAt < $1.value.usedAt }) {
        guard state.bytes > limit / 4 * 3 else { break }
        state.bytes -= value.cost
        state.kept[key] = nil
      }
    }
    return reader
  }

  /// Forgets everything.
  func clear() {
    state.withLock { state in
      state.kept = [:]
      state.bytes = 0
    }
  }
}
