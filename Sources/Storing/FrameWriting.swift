import Bytes
import Packing

extension Frame {
  /// Appends a prepared batch as a frame, with the definitions of series that go before it.
  static func append(
    _ batch: PreparedBatch, definitions: [UInt8], sequence: UInt64, committedAt: Int64,
    key: ByteString, place: GroupPlace, to group: inout [UInt8]
  ) {
    let start = group.count
    let key = key.bytes.prefix(Int(UInt16.max))
    let tenants = tenantList(batch.tenants)
    let payload = definitions.count + batch.samples.count + batch.records.count
    var head = LayoutWriter(capacity: headerSize + key.count + tenants.count)
    head.put(magic)
    head.put(version)
    head.put(UInt8(0))
    head.put(UInt16(0))
    head.put(UInt64(0))
    head.put(sequence)
    head.put(committedAt)
    // The other way round, as no time can be, where there are no rows.
    for times in [batch.recordTimes, batch.sampleTimes] {
      head.put(times?.lowerBound ?? Int64.max)
      head.put(times?.upperBound ?? Int64.min)
    }
    head.put(UInt32(truncatingIfNeeded: batch.recordCount))
    head.put(UInt32(truncatingIfNeeded: batch.sampleCount))
    head.put(UInt16(truncatingIfNeeded: place.index))
    head.put(UInt16(truncatingIfNeeded: place.count))
    head.put(UInt16(truncatingIfNeeded: key.count))
    head.put(UInt16(0))
    head.put(UInt32(truncatingIfNeeded: tenants.count))
    head.put(UInt32(truncatingIfNeeded: definitions.count))
    head.put(UInt32(truncatingIfNeeded: payload))
    head.put(UInt32(truncatingIfNeeded: batch.samples.count))
    head.put(key)
    head.put(tenants)
    group.reserveCapacity(start + head.bytes.count + payload)
    group.append(contentsOf: head.bytes)
    group.append(contentsOf: definitions)
    group.append(contentsOf: batch.samples)
    group.append(contentsOf: batch.records)
    let checksum = Checksum.xxh3(group.span.extracting((start + coveredOffset)..<group.count))
    for (index, byte) in LayoutWriter.bytes(of: checksum).enumerated() {
      group[start + checksumOffset + index] = byte
    }
  }

  /// Each with one byte of length before it: a name has at most 63 bytes.
  private static func tenantList(_ tenants: [ByteString]) -> [UInt8] {
    var writer = LayoutWriter()
    for tenant in tenants {
      let name = tenant.bytes.prefix(Int(UInt8.max))
      writer.put(UInt8(truncatingIfNeeded: name.count))
      writer.put(name)
    }
    return writer.bytes
  }
}

/// Which series the segment that is written to describes already. A description is written with
/// the first two frames that use a series, so that damage to one frame costs no other.
struct DefinedSeries: Sendable {
  private static let copies: UInt8 = 2

  private let table: SeriesTable
  private var segment = 0
  private var counts: [UInt8] = []

  init(_ table: SeriesTable) {
    self.table = table
  }

  /// Forgets all: the segment is a new one, or what was written last is gone.
  mutating func restart(in segment: Int) {
    self.segment = segment
    counts.removeAll(keepingCapacity: true)
  }

  /// The descriptions to be written before samples of `series` in that segment.
  mutating func definitions(of series: [UInt32], in segment: Int) -> [UInt8] {
    if segment != self.segment { restart(in: segment) }
    var missing: [UInt32] = []
    for number in series {
      let place = Int(number)
      if place >= counts.count {
        counts.append(contentsOf: repeatElement(0, count: place + 1 - counts.count))
      }
      guard counts[place] < Self.copies else { continue }
      counts[place] += 1
      missing.append(number)
    }
    return missing.isEmpty ? [] : table.definitions(of: missing)
  }
}
