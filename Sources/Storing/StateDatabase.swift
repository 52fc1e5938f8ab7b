package import Bytes
package import Model
import Synchronization

/// An alert's state as its room wrote it.
package struct StoredAlert: Sendable, Equatable {
  package let key: ByteString
  package let body: ByteString

  package init(key: ByteString, body: ByteString) {
    self.key = key
    self.body = body
  }
}

/// A notification that waits for its receiver; times are nanoseconds since 1970.
package struct OutboxEntry: Sendable, Equatable {
  /// 0 until it is stored.
  package var id: Int64 = 0
  package var receiver: String
  /// Sent with every attempt, so that the receiver can tell a repeat.
  package var key: String
  package var body: [UInt8]
  package var createdAt: Int64
  package var nextAttemptAt: Int64
  package var attempts: Int
  package var lastFailure: String

  package init(
    receiver: String, key: String, body: [UInt8], createdAt: Int64, nextAttemptAt: Int64,
    attempts: Int = 0, lastFailure: String = ""
  ) {
    self.receiver = receiver
    self.key = key
    self.body = body
    self.createdAt = createdAt
    self.nextAttemptAt = nextAttemptAt
    self.attempts = attempts
    self.lastFailure = lastFailure
  }
}

/// `state.db`: what cannot be rebuilt from rows. Every change is durable when its call returns.
package final class StateDatabase: Sendable {
  private static let schema = [
    """
    CREATE TABLE deploys (id INTEGER PRIMARY KEY, service BLOB NOT NULL, environment BLOB NOT NULL,
      tenants BLOB, instances BLOB, release BLOB NOT NULL, previous BLOB, kind TEXT NOT NULL,
      start INTEGER NOT NULL, finish INTEGER, actor TEXT NOT NULL, link TEXT NOT NULL,
      inferred INTEGER NOT NULL)
    """,
    "CREATE TABLE alerts (key BLOB PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID",
    """
    CREATE TABLE outbox (id INTEGER PRIMARY KEY, receiver TEXT NOT NULL, key TEXT NOT NULL,
      body BLOB NOT NULL, created INTEGER NOT NULL, next INTEGER NOT NULL,
      attempts INTEGER NOT NULL, failure TEXT NOT NULL, dead INTEGER NOT NULL DEFAULT 0)
    """,
    "ALTER TABLE deploys ADD COLUMN checksum INTEGER",
    "ALTER TABLE alerts ADD COLUMN checksum INTEGER",
    "ALTER TABLE outbox ADD COLUMN checksum INTEGER",
    """
    CREATE TABLE deletions (id INTEGER PRIMARY KEY, tenant BLOB NOT NULL, records TEXT NOT NULL,
      series TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
      created INTEGER NOT NULL, finished INTEGER, failure TEXT NOT NULL,
      deleted_records INTEGER NOT NULL, deleted_samples INTEGER NOT NULL,
      dropped_blocks INTEGER NOT NULL, rewritten_blocks INTEGER NOT NULL, files INTEGER NOT NULL,
      checksum INTEGER)
    """,
  ]

  let database: Database
  private let cached = Mutex<Timeline?>(nil)

  /// Opens or makes the database at `path` (or `:memory:`). Throws when it cannot be read or was
  /// written by a newer version.
  package init(_ path: String) throws {
    database = try Database(
      path, .rollback, version: Int64(Self.schema.count), migrate: Self.schema)
    try database.check()
  }

  /// Opens `state.db` of a folder. One that is damaged is moved to `quarantine` and reported; a new
  /// one with its whole rows takes its place, an empty one when none can be read: rows keep coming
  /// in and alerts keep firing.
  static func open(
    _ disk: any Disk, _ folder: String, now: Int64
  ) throws -> (database: StateDatabase, wasDamaged: Bool) {
    let path = disk.databasePath(folder + "/state.db")
    // SQLite takes an empty file for a new database. It is one only in a folder without rows.
    let hasRows = ["/segments", "/blocks"].contains { inner in
      (try? disk.list(folder + inner))?.isEmpty == false
    }
    let isEmptied =
      hasRows && (try? disk.open(folder + "/state.db", create: false).size()) == 0
    var whole: CheckedState?
    do {
      let opened = try StateDatabase(path)
      let found = try CheckedState(opened.database)
      if found.damaged == 0 { return (opened, isEmptied) }
      // What names a row may be what is damaged, so it cannot be taken out: the others move.
      whole = found
    } catch let fault as DatabaseFault where fault.isDamage {
      whole = nil
    }
    try disk.makeFolder(folder + "/quarantine")
    Database.setAside(path, to: folder + "/quarantine/state-\(now).db", on: disk)
    let fresh = try StateDatabase(path)
    try whole?.restore(into: fresh.database)
    return (fresh, true)
  }

  /// How many rows of a database are not what was written; nil when it cannot be read.
  static func damagedRows(_ path: String) -> Int? {
    guard let opened = try? StateDatabase(path) else { return nil }
    return (try? CheckedState(opened.database))?.damaged
  }

  /// Copies the database, as it is now, to a file that is not there yet.
  func copy(to path: String) throws {
    try database.rows("VACUUM INTO ?", [.text(path)])
  }

  /// Stores an event and returns it with its id.
  package func add(deploy: DeployEvent) throws -> DeployEvent {
    var stored = deploy
    stored.id = try database.transaction { run throws(DatabaseFault) in
      _ = try run(
        """
        INSERT INTO deploys (service, environment, tenants, instances, release, previous, kind,
          start, finish, actor, link, inferred, checksum)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """, CheckedState.row(Self.values(deploy)))
      return try run(Database.lastRowID, []).first?.first?.integer ?? 0
    }
    cached.withLock { $0 = nil }
    return stored
  }

  /// Replaces the event that has this id.
  package func update(deploy: DeployEvent) throws {
    try database.rows(
      """
      UPDATE deploys SET service = ?, environment = ?, tenants = ?, instances = ?, release = ?,
        previous = ?, kind = ?, start = ?, finish = ?, actor = ?, link = ?, inferred = ?,
        checksum = ? WHERE id = ?
      """, CheckedState.row(Self.values(deploy)) + [.integer(deploy.id)])
    cached.withLock { $0 = nil }
  }

  /// All events, oldest start first.
  package func deploys() throws -> [DeployEvent] {
    try database.rows(
      """
      SELECT id, service, environment, tenants, instances, release, previous, kind, start, finish,
        actor, link, inferred FROM deploys ORDER BY start, id
      """
    ).compactMap(Self.deploy)
  }

  /// The timeline of all events, kept in memory; empty while the database cannot be read.
  package var timeline: Timeline {
    cached.withLock { cached in
      if let cached { return cached }
      // Read under the lock, so that an event added meanwhile empties the cache afterwards.
      guard let events = try? deploys() else { return .empty }
      let timeline = Timeline(events)
      cached = timeline
      return timeline
    }
  }

  /// The states of all alerts, in no order.
  package func alerts() throws -> [StoredAlert] {
    try database.rows("SELECT key, body FROM alerts").compactMap { row in
      guard let key = row[0].blob, let body = row[1].blob else { return nil }
      return StoredAlert(key: ByteString(key), body: ByteString(body))
    }
  }

  /// Alert states and the notifications that follow from them, in one transaction.
  package func commit(
    alerts changed: [StoredAlert], removed: [ByteString], outbox: [OutboxEntry]
  ) throws {
    try database.transaction { run throws(DatabaseFault) in
      for alert in changed {
        _ = try run(
          "INSERT OR REPLACE INTO alerts (key, body, checksum) VALUES (?, ?, ?)",
          CheckedState.row([.blob(alert.key.bytes), .blob(alert.body.bytes)]))
      }
      for key in removed { _ = try run("DELETE FROM alerts WHERE key = ?", [.blob(key.bytes)]) }
      for entry in outbox {
        _ = try run(
          """
          INSERT INTO outbox (receiver, key, body, created, next, attempts, failure, dead, checksum)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
          """, CheckedState.row(Self.values(entry, isGivenUp: false)))
      }
    }
  }

  /// A receiver's notifications due at `now`, oldest first.
  package func dueOutbox(
    of receiver: String, now: Int64, limit: Int
  ) throws -> [OutboxEntry] {
    try database.rows(
      """
      SELECT id, receiver, key, body, created, next, attempts, failure FROM outbox
        WHERE receiver = ? AND dead = 0 AND next <= ? ORDER BY next, id LIMIT ?
      """, [.text(receiver), .integer(now), .integer(Int64(limit))]
    ).compactMap { row in
      guard let id = row[0].integer, let receiver = row[1].text, let key = row[2].text,
        let body = row[3].blob, let created = row[4].integer, let next = row[5].integer,
        let attempts = row[6].integer, let failure = row[7].text
      else { return nil }
      var entry = OutboxEntry(
        receiver: receiver, key: key, body: body, createdAt: created, nextAttemptAt: next,
        attempts: Int(attempts), lastFailure: failure)
      entry.id = id
      return entry
    }
  }

  /// A receiver took it: it leaves the outbox.
  package func delivered(outbox id: Int64) throws {
    try database.rows("DELETE FROM outbox WHERE id = ?", [.integer(id)])
  }

  /// An attempt failed: the entry's attempts, failure and next time are kept; one that is given up
  /// stays as a dead letter.
  package func failed(outbox entry: OutboxEntry, isGivenUp: Bool) throws {
    try database.rows(
      """
      UPDATE outbox SET receiver = ?, key = ?, body = ?, created = ?, next = ?, attempts = ?,
        failure = ?, dead = ?, checksum = ? WHERE id = ?
      """, CheckedState.row(Self.values(entry, isGivenUp: isGivenUp)) + [.integer(entry.id)])
  }

  /// Notifications that wait, and those given up.
  package func outboxCounts() throws -> (waiting: Int, dead: Int) {
    let row = try database.rows("SELECT count(*), coalesce(sum(dead), 0) FROM outbox").first
    let all = row?[0].integer ?? 0
    let dead = row?[1].integer ?? 0
    return (Int(all - dead), Int(dead))
  }
}

