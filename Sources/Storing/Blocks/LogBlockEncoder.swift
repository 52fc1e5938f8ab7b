import Bytes
import Model
import Packing

/// Makes log blocks (level 1) of rows of one tenant; keeps its working memory from one block to the
/// next. FORMAT.md has the block byte by byte.
final class LogBlockEncoder {
  /// Shorter texts are hardly worth cutting into shapes.
  private static let shortText = 24

  private let zstandard = Zstandard()

  /// The rows as the bytes of a block.
  func encode(_ rows: TenantRows, blockID: UInt64) -> [UInt8] {
    // The arena is lent to the streams for the time of the call.
    rows.arena.withUnsafeBufferPointer { encode(rows, blockID, $0) }
  }

  private func encode(
    _ rows: TenantRows, _ blockID: UInt64, _ arena: UnsafeBufferPointer<UInt8>
  ) -> [UInt8] {
    var streams = ValueStreams(arena: arena)
    var columns: [UInt8] = []
    var shapes: [UInt8] = []
    var words = WordFilterBuilder()
    VariableInteger.append(UInt64(rows.columns.count), to: &columns)
    for column in rows.columns {
      Self.put(column, rows.times.count, to: &columns)
      switch column.values {
      case .dictionary(let values, let codes):
        columns.append(0)
        streams.add(values, codes: codes)
      case .plain(let values):
        let bytes = values.reduce(0) { $0 + Int($1.count) }
        // Lent for the call.
        if values.withUnsafeBufferPointer({ streams.addAlike($0) }) {
          columns.append(0)
        } else if bytes > Self.shortText * values.count,
          let cut = TextShapes(
            values, arena: arena, notesWords: column.key.part == .message)
        {
          columns.append(1)
          cut.put(to: &shapes)
          cut.forEachPlace { streams.add($0) }
          words.add(cut, arena)
          continue
        } else {
          columns.append(0)
          values.withUnsafeBufferPointer { streams.addTexts($0) }
        }
      }
      // The filter knows nothing of messages that were not cut; those of a dictionary are few, and
      // looked at in no time.
      if column.key.part == .message { words.isComplete = false }
    }
    return assemble(rows, blockID, streams, columns, shapes, words)
  }

  private func assemble(
    _ rows: TenantRows, _ blockID: UInt64, _ streams: borrowing ValueStreams, _ columns: [UInt8],
    _ shapes: [UInt8], _ words: WordFilterBuilder
  ) -> [UInt8] {
    var sections = SectionWriter()
    var times: [UInt8] = []
    BlockClock.put(rows.times, to: &times)
    sections.add(.times, times, with: zstandard)
    var received: [UInt8] = []
    BlockClock.put(rows.receivedAt, to: &received)
    sections.add(.receivedAt, received, with: zstandard)
    sections.add(.levels, rows.levels, with: zstandard)
    sections.add(.columns, columns, with: zstandard)
    sections.add(.numbers, streams.numbers, with: zstandard)
    sections.add(.texts, streams.texts, with: zstandard)
    sections.add(.hexadecimals, streams.hexadecimals)
    sections.add(.shapes, shapes, with: zstandard)
    sections.add(.words, words.bytes())
    sections.add(.counts, RowCounts(rows).bytes())
    return sections.block(tenant: rows.tenant, id: blockID, rows: rows.times.count)
  }

  /// What a column is, and which rows have a value.
  private static func put(_ column: RecordColumn, _ count: Int, to bytes: inout [UInt8]) {
    bytes.append(column.key.part.rawValue)
    bytes.append(column.key.kind.rawValue)
    bytes.append(column.key.occurrence)
    VariableInteger.append(UInt64(column.key.name.count), to: &bytes)
    bytes += column.key.name.bytes
    guard let rows = column.rows else { return bytes.append(1) }
    bytes.append(0)
    var bits = [UInt8](repeating: 0, count: (count + 7) / 8)
    for row in rows where Int(row) < count { bits[Int(row >> 3)] |= 1 << UInt8(row & 7) }
    bytes += bits
  }
}

/// Times in the order of a block: differences, in the largest unit that all are whole multiples of.
enum BlockClock {
  static func put(_ times: [Int64], to target: inout [UInt8]) {
    // The units are constants, one by one: to divide by a number that is known costs a tenth.
    if let steps = steps(times, in: 1_000_000_000) {
      put(steps, in: 1_000_000_000, to: &target)
    } else if let steps = steps(times, in: 1_000_000) {
      put(steps, in: 1_000_000, to: &target)
    } else if let steps = steps(times, in: 1_000) {
      put(steps, in: 1_000, to: &target)
    } else if let steps = steps(times, in: 1) {
      put(steps, in: 1, to: &target)
    }
  }

  /// The differences in a unit; nil when some time is no multiple of it.
  @inline(__always)
  private static func steps(_ times: [Int64], in unit: Int64) -> [Int64]? {
    var isWhole = true
    var before: Int64 = 0
    let steps = [Int64](unsafeUninitializedCapacity: times.count) { target, count in
      // As many as there are times, at most.
      for time in times {
        let scaled = time / unit
        if scaled &* unit != time {
          isWhole = false
          return
        }
        target[count] = scaled &- before
        count &+= 1
        before = scaled
      }
    }
    return isWhole ? steps : nil
  }

  private static func put(_ steps: [Int64], in unit: Int64, to target: inout [UInt8]) {
    VariableInteger.append(UInt64(unit), to: &target)
    VariableInteger.append(signed: steps.first ?? 0, to: &target)
    // Lent for the call.
    steps.withUnsafeBufferPointer {
      ValueStreams.put(UnsafeBufferPointer(rebasing: $0.dropFirst()), to: &target)
    }
  }

  /// Nil when the bytes are not what was written.
  static func read(_ bytes: [UInt8], _ count: Int) -> [Int64]? {
    guard count > 0 else { return [] }
    var place = 0
    guard let unit = VariableInteger.take(bytes.span, at: &place),
      let first = VariableInteger.takeSigned(bytes.span, at: &place),
      let steps = ValueReading.integers(bytes, count - 1, at: &place)
    else { return nil }
    let scale = Int64(truncatingIfNeeded: unit)
    let times = [Int64](unsafeUninitializedCapacity: count) { target, initialized in
      var time = first
      target[0] = time &* scale
      for index in steps.indices {
        time &+= steps[index]
        target[index + 1] = time &* scale
      }
      initialized = count
    }
    return times
  }
}
