import Bytes
import Model
import Packing

/// Reads a group that `GroupWriter` wrote; everything in it is checked, since a damaged or hostile
/// payload must neither trap nor take memory beyond its own size.
struct GroupReader {
  /// The group's bytes, unpacked.
  private let bytes: [UInt8]
  private var position = 0
  private var rowCount = 0
  /// Columns of a group: more than a writer ever makes.
  private static let mostColumns = 16_384
  /// Values of a group: a body has fewer than bytes. A column of one value has few bytes for many
  /// rows, so that this is what bounds the memory of a batch.
  private static let mostValues = Limits.bodyBytes
  private var valueCount = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// The group; nil when its parts do not fit each other.
  mutating func read() -> RecordGroup? {
    guard let rows = take(UInt32.self), let columnCount = take(UInt32.self),
      (1...RecordPayload.mostRows).contains(Int(rows)), columnCount <= Self.mostColumns
    else { return nil }
    rowCount = Int(rows)
    guard let levels = skip(rowCount), hasLevels(at: levels), let times = integers(),
      let receivedAt = integers(), let tenants = codes(rowCount), let services = codes(rowCount),
      let environments = codes(rowCount), let hosts = codes(rowCount)
    else { return nil }
    var columns: [PackedColumn] = []
    for _ in 0..<columnCount {
      guard let column = column() else { return nil }
      valueCount += column.count
      guard valueCount <= Self.mostValues else { return nil }
      columns.append(column)
    }
    for index in columns.indices {
      guard case .plain(let text) = columns[index].values else { continue }
      guard let start = skip(text.byteCount) else { return nil }
      columns[index].values = .plain(
        PackedText(
          width: text.width, length: text.length, offset: text.offset, start: start,
          byteCount: text.byteCount))
    }
    guard position == bytes.count else { return nil }
    return RecordGroup(
      bytes: bytes, rowCount: rowCount, levels: levels, times: times, receivedAt: receivedAt,
      tenants: tenants, services: services, environments: environments, hosts: hosts,
      columns: columns)
  }

  private mutating func take<Value: FixedWidthInteger & BitwiseCopyable>(
    _ type: Value.Type
  ) -> Value? {
    guard let place = skip(MemoryLayout<Value>.size) else { return nil }
    // Within the bytes, as just checked.
    return bytes.withUnsafeBytes {
      Value(littleEndian: $0.loadUnaligned(fromByteOffset: place, as: Value.self))
    }
  }

  /// Steps over so many bytes and says where they began; nil when they are not there.
  private mutating func skip(_ count: Int) -> Int? {
    guard count >= 0, count <= bytes.count - position else { return nil }
    defer { position += count }
    return position
  }

  private func hasLevels(at offset: Int) -> Bool {
    var most: UInt8 = 0
    // The levels were just found to be there.
    bytes.withUnsafeBufferPointer { bytes in
      for index in offset..<(offset + rowCount) { most = max(most, bytes[index]) }
    }
    return Level(rawValue: most) != nil
  }

  private mutating func integers() -> PackedIntegers? {
    guard let least = take(Int64.self), let scale = take(UInt64.self), let width = take(UInt8.self),
      [0, 1, 2, 4, 8].contains(width), let offset = skip(rowCount * Int(width))
    else { return nil }
    return PackedIntegers(least: least, scale: scale, width: Int(width), offset: offset)
  }

  /// Distinct values and the codes of so many rows.
  private mutating func codes(_ count: Int) -> PackedCodes? {
    guard let distinct = take(UInt32.self), let total = take(UInt32.self),
      (1...RecordPayload.mostRows).contains(Int(distinct)),
      let lengths = skip(Int(distinct) * 4), let start = skip(Int(total)),
      let values = slices(Int(distinct), lengths: lengths, start: start, total: Int(total))
    else { return nil }
    let width = distinct == 1 ? 0 : distinct <= 256 ? 1 : 2
    guard let offset = skip(count * width) else { return nil }
    let codes = PackedCodes(values: values, width: width, offset: offset)
    return hasOnlyKnown(codes, count) ? codes : nil
  }

