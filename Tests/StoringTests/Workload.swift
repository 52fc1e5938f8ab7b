import Bytes
import Model
import Storing
import Support
import Synchronization

/// A seeded run of everything that changes a store: appends, compaction, merging, deletion,
/// retention and starts; and what was promised at any moment of it.
final class Workload: Sendable {
  static let folder = "/data/store"
  private static let rounds = 11
  private static let retention: Int64 = 3_600 * Rows.second
  /// How old the rows of the first rounds are.
  private static let age: Int64 = 1_800 * Rows.second

  /// What happened to a batch, for a record that outlives the process.
  enum Event: String, Sendable {
    case sent, stored, leaving, deleted
  }

  private let books = Mutex(Ledger())
  private let seed: UInt64
  /// Told of the moments at which a fault may be put in.
  private let round: @Sendable (Int) -> Void
  /// Told of everything, in order, by the batch's name.
  private let note: @Sendable (Event, String) -> Void

  init(
    seed: UInt64, round: @escaping @Sendable (Int) -> Void = { _ in },
    note: @escaping @Sendable (Event, String) -> Void = { _, _ in }
  ) {
    self.seed = seed
    self.round = round
    self.note = note
  }

  var ledger: Ledger { books.withLock { $0 } }

  static var settings: StoreSettings {
    var settings = StoreSettings(retention: retention)
    settings.segmentBytes = 8_192
    // All reads go to the disk.
    settings.cacheBytes = 0
    return settings
  }

  static func open(_ disk: any Disk, _ folder: String = folder) throws -> Store {
    try Rows.open(disk, folder, settings: settings)
  }

  /// Runs it all; what fails is left as it is, as a server would.
  func run(on disk: any Disk, _ folder: String = folder) throws {
    var random = SeededGenerator(seed: seed)
    var store = try Self.open(disk, folder)
    for number in 0..<Self.rounds {
      round(number)
      append(round: number, to: store, &random)
      if Int.random(in: 0..<6, using: &random) > 0 { try? store.compact(now: Rows.now) }
      switch number {
      case 4, 9: delete(from: store, &random)
      case 6: expire(store)
      default: break
      }
      if number == 3 || number == 8 {
        store.close()
        store = try Self.open(disk, folder)
      }
    }
    store.close()
  }

  private func append(round: Int, to store: Store, _ random: inout SeededGenerator) {
    let group = (0..<Int.random(in: 1...3, using: &random)).map { place in
      let name = "b\(round)-\(place)"
      let batch = Rows.batch(
        name, count: Int.random(in: 0...6, using: &random),
        samples: Int.random(in: 1...3, using: &random),
        time: Rows.now - (round < 2 ? Self.age : 0))
      return Ledger.Sent(
        name, batch, key: Bool.random(using: &random) ? ByteString(name) : nil)
    }
    books.withLock { books in
      for one in group { books.send(one) }
    }
    for one in group { note(.sent, one.name) }
    _ = Rows.append(group.map { ($0.batch, $0.key) }, to: store) { [self] index in
      books.withLock { $0.acknowledge(group[index].name) }
      note(.stored, group[index].name)
    }
  }

  /// Deletes what one tenant has of a batch, and leaves the other's.
  private func delete(from store: Store, _ random: inout SeededGenerator) {
    guard let victim = ledger.stored.randomElement(using: &random) else { return }
    let pieces = Self.pieces(ofFirstTenantIn: victim)
    books.withLock { $0.leave(pieces) }
    note(.leaving, victim.name)
    let prefix = ByteString(victim.name + "/")
    let name = ByteString(victim.name)
    let request = DeletionRequest(
      tenant: "t0", times: .min ... .max,
      records: { batch in
        batch.records.map { batch.field("row", of: $0)?.hasPrefix(prefix) ?? false }
      },
      series: { $0["batch"] == name })
    guard (try? store.delete(request)) != nil else { return }
    books.withLock { $0.forget(pieces) }
    note(.deleted, victim.name)
  }

  /// Records of `t0` are the even ones; all samples are its.
  private static func pieces(ofFirstTenantIn one: Ledger.Sent) -> [Rows.Piece] {
    one.pieces.enumerated().filter { index, _ in
      index >= one.batch.records.count || index % 2 == 0
    }.map(\.element)
  }

  private static func isOld(_ name: String) -> Bool {
    name.hasPrefix("b0-") || name.hasPrefix("b1-")
  }

  /// What was promised by a run of this seed that noted these events, and then ended somehow.
  func ledger(after events: [(event: Event, name: String)]) -> Ledger {
    let sent = ledger.sent
    var ledger = Ledger()
    for (event, name) in events {
      guard let one = sent.first(where: { $0.name == name }) else { continue }
      // All of a batch goes with its time, one tenant's part when it is deleted.
      let pieces = Self.isOld(name) ? one.pieces : Self.pieces(ofFirstTenantIn: one)
      switch event {
      case .sent: ledger.send(one)
      case .stored: ledger.acknowledge(name)
      case .leaving: ledger.leave(pieces)
      case .deleted: ledger.forget(Self.pieces(ofFirstTenantIn: one))
      }
    }
    return ledger
  }

  /// The first rounds' rows are past their time then, the others' are not.
  private func expire(_ store: Store) {
    for one in ledger.sent where Self.isOld(one.name) {
      books.withLock { $0.leave(one.pieces) }
      note(.leaving, one.name)
    }
    store.applyRetention(now: Rows.now + Self.retention - Self.age / 2)
  }
}

/// The disk at one moment, and what was promised by then.
struct CrashState: Sendable {
  let disk: MemoryDisk
  let ledger: Ledger
  /// No sector is lost then. After a power cut the last group may be there in parts, and nobody can
  /// tell whether it was acknowledged: it is reported.
  var isKill = false

  /// Opens it, has its clients come again, compacts it, starts it again; returns what was wrong on
  /// the way, in words.
  func faults(_ random: inout SeededGenerator) throws -> [String] {
    var ledger = ledger
    var faults: [String] = []
    func look(_ store: Store, _ when: String) throws {
      let found = try Rows.pieces(in: store)
      faults += ledger.faults(in: found).map { "\(when): \($0)" }
      if isKill, store.isPartial { faults.append("\(when): said to be damaged") }
      ledger.settle(on: found)
    }
    try? disk.makeFolder("/data")
    var store = try Workload.open(disk)
    try look(store, "after the crash")
    for one in ledger.sent where one.key != nil {
      ledger.retry(one)
      try Rows.append(one.batch, to: store, key: one.key)
      ledger.acknowledge(one.name)
    }
    let later = Ledger.Sent("later", Rows.batch("later"))
    ledger.send(later)
    try Rows.append(later.batch, to: store)
    ledger.acknowledge("later")
    if Bool.random(using: &random) {
      try store.compact(now: Rows.now)
      try look(store, "compacted")
    }
    store.close()
    store = try Workload.open(disk)
    try look(store, "started again")
    store.close()
    return faults
  }
}
