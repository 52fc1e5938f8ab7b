import Bytes
import Synchronization

/// Rows about block files and their blocks, in `catalogue.db`: a cache. What it lacks or cannot be
/// read is rebuilt from the files' own directories.
final class Catalogue: Sendable {
  /// A block file with its size and what it says of itself.
  struct File: Sendable {
    let number: Int
    let size: Int
    var directory: BlockDirectory
  }

  private static let schema = [
    """
    CREATE TABLE segments (number INTEGER PRIMARY KEY, level INTEGER NOT NULL,
      bytes INTEGER NOT NULL, rows INTEGER NOT NULL, oldest INTEGER, newest INTEGER)
    """,
    "DROP TABLE segments",
    """
    CREATE TABLE files (number INTEGER PRIMARY KEY, size INTEGER NOT NULL,
      blocks INTEGER NOT NULL, links BLOB NOT NULL, checksum INTEGER NOT NULL)
    """,
    """
    CREATE TABLE blocks (file INTEGER NOT NULL, id INTEGER NOT NULL, kind INTEGER NOT NULL,
      tenant BLOB NOT NULL, offset INTEGER NOT NULL, size INTEGER NOT NULL,
      rows INTEGER NOT NULL, oldest INTEGER NOT NULL, newest INTEGER NOT NULL,
      content INTEGER NOT NULL, checksum INTEGER NOT NULL, PRIMARY KEY (file, id)) WITHOUT ROWID
    """,
    """
    CREATE TABLE numbers (name TEXT PRIMARY KEY, value INTEGER NOT NULL,
      checksum INTEGER NOT NULL) WITHOUT ROWID
    """,
  ]

  private let database: Database?

  private init(_ database: Database?) {
    self.database = database
  }

  /// Opens the catalogue; one that cannot be read is set aside and made anew.
  static func open(_ disk: any Disk, _ folder: String) -> Catalogue {
    let path = folder + "/catalogue.db"
    func open() -> Database? {
      try? Database(
        disk.databasePath(path), .log, version: Int64(schema.count), migrate: schema)
    }
    if let database = open() { return Catalogue(database) }
    Database.setAside(path, to: path + ".unreadable", on: disk)
    return Catalogue(open())
  }

  /// The files it knows, by number. SQLite has no checksums, so each row has one of its own: a file
  /// of which a row is not what was written, or is missing, counts as unknown.
  func files() -> [Int: File] {
    guard let database,
      let rows = try? database.rows("SELECT number, size, blocks, links, checksum FROM files"),
      let blocks = try? database.rows("SELECT * FROM blocks ORDER BY file, id")
    else { return [:] }
    var heads: [Int: [BlockHead]] = [:]
    for row in blocks {
      guard let number = CheckedRow.file(row), let head = BlockHead(row) else { continue }
      heads[number, default: []].append(head)
    }
    var files: [Int: File] = [:]
    for row in rows {
      guard let (number, size, count, links) = CheckedRow.head(row),
        heads[number, default: []].count == count
      else { continue }
      var directory = links
      directory.blocks = heads[number] ?? []
      files[number] = File(number: number, size: size, directory: directory)
    }
    return files
  }

  /// Makes a finished file known, and those it replaces unknown, in one step.
  func add(_ file: File) throws(DatabaseFault) {
    try database?.transaction { run throws(DatabaseFault) in
      for number in file.directory.replaced { try Self.remove(number, run) }
      try Self.insert(file, run)
    }
  }

  private static func insert(_ file: File, _ run: Database.Run) throws(DatabaseFault) {
    let row = CheckedRow.of(file)
    _ = try run("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)", row)
    for block in file.directory.blocks {
      _ = try run(
        "INSERT OR REPLACE INTO blocks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        CheckedRow.of(block, in: file.number))
    }
    try note("file", file.number, run)
    if let last = file.directory.sealed.max() { try note("segment", last, run) }
  }

  private static func remove(_ number: Int, _ run: Database.Run) throws(DatabaseFault) {
    _ = try run("DELETE FROM blocks WHERE file = ?", [.integer(Int64(number))])
    _ = try run("DELETE FROM files WHERE number = ?", [.integer(Int64(number))])
  }

  /// Forgets whole files, durably; they may go only then.
  func remove(files: [Int]) throws(DatabaseFault) {
    guard !files.isEmpty else { return }
    try database?.transaction { run throws(DatabaseFault) in
      for number in files { try Self.remove(number, run) }
    }
  }

  /// Puts a file that has lost blocks in the place of what is known of it.
  func update(_ file: File) throws(DatabaseFault) {
    try database?.transaction { run throws(DatabaseFault) in
      try Self.remove(file.number, run)
      try Self.insert(file, run)
    }
  }

  /// Brings the database in line with what a start has found. A failure costs nothing: the next
  /// start finds out again.
  func settle(_ files: [File]) {
    let known = self.files()
    let stored =
      (try? database?.rows("SELECT number FROM files"))?.compactMap(CheckedRow.file) ?? []
    let stale = stored.filter { number in !files.contains { $0.number == number } }
    let fresh = files.filter { known[$0.number]?.directory != $0.directory }
    guard !stale.isEmpty || !fresh.isEmpty else { return }
    _ = try? database?.transaction { run throws(DatabaseFault) in
      for number in stale { try Self.remove(number, run) }
      for file in fresh {
        try Self.remove(file.number, run)
        try Self.insert(file, run)
      }
    }
  }

  /// The highest number that was ever used for a file of that kind, as far as is known.
  func highest(_ name: String) -> Int {
    let rows = try? database?.rows(
      "SELECT value, checksum FROM numbers WHERE name = ?", [.text(name)])
    guard let row = rows?.first, row.count == 2, let value = row[0].integer,
      row[1].integer == CheckedRow.checksum([.text(name), .integer(value)])
    else { return 0 }
    return Int(clamping: value)
  }

  /// Notes that a number is used, so that no file has it again when this one is gone.
  private static func note(
    _ name: String, _ number: Int, _ run: Database.Run
  ) throws(DatabaseFault) {
    let values: [DatabaseValue] = [.text(name), .integer(Int64(number))]
    _ = try run(
      "INSERT INTO numbers VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET"
        + " value = excluded.value, checksum = excluded.checksum"
        + " WHERE excluded.value > value", values + [.integer(CheckedRow.checksum(values))])
  }

  /// Copies the catalogue, as it is now, to a file.
  func copy(to path: String) throws(DatabaseFault) {
    try database?.rows("VACUUM INTO ?", [.text(path)])
  }

  /// How many rows of a catalogue are not what was written; nil when it cannot be read.
  static func damagedRows(_ path: String) -> Int? {
    guard
      let database = try? Database(path, .log, version: Int64(schema.count), migrate: schema),
      (try? database.check()) != nil
    else { return nil }
    var damaged = 0
    for table in ["files", "blocks", "numbers"] {
      guard let rows = try? database.rows("SELECT * FROM \(table)") else { return nil }
      damaged += rows.count { !CheckedRow.isWhole($0) }
    }
    return damaged
  }
}