  private func slices(_ count: Int, lengths: Int, start: Int, total: Int) -> [Slice]? {
    var values: [Slice] = []
    values.reserveCapacity(count)
    var next = start
    // The lengths were just found to be there.
    bytes.withUnsafeBytes { raw in
      for index in 0..<count {
        let length = UInt32(
          littleEndian: raw.loadUnaligned(fromByteOffset: lengths + index * 4, as: UInt32.self))
        values.append(Slice(offset: UInt32(truncatingIfNeeded: next), count: length))
        next += Int(length)
      }
    }
    return next == start + total ? values : nil
  }

  private func hasOnlyKnown(_ codes: PackedCodes, _ count: Int) -> Bool {
    if codes.width == 0 { return true }
    var most = 0
    // The codes were just found to be there.
    bytes.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress else { return }
      if codes.width == 1 {
        var greatest: UInt8 = 0
        for index in 0..<count { greatest = max(greatest, base[codes.offset + index]) }
        most = Int(greatest)
      } else {
        for index in 0..<count { most = max(most, codes.code(index, base)) }
      }
    }
    return most < codes.values.count
  }

  private mutating func column() -> PackedColumn? {
    guard let part = take(UInt8.self).flatMap(ColumnKey.Part.init(rawValue:)),
      let kind = take(UInt8.self).flatMap(FieldKind.init(rawValue:)),
      let occurrence = take(UInt8.self),
      let presence = take(UInt8.self).flatMap(Presence.init(rawValue:)),
      let isPlain = take(UInt8.self), isPlain <= 1,
      let nameCount = take(UInt32.self), let name = skip(Int(nameCount)),
      let count = take(UInt32.self), (1...rowCount).contains(Int(count)),
      let rows = rows(presence, Int(count)),
      let values = isPlain == 1 ? text(Int(count)) : codes(Int(count)).map({ .coded($0) })
    else { return nil }
    let key: ColumnKey
    switch part {
    case .field:
      key = ColumnKey(
        field: ByteString(bytes[name..<(name + Int(nameCount))]), kind, occurrence: occurrence)
    case .release, .logger, .message: key = ColumnKey(part)
    // Rows are ordered by these, and their columns come first.
    case .service, .environment, .host: return nil
    }
    return PackedColumn(
      key: key, name: Slice(offset: UInt32(truncatingIfNeeded: name), count: nameCount),
      count: Int(count), presence: presence, rows: rows, values: values)
  }

  private mutating func rows(_ presence: Presence, _ count: Int) -> Int? {
    switch presence {
    case .all: return count == rowCount ? position : nil
    case .bitmap:
      guard let offset = skip((rowCount + 7) / 8) else { return nil }
      var set = 0
      for index in offset..<position { set += bytes[index].nonzeroBitCount }
      // Bits behind the last row would be rows that are not there.
      let isClean = rowCount % 8 == 0 || bytes[position - 1] >> UInt8(rowCount % 8) == 0
      return set == count && count < rowCount && isClean ? offset : nil
    case .list:
      guard count < rowCount, let offset = skip(count * 2) else { return nil }
      var before = -1
      for index in 0..<count {
        let row = Int(bytes[offset + index * 2]) | Int(bytes[offset + index * 2 + 1]) << 8
        guard row > before, row < rowCount else { return nil }
        before = row
      }
      return offset
    }
  }

  /// Lengths whose sum is what is stated; where the values begin is set when all are known.
  private mutating func text(_ count: Int) -> PackedColumn.Values? {
    guard let total = take(UInt32.self), let width = take(UInt8.self),
      [0, 1, 2, 4].contains(width),
      let length = width == 0 ? take(UInt32.self) : 0,
      let offset = skip(count * Int(width))
    else { return nil }
    let text = PackedText(
      width: Int(width), length: Int(length), offset: offset, start: 0, byteCount: Int(total))
    var sum = 0
    // The lengths were just found to be there; 65,536 of 32 bits do not overflow.
    bytes.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress else { return }
      if width == 0 {
        sum = count * Int(length)
      } else {
        for index in 0..<count { sum &+= text.length(index, base) }
      }
    }
    return sum == Int(total) ? .plain(text) : nil
  }
}
