import CProcessor
import Model

/// The bytes of a part's values while its columns are gathered: those of plain columns first,
/// copied only when all are known, then those of dictionaries.
struct GatheredText: ~Copyable {
  /// A range of bytes to be copied.
  private struct Copy: BitwiseCopyable {
    let source: UnsafePointer<UInt8>
    let count: Int
  }

  private var copies = GrowingBuffer<Copy>(capacity: 256)
  private var copied = 0
  private var plainByteCount = 0
  private var dictionaries = GrowingBuffer<UInt8>(capacity: 4_096)
  /// For the column at work: the code of each value of all groups in the part, plus one.
  private var codes = GrowingBuffer<UInt32>(capacity: 256)

  init() {}

  /// States how many bytes of plain columns will come.
  mutating func expect(_ byteCount: Int) {
    plainByteCount = byteCount
  }

  /// The bytes of all values that were gathered. Their groups must still be there.
  consuming func take() -> [UInt8] {
    precondition(copied == plainByteCount, "plain values are as many bytes as were counted")
    return [UInt8](unsafeUninitializedCapacity: plainByteCount + dictionaries.count) {
      target, count in
      guard let base = target.baseAddress else { return }
      for index in 0..<copies.count {
        // An address is asked for, not read.
        if index + 4 < copies.count { plimsoll_prefetch(copies[index + 4].source) }
        // Copies were counted as they were noted, and are as many bytes as were expected.
        (base + count).update(from: copies[index].source, count: copies[index].count)
        count += copies[index].count
      }
      (base + count).update(from: dictionaries.base, count: dictionaries.count)
      count += dictionaries.count
    }
  }

  private mutating func note(_ source: UnsafePointer<UInt8>, _ count: Int) {
    copies.append(Copy(source: source, count: count))
    copied += count
  }

  /// The bytes of a dictionary's value, as a slice of what `take` gives.
  private mutating func add(_ value: UnsafeBufferPointer<UInt8>) -> Slice {
    let offset = plainByteCount + dictionaries.count
    dictionaries.reserve(value.count)
    // Room for it was just reserved.
    if let source = value.baseAddress { dictionaries.put(source, value.count) }
    return Slice(
      offset: UInt32(truncatingIfNeeded: offset), count: UInt32(truncatingIfNeeded: value.count))
  }

  private mutating func clearCodes(_ count: Int) {
    codes.count = 0
    codes.reserve(count)
    // As many as were just reserved.
    codes.base.update(repeating: 0, count: count)
    codes.count = count
  }

  /// A part of the head, of which each stream has one value; no column when all are empty.
  mutating func addHead(
    _ part: ColumnKey.Part, _ streams: [PartStream], _ values: borrowing MergedValues,
    _ rowCount: Int, to columns: inout [RecordColumn], _ code: (PartStream) -> UInt32
  ) {
    clearCodes(values.count)
    var slices: [Slice] = []
    var own: [UInt32] = []
    var rows: [UInt32] = []
    let isPartial = streams.contains { values.place(code($0)).count == 0 }
    own.reserveCapacity(rowCount)
    var row: UInt32 = 0
    for stream in streams {
      let value = code(stream)
      if values.place(value).count > 0 {
        if codes[Int(value)] == 0 {
          slices.append(add(values.bytes(value)))
          codes[Int(value)] = UInt32(truncatingIfNeeded: slices.count)
        }
        let count = Int(stream.rowCount)
        own.append(contentsOf: repeatElement(codes[Int(value)] - 1, count: count))
        if isPartial { rows.append(contentsOf: row..<(row + stream.rowCount)) }
      }
      row += stream.rowCount
    }
    guard !slices.isEmpty else { return }
    columns.append(
      RecordColumn(
        key: ColumnKey(part), rows: isPartial ? rows : nil,
        values: .dictionary(slices, codes: own)))
  }

  /// The values of a column that has codes in all groups. `places` say where each value goes.
  mutating func dictionary(
    _ stretches: borrowing GrowingBuffer<ColumnStretch>, _ valueCount: Int,
    _ table: ColumnValueTable, _ places: UnsafePointer<UInt32>
  ) -> ColumnValues {
    clearCodes(table.merged.count)
    var slices: [Slice] = []
    let own = [UInt32](unsafeUninitializedCapacity: valueCount) { target, count in
      for index in 0..<stretches.count {
        forEachCode(stretches.base[index], table, &slices) { code in
          // The stretches together have as many values as there is room for, and each a place.
          target[Int(places[count])] = code
          count &+= 1
        }
      }
    }
    return .dictionary(slices, codes: own)
  }

  /// Calls `visit` with the code in the part of each value.
  @inline(__always)
  private mutating func forEachCode(
    _ stretch: ColumnStretch, _ table: ColumnValueTable, _ slices: inout [Slice],
    _ visit: (UInt32) -> Void
  ) {
    let column = stretch.view
    // The numbers of a column's values are below the count that the part's codes were cleared for.
    if column.hasOneCode {
      let code = self.code(column.oneCode, table, &slices)
      for _ in stretch.values { visit(code) }
      return
    }
    for index in stretch.values {
      let value = column.isWide ? column.wideCodes[Int(index)] : UInt32(column.codes[Int(index)])
      let known = codes.base[Int(value)]
      visit(known != 0 ? known &- 1 : code(value, table, &slices))
    }
  }

  @inline(never)
  private mutating func code(
    _ value: UInt32, _ table: ColumnValueTable, _ slices: inout [Slice]
  ) -> UInt32 {
    if codes[Int(value)] == 0 {
      slices.append(add(table.merged.bytes(value)))
      codes[Int(value)] = UInt32(truncatingIfNeeded: slices.count)
    }
    return codes[Int(value)] - 1
  }

  /// The values of a column that is plain in some group. `places` say where each value goes.
  mutating func slices(
    _ stretches: borrowing GrowingBuffer<ColumnStretch>, _ valueCount: Int,
    _ table: ColumnValueTable, _ places: UnsafePointer<UInt32>
  ) -> [Slice] {
    clearCodes(table.merged.count)
    var distinct: [Slice] = []
    return [Slice](unsafeUninitializedCapacity: valueCount) { target, count in
      for index in 0..<stretches.count {
        let stretch = stretches.base[index]
        if !stretch.view.isPlain {
          // First the codes, where the slices will be, then those.
          let start = count
          forEachCode(stretch, table, &distinct) { code in
            target[Int(places[count])] = Slice(offset: code, count: 0)
            count &+= 1
          }
          for place in start..<count {
            let code = target[Int(places[place])].offset
            target[Int(places[place])] = distinct[Int(code)]
          }
          continue
        }
        // One start more than values; the stretches together have as many as there is room for.
        let starts = stretch.view.starts
        let first = starts[Int(stretch.values.lowerBound)]
        let shift = UInt32(truncatingIfNeeded: copied) &- first
        note(
          UnsafePointer(stretch.view.bytes + Int(first)),
          Int(starts[Int(stretch.values.upperBound)] &- first))
        for value in stretch.values {
          let start = starts[Int(value)]
          target[Int(places[count])] = Slice(
            offset: start &+ shift, count: starts[Int(value) &+ 1] &- start)
          count &+= 1
        }
      }
    }
  }
}
