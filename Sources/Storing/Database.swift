import CSQLite
import Synchronization

/// Why SQLite refused, with its words.
package struct DatabaseFault: Error, Sendable, CustomStringConvertible {
  package let description: String
  /// SQLite's primary result code.
  let code: Int32

  init(_ description: String, code: Int32 = SQLITE_ERROR) {
    self.description = description
    self.code = code
  }

  /// Whether the file is no database, or a damaged one, rather than one that cannot be had now. A
  /// schema that makes no sense is damage too.
  var isDamage: Bool {
    [SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_ERROR, SQLITE_SCHEMA, SQLITE_MISMATCH, SQLITE_FORMAT]
      .contains(code)
  }
}

/// A value bound to a statement or read from a row.
enum DatabaseValue: Sendable {
  case integer(Int64)
  case text(String)
  case blob([UInt8])
  case null

  var integer: Int64? { if case .integer(let value) = self { value } else { nil } }
  var text: String? { if case .text(let value) = self { value } else { nil } }
  var blob: [UInt8]? { if case .blob(let value) = self { value } else { nil } }
}

/// One SQLite database behind one connection and one lock: two writing connections would meet the
/// WAL-reset bug of 3.7.0 to 3.51.2. Every commit is durable (synchronous=FULL).
final class Database: Sendable {
  /// The handle and its prepared statements.
  ///
  /// SQLite's pointers are used under the lock alone.
  private struct Connection: @unchecked Sendable {
    let handle: OpaquePointer
    var statements: [String: OpaquePointer] = [:]
  }

  private let connection: Mutex<Connection>

  /// How a commit is made durable.
  enum Journal: String {
    /// One sync a commit. A damaged log ends where the damage is, and nobody can tell.
    case log = "WAL"
    /// Several syncs a commit; all that was committed is in the file itself.
    case rollback = "TRUNCATE"
  }

  /// Opens or makes the database at `path`, or one in memory for `:memory:`. `migrate` brings the
  /// schema from the version it has to `version`; a newer one is refused.
  init(
    _ path: String, _ journal: Journal, version: Int64, migrate: [String]
  ) throws(DatabaseFault) {
    var opened: OpaquePointer?
    let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX
    let status = sqlite3_open_v2(path, &opened, flags, nil)
    guard status == SQLITE_OK, let handle = opened else {
      let reason = opened.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
      sqlite3_close_v2(opened)
      throw DatabaseFault("\(path): \(reason)", code: status & 0xFF)
    }
    connection = Mutex(Connection(handle: handle))
    sqlite3_busy_timeout(handle, 5_000)
    for pragma in [
      "PRAGMA journal_mode=\(journal.rawValue)", "PRAGMA synchronous=FULL",
      "PRAGMA foreign_keys=ON",
      "PRAGMA trusted_schema=OFF", "PRAGMA cell_size_check=ON",
    ] { _ = try rows(pragma) }
    let found = try rows("PRAGMA user_version").first?.first?.integer ?? 0
    guard found <= version else {
      throw DatabaseFault(
        "\(path) was written by a newer version (schema \(found), ours \(version))",
        code: SQLITE_MISUSE)
    }
    guard found < version else { return }
    try transaction { run throws(DatabaseFault) in
      for statement in migrate[Int(found)...] { _ = try run(statement, []) }
      _ = try run("PRAGMA user_version=\(version)", [])
    }
  }

  deinit {
    connection.withLock { connection in
      for statement in connection.statements.values { sqlite3_finalize(statement) }
      sqlite3_close_v2(connection.handle)
    }
  }

  typealias Run = (String, [DatabaseValue]) throws(DatabaseFault) -> [[DatabaseValue]]

  /// Runs one statement and returns its rows.
  @discardableResult
  func rows(
    _ statement: String, _ values: [DatabaseValue] = []
  ) throws(DatabaseFault) -> [[DatabaseValue]] {
    let outcome: Result<[[DatabaseValue]], DatabaseFault> = connection.withLock { connection in
      do throws(DatabaseFault) {
        return .success(try Self.run(statement, values, &connection))
      } catch {
        return .failure(error)
      }
    }
    return try outcome.get()
  }