extension StateDatabase {
  /// Names never hold a NUL, so it can stand between them.
  private static func list(_ names: [ByteString]?) -> DatabaseValue {
    guard let names else { return .null }
    return .blob(Array(names.map(\.bytes).joined(separator: [0])))
  }

  private static func names(_ value: DatabaseValue) -> [ByteString]? {
    value.blob.map { bytes in
      bytes.isEmpty
        ? []
        : bytes.split(separator: 0, omittingEmptySubsequences: false).map { ByteString($0) }
    }
  }

  private static func values(_ entry: OutboxEntry, isGivenUp: Bool) -> [DatabaseValue] {
    [
      .text(entry.receiver), .text(entry.key), .blob(entry.body), .integer(entry.createdAt),
      .integer(entry.nextAttemptAt), .integer(Int64(entry.attempts)), .text(entry.lastFailure),
      .integer(isGivenUp ? 1 : 0),
    ]
  }

  private static func values(_ deploy: DeployEvent) -> [DatabaseValue] {
    [
      .blob(deploy.service.bytes), .blob(deploy.environment.bytes), list(deploy.tenants),
      list(deploy.instances), .blob(deploy.release.bytes),
      deploy.previous.map { .blob($0.bytes) } ?? .null, .text(deploy.kind.rawValue),
      .integer(deploy.start), deploy.end.map { .integer($0) } ?? .null, .text(deploy.actor),
      .text(deploy.link), .integer(deploy.isInferred ? 1 : 0),
    ]
  }

  private static func deploy(_ row: [DatabaseValue]) -> DeployEvent? {
    guard row.count == 13, let id = row[0].integer, let service = row[1].blob,
      let environment = row[2].blob, let release = row[5].blob,
      let kind = row[7].text.flatMap(DeployEvent.Kind.init(rawValue:)),
      let start = row[8].integer
    else { return nil }
    var event = DeployEvent(
      service: ByteString(service), environment: ByteString(environment),
      tenants: names(row[3]), instances: names(row[4]), release: ByteString(release),
      previous: row[6].blob.map { ByteString($0) }, kind: kind, start: start,
      end: row[9].integer, actor: row[10].text ?? "", link: row[11].text ?? "",
      isInferred: row[12].integer == 1)
    event.id = id
    return event
  }
}
