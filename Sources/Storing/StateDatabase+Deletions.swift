package import Bytes

/// A deletion that was asked for: what, when, and what came of it.
package struct StoredDeletion: Sendable, Equatable {
  /// 0 until it is stored.
  package var id: Int64 = 0
  package var tenant: ByteString
  /// The log query whose records go; empty for none.
  package var records: String
  /// The selectors whose samples go, parted by line feeds; empty for none.
  package var series: String
  /// Nanoseconds, both ends included.
  package var times: ClosedRange<Int64>
  /// Nanoseconds since 1970.
  package var created: Int64
  /// When the last deleted row had left the last file; nil while it runs, or after a failure.
  package var finished: Int64?
  /// Why it could not be done; empty when it could.
  package var failure = ""
  package var receipt = DeletionReceipt()

  package init(
    tenant: ByteString, records: String, series: String, times: ClosedRange<Int64>,
    created: Int64
  ) {
    self.tenant = tenant
    self.records = records
    self.series = series
    self.times = times
    self.created = created
  }
}

extension StateDatabase {
  /// Stores a deletion before it begins and returns it with its id, so that one cut off by a crash
  /// can be seen not to have ended.
  package func add(deletion: StoredDeletion) throws -> StoredDeletion {
    var stored = deletion
    stored.id = try database.transaction { run throws(DatabaseFault) in
      _ = try run(
        """
        INSERT INTO deletions (tenant, records, series, first, last, created, finished, failure,
          deleted_records, deleted_samples, dropped_blocks, rewritten_blocks, files, checksum)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """, CheckedState.row(Self.values(deletion)))
      return try run(Database.lastRowID, []).first?.first?.integer ?? 0
    }
    return stored
  }

  /// Stores how the deletion of this id ended.
  package func update(deletion: StoredDeletion) throws {
    try database.rows(
      """
      UPDATE deletions SET tenant = ?, records = ?, series = ?, first = ?, last = ?, created = ?,
        finished = ?, failure = ?, deleted_records = ?, deleted_samples = ?, dropped_blocks = ?,
        rewritten_blocks = ?, files = ?, checksum = ? WHERE id = ?
      """, CheckedState.row(Self.values(deletion)) + [.integer(deletion.id)])
  }

  /// The newest deletions first, at most `limit`.
  package func deletions(limit: Int) throws -> [StoredDeletion] {
    try database.rows(
      """
      SELECT id, tenant, records, series, first, last, created, finished, failure, deleted_records,
        deleted_samples, dropped_blocks, rewritten_blocks, files FROM deletions
        ORDER BY id DESC LIMIT ?
      """, [.integer(Int64(limit))]
    ).compactMap(Self.deletion)
  }

  private static func values(_ deletion: StoredDeletion) -> [DatabaseValue] {
    let receipt = deletion.receipt
    let counts = [
      receipt.records, receipt.samples, receipt.droppedBlocks, receipt.rewrittenBlocks,
      receipt.files,
    ]
    return [
      .blob(deletion.tenant.bytes), .text(deletion.records), .text(deletion.series),
      .integer(deletion.times.lowerBound), .integer(deletion.times.upperBound),
      .integer(deletion.created), deletion.finished.map { .integer($0) } ?? .null,
      .text(deletion.failure),
    ] + counts.map { .integer(Int64($0)) }
  }

  private static func deletion(_ row: [DatabaseValue]) -> StoredDeletion? {
    guard row.count == 14, let id = row[0].integer, let tenant = row[1].blob,
      let first = row[4].integer, let last = row[5].integer, first <= last,
      let created = row[6].integer
    else { return nil }
    var deletion = StoredDeletion(
      tenant: ByteString(tenant), records: row[2].text ?? "", series: row[3].text ?? "",
      times: first...last, created: created)
    deletion.id = id
    deletion.finished = row[7].integer
    deletion.failure = row[8].text ?? ""
    let counts = row[9...].map { Int($0.integer ?? 0) }
    deletion.receipt = DeletionReceipt(
      records: counts[0], samples: counts[1], droppedBlocks: counts[2],
      rewrittenBlocks: counts[3], files: counts[4])
    return deletion
  }
}