  /// All of `work`, or nothing of it.
  func transaction<Value: Sendable>(
    _ work: (Run) throws(DatabaseFault) -> Value
  ) throws(DatabaseFault) -> Value {
    let outcome: Result<Value, DatabaseFault> = connection.withLock { connection in
      // The closure sees the locked connection through a copy of its own state.
      var inner = connection
      defer { connection = inner }
      do throws(DatabaseFault) {
        _ = try Self.run("BEGIN IMMEDIATE", [], &inner)
        let value = try work { statement, values throws(DatabaseFault) in
          try Self.run(statement, values, &inner)
        }
        _ = try Self.run("COMMIT", [], &inner)
        return .success(value)
      } catch {
        _ = try? Self.run("ROLLBACK", [], &inner)
        return .failure(error)
      }
    }
    return try outcome.get()
  }

  /// Reads the whole file; throws when SQLite finds damage in it.
  func check() throws(DatabaseFault) {
    let findings = try rows("PRAGMA quick_check(1)").first?.first?.text ?? ""
    guard findings == "ok" else { throw DatabaseFault(findings, code: SQLITE_CORRUPT) }
  }

  /// Moves a database that cannot be read out of the way, with its log, which SQLite would play
  /// into the new one. Best effort.
  static func setAside(_ path: String, to target: String, on disk: any Disk) {
    for suffix in ["", "-wal", "-shm"] { try? disk.rename(path + suffix, to: target + suffix) }
  }

  /// The id of the last inserted row, inside a transaction.
  static let lastRowID = "SELECT last_insert_rowid()"

  private static func run(
    _ text: String, _ values: [DatabaseValue], _ connection: inout Connection
  ) throws(DatabaseFault) -> [[DatabaseValue]] {
    let statement = try prepared(text, &connection)
    defer {
      sqlite3_reset(statement)
      sqlite3_clear_bindings(statement)
    }
    for (index, value) in values.enumerated() { bind(value, Int32(index + 1), statement) }
    var found: [[DatabaseValue]] = []
    while true {
      switch sqlite3_step(statement) {
      case SQLITE_ROW: found.append(row(statement))
      case SQLITE_DONE: return found
      default: throw fault(connection)
      }
    }
  }

  /// The statement of a text, prepared once. It lives as long as the connection.
  private static func prepared(
    _ text: String, _ connection: inout Connection
  ) throws(DatabaseFault) -> OpaquePointer {
    if let statement = connection.statements[text] { return statement }
    var made: OpaquePointer?
    guard sqlite3_prepare_v2(connection.handle, text, -1, &made, nil) == SQLITE_OK, let made else {
      throw fault(connection)
    }
    connection.statements[text] = made
    return made
  }

  private static func fault(_ connection: Connection) -> DatabaseFault {
    DatabaseFault(
      String(cString: sqlite3_errmsg(connection.handle)),
      code: sqlite3_errcode(connection.handle) & 0xFF)
  }

  private static func bind(_ value: DatabaseValue, _ index: Int32, _ statement: OpaquePointer) {
    // SQLITE_TRANSIENT: SQLite copies before the call returns, so the buffer may go.
    let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    switch value {
    case .integer(let number): sqlite3_bind_int64(statement, index, number)
    case .text(let text):
      // With its length: a text may hold a NUL.
      sqlite3_bind_text(statement, index, text, Int32(clamping: text.utf8.count), transient)
    case .blob(let bytes):
      _ = bytes.withUnsafeBytes {
        $0.isEmpty
          ? sqlite3_bind_zeroblob(statement, index, 0)
          : sqlite3_bind_blob64(
            statement, index, $0.baseAddress, sqlite3_uint64($0.count), transient)
      }
    case .null: sqlite3_bind_null(statement, index)
    }
  }

  /// The current row. SQLite's buffers are copied here, before the next step invalidates them.
  private static func row(_ statement: OpaquePointer) -> [DatabaseValue] {
    (0..<sqlite3_column_count(statement)).map { column in
      switch sqlite3_column_type(statement, column) {
      case SQLITE_INTEGER: return .integer(sqlite3_column_int64(statement, column))
      case SQLITE_TEXT:
        guard let start = sqlite3_column_text(statement, column) else { return .text("") }
        let count = Int(sqlite3_column_bytes(statement, column))
        return .text(
          String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self))
      case SQLITE_BLOB:
        let count = Int(sqlite3_column_bytes(statement, column))
        guard count > 0, let start = sqlite3_column_blob(statement, column) else {
          return .blob([])
        }
        return .blob([UInt8](UnsafeRawBufferPointer(start: start, count: count)))
      default: return .null
      }
    }
  }
}
