/// The rows of `state.db` with a checksum in each: SQLite finds damage to its own structure only,
/// and a flipped bit within a value would be believed.
struct CheckedState: Sendable {
  /// A table, the column that names its rows, and the others that the checksum covers, in order.
  private struct Table {
    let name: String
    let key: String
    let columns: String

    /// An id is the database's own affair; an alert's key is ours, and covered.
    func covered(_ row: [DatabaseValue]) -> [DatabaseValue] {
      Array(key == "id" ? row.dropFirst() : row[...])
    }
  }

  private static let tables = [
    Table(name: "alerts", key: "key", columns: "body"),
    Table(
      name: "outbox", key: "id",
      columns: "receiver, key, body, created, next, attempts, failure, dead"),
    Table(
      name: "deploys", key: "id",
      columns: "service, environment, tenants, instances, release, previous, kind, start, finish,"
        + " actor, link, inferred"),
    Table(
      name: "deletions", key: "id",
      columns: "tenant, records, series, first, last, created, finished, failure,"
        + " deleted_records, deleted_samples, dropped_blocks, rewritten_blocks, files"),
  ]

  /// Stands in the head of a database all of whose rows have checksums.
  private static let mark: Int64 = 0x504C_4D31  // "PLM1"

  /// The rows of each table whose checksum holds: key, columns, checksum.
  private var rows: [[[DatabaseValue]]] = []
  /// How many others there are.
  private(set) var damaged = 0

  /// Values of a row with their checksum behind them.
  static func row(_ values: [DatabaseValue]) -> [DatabaseValue] {
    values + [.integer(CheckedRow.checksum(values))]
  }

  /// Reads all rows. Those of a version that wrote no checksums get theirs first.
  init(_ database: Database) throws(DatabaseFault) {
    if try database.rows("PRAGMA application_id").first?.first?.integer == 0 {
      try Self.complete(database)
    }
    for table in Self.tables {
      let all = try Self.read(table, database)
      let whole = all.filter { CheckedRow.isWhole(table.covered($0)) }
      rows.append(whole)
      damaged += all.count - whole.count
    }
  }

  /// Puts the rows into an empty database.
  func restore(into database: Database) throws(DatabaseFault) {
    let rows = rows
    try database.transaction { run throws(DatabaseFault) in
      for (table, own) in zip(Self.tables, rows) {
        for row in own {
          let marks = row.map { _ in "?" }.joined(separator: ", ")
          _ = try run(
            "INSERT INTO \(table.name) (\(table.key), \(table.columns), checksum)"
              + " VALUES (\(marks))", row)
        }
      }
    }
    _ = try database.rows("PRAGMA application_id = \(Self.mark)")
  }

  private static func read(
    _ table: Table, _ database: Database
  ) throws(DatabaseFault) -> [[DatabaseValue]] {
    try database.rows("SELECT \(table.key), \(table.columns), checksum FROM \(table.name)")
  }

  private static func complete(_ database: Database) throws(DatabaseFault) {
    for table in tables {
      for row in try read(table, database) where row.last?.integer == nil {
        let checksum = CheckedRow.checksum(Array(table.covered(row).dropLast()))
        _ = try database.rows(
          "UPDATE \(table.name) SET checksum = ? WHERE \(table.key) IS ?",
          [.integer(checksum), row[0]])
      }
    }
    _ = try database.rows("PRAGMA application_id = \(mark)")
  }
}
