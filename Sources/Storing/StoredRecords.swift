package import Model

/// The records of a block, or of a frame that is not compacted yet, that a read asked for: each
/// question decodes only what it needs. Questions throw `DamagedRecords`, which the read counts.
package struct StoredRecords {
  /// Where the records are.
  enum Source {
    case block(LogBlockReader, BlockHead)
    case batch(Batch)
  }

  let source: Source
  /// Gives all records of a block, which are kept for the next read.
  var whole: (@Sendable () throws -> Batch)?

  /// What is needed of them, and maybe more, as a batch; of a block's rows only those of `rows`,
  /// ascending, unless it is nil.
  package func batch(
    _ needs: RecordNeeds = RecordNeeds(), rows: [UInt32]? = nil
  ) throws -> Batch {
    switch source {
    case .batch(let batch): return batch
    case .block(let block, _):
      let meter = ReadMeter.current
      let batch = try meter.reading {
        if needs.isAll, rows == nil, let whole { return try whole() }
        return try intact(block.batch(needs, rows: rows))
      }
      meter?.scanned(rows: batch.records.isEmpty ? 0 : block.rowCount)
      return batch
    }
  }

  /// Their heads by column; nil for records that are not compacted yet.
  package var heads: StoredHeads? {
    guard case .block(let block, let head) = source else { return nil }
    return StoredHeads(block: block, head: head)
  }

  private func intact<Value>(_ value: Value?) throws(DamagedRecords) -> Value {
    guard let value else { throw DamagedRecords() }
    return value
  }
}

/// Records that are not what was written.
package struct DamagedRecords: Error {}

extension RecordPart {
  /// Where blocks keep it; nil for the level, which has a column of its own.
  var column: ColumnKey.Part? {
    switch self {
    case .release: .release
    case .service: .service
    case .environment: .environment
    case .host: .host
    case .logger: .logger
    case .level: nil
    }
  }
}
