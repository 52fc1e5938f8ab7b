import Bytes
import Model

/// A batch in the form it has on disk, made on the thread that brings it, so that the committer
/// has only to write it.
package struct PreparedBatch: Sendable {
  /// Small batches are kept for readers as they came. Memory that is kept is not at hand for the
  /// next body: with eight times as much, bodies of 500 rows took a third more CPU.
  private static let keptBytes = 32 << 10

  /// Rows to store.
  package let rowCount: Int
  let recordCount: Int
  let sampleCount: Int
  /// Of the records, in order of their bytes.
  let tenants: [ByteString]
  /// Nanoseconds; nil without records.
  let recordTimes: ClosedRange<Int64>?
  /// Milliseconds; nil without samples.
  let sampleTimes: ClosedRange<Int64>?
  let records: [UInt8]
  let samples: [UInt8]
  /// The samples as the head takes them.
  let columns: SampleColumns
  /// The series its samples are of, each once.
  let series: [UInt32]
  /// The records themselves, when they are few.
  let kept: Batch?

  /// Bytes it takes while it waits.
  var cost: Int { records.count + samples.count + sampleCount * 20 + series.count * 4 + 1_024 }

  init(_ batch: Batch, _ table: SeriesTable) {
    rowCount = batch.rowCount
    recordCount = batch.records.count
    recordTimes = Self.ends(of: batch.records)
    tenants = Self.tenants(of: batch)
    records = batch.records.isEmpty ? [] : RecordPayload.pack(batch)
    columns = SampleColumns(batch, numbers: table.resolve(batch))
    sampleCount = columns.count
    sampleTimes = columns.timeRange
    (samples, series) = columns.isEmpty ? ([], []) : SamplePayload.pack(columns)
    kept = batch.arena.count <= Self.keptBytes && !batch.records.isEmpty ? batch : nil
  }

  private static func ends(of records: [Record]) -> ClosedRange<Int64>? {
    var first = Int64.max
    var last = Int64.min
    for record in records {
      first = min(first, record.time)
      last = max(last, record.time)
    }
    return first <= last ? first...last : nil
  }

  private static func tenants(of batch: Batch) -> [ByteString] {
    // A table of those seen, without removals: one that finds no place in a few steps, as names
    // made to collide would not, is kept in the set.
    var seen = [Slice?](repeating: nil, count: 2_048)
    var found: [ByteString] = []
    var others: Set<ByteString> = []
    let arena = batch.arena.span
    for record in batch.records {
      let first = place(of: record.tenant, arena)
      var isDone = false
      for step in 0..<8 {
        let place = (first &+ step) & 2_047
        guard let known = seen[place] else {
          seen[place] = record.tenant
          found.append(batch.string(record.tenant))
          isDone = true
          break
        }
        isDone = batch.equal(known, record.tenant)
        if isDone { break }
      }
      if !isDone { others.insert(batch.string(record.tenant)) }
    }
    return (found + others).sorted()
  }

  /// Names of a fleet mostly differ in their last bytes.
  private static func place(of name: Slice, _ arena: Span<UInt8>) -> Int {
    var place = Int(name.count)
    for index in name.range.suffix(4) { place = place &* 37 &+ Int(arena[index]) }
    return place & .max
  }
}
