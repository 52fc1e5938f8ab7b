import Model

/// Packs ranges of records as groups. The buffers are lent for the time of a call.
struct GroupPacker {
  let bytes: ValueBytes
  let records: UnsafeBufferPointer<Record>
  let fields: UnsafeBufferPointer<Field>

  /// The payload of all records.
  func pack() -> [UInt8] {
    var payload = GrowingBuffer<UInt8>(capacity: 64 + records.count * 128)
    payload.put(RecordPayload.version)
    payload.put(UInt32(0))
    var groups: UInt32 = 0
    // Ranges still to pack, the next one last.
    var rest = stride(from: 0, to: records.count, by: RecordPayload.mostRows).reversed().map {
      $0..<min($0 + RecordPayload.mostRows, records.count)
    }
    while let range = rest.popLast() {
      if let columns = columns(of: range) {
        write(range, columns, to: &payload)
        groups += 1
      } else {
        let middle = range.lowerBound + range.count / 2
        rest.append(middle..<range.upperBound)
        rest.append(range.lowerBound..<middle)
      }
    }
    // The four bytes behind the version.
    for index in 0..<4 {
      payload[1 + index] = UInt8(truncatingIfNeeded: groups >> UInt32(index * 8))
    }
    return payload.array()
  }

  private func write(
    _ range: Range<Int>, _ columns: [ColumnPacker], to payload: inout GrowingBuffer<UInt8>
  ) {
    guard let first = records.baseAddress else { return }
    // A range of the records.
    var writer = GroupWriter(bytes: bytes, rowCount: range.count)
    writer.write(first + range.lowerBound, range.count, columns: columns, to: &payload)
  }

  /// The columns of a range of records; nil when they are too many for one group.
  private func columns(of range: Range<Int>) -> [ColumnPacker]? {
    guard let first = records.baseAddress else { return nil }
    var index = FieldIndex(rowCount: range.count, bytes: bytes)
    // A range of the records; fields are checked against their own count.
    let fits = index.add(first + range.lowerBound, fields)
    return fits ? index.packers : nil
  }
}
