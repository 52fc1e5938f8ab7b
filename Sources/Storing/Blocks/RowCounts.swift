import Bytes
import Model
import Packing

/// How many rows of a block have each value of the parts of their head and each level: what a count
/// by release needs, without the rows.
struct RowCounts: Sendable {
  /// A part with more values has no counts.
  private static let most = 256

  /// By part; a part that no row has is not among them, and one with too many values is empty. Of
  /// fields there are only counts of those that hold stream labels.
  private(set) var parts: [ColumnKey.Part: [(value: ByteString, rows: Int)]] = [:]
  /// By `Level`'s raw value.
  private(set) var levels: [UInt8: Int] = [:]

  init(_ rows: TenantRows) {
    var levels = [Int](repeating: 0, count: 256)
    for level in rows.levels { levels[Int(level)] += 1 }
    for (level, count) in levels.enumerated() where count > 0 {
      self.levels[UInt8(level)] = count
    }
    for column in rows.columns where column.key.name == StreamLabels.field {
      parts[.field, default: []].append(
        (StreamLabels.field, column.rows?.count ?? rows.times.count))
    }
    for column in rows.columns where column.key.part != .field && column.key.part != .message {
      guard case .dictionary(let values, let codes) = column.values, values.count <= Self.most
      else {
        parts[column.key.part] = []
        continue
      }
      var counts = [Int](repeating: 0, count: values.count)
      for code in codes { counts[Int(code)] += 1 }
      parts[column.key.part] = values.enumerated().map { index, value in
        (ByteString(rows.arena[value.range]), counts[index])
      }
    }
  }

  func bytes() -> [UInt8] {
    var bytes: [UInt8] = []
    VariableInteger.append(UInt64(levels.count), to: &bytes)
    for (level, count) in levels.sorted(by: { $0.key < $1.key }) {
      bytes.append(level)
      VariableInteger.append(UInt64(count), to: &bytes)
    }
    for (part, values) in parts.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      bytes.append(part.rawValue)
      VariableInteger.append(UInt64(values.count), to: &bytes)
      for (value, count) in values {
        VariableInteger.append(UInt64(value.count), to: &bytes)
        bytes += value.bytes
        VariableInteger.append(UInt64(count), to: &bytes)
      }
    }
    return bytes
  }

  /// Nil when the bytes are not what was written.
  init?(_ bytes: [UInt8]) {
    var place = 0
    guard let count = VariableInteger.take(in: bytes, at: &place), count <= 256 else { return nil }
    for _ in 0..<count {
      guard place < bytes.count else { return nil }
      let level = bytes[place]
      place += 1
      guard let rows = Self.rows(in: bytes, at: &place) else { return nil }
      levels[level] = rows
    }
    while place < bytes.count {
      guard let part = ColumnKey.Part(rawValue: bytes[place]) else { return nil }
      place += 1
      guard let count = VariableInteger.take(in: bytes, at: &place), count <= UInt64(Self.most)
      else { return nil }
      var values: [(ByteString, Int)] = []
      for _ in 0..<count {
        guard let size = VariableInteger.take(in: bytes, at: &place),
          size <= UInt64(bytes.count - place)
        else { return nil }
        let value = ByteString(bytes[place..<(place + Int(size))])
        place += Int(size)
        guard let rows = Self.rows(in: bytes, at: &place) else { return nil }
        values.append((value, rows))
      }
      parts[part] = values
    }
  }

  /// A count that a block can have.
  private static func rows(in bytes: [UInt8], at place: inout Int) -> Int? {
    VariableInteger.take(in: bytes, at: &place).flatMap { UInt32(exactly: $0) }.map { Int($0) }
  }
}
