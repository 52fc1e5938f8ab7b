import Bytes
import Glibc
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

  /// More slices than this are of fewer tenants, as tagging does not keep so many at hand.
  private static let manySlices = 8_192

  /// Tagging gives the rows of a tenant mostly one slice: looking at slices leaves few names to be
  /// compared.
  private static func tenants(of batch: Batch) -> [ByteString] {
    var found = slices(of: batch.records)
    if found.count > manySlices { return Set(found.map { batch.string($0) }).sorted() }
    batch.arena.withUnsafeBufferPointer { arena in
      guard let base = arena.baseAddress else { return }
      found.sort { left, right in
        // Slices of the arena; no more is compared than both have.
        let order = memcmp(
          base + Int(left.offset), base + Int(right.offset), Int(min(left.count, right.count)))
        return order == 0 ? left.count < right.count : order < 0
      }
    }
    var distinct: [ByteString] = []
    var last = Slice.empty
    for tenant in found where distinct.isEmpty || !batch.equal(tenant, last) {
      distinct.append(batch.string(tenant))
      last = tenant
    }
    return distinct
  }

  /// The slices of the tenants of some records, each once or a few times.
  private static func slices(of records: [Record]) -> [Slice] {
    let places = 2_048
    var seen = [Slice](repeating: .empty, count: places)
    var found: [Slice] = []
    for record in records {
      let tenant = record.tenant
      // The upper bits of a product tell slices best, wherever they lie.
      let first = Int((tenant.offset &* 0x9E37_79B9) >> 21)
      var place = first
      while place < first + 8, seen[place % places] != tenant, !seen[place % places].isEmpty {
        place += 1
      }
      if seen[place % places] == tenant, !tenant.isEmpty { continue }
      seen[place % places] = tenant
      found.append(tenant)
    }
    return found
  }
}
