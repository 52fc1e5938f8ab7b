import CProcessor
import Model

/// A column of an ordered group.
final class OrderedColumn {
  /// Its number among the columns of all groups.
  let number: Int
  /// Nil when all rows have a value.
  let spread: Spread?
  let isPlain: Bool
  /// Of a column with a dictionary: the number of each value among those of all groups, in 16 bits
  /// if they fit; none when there is one value only.
  private var codes = GrowingBuffer<UInt16>(capacity: 1)
  private var wideCodes = GrowingBuffer<UInt32>(capacity: 1)
  private var oneCode: UInt32?
  private var isWide = false
  /// Of a plain column: the bytes, and where each value begins, and the last ends, in them.
  private var bytes = GrowingBuffer<UInt8>(capacity: 1)
  private(set) var starts = GrowingBuffer<UInt32>(capacity: 1)

  /// `targets` say where each value goes.
  init(
    _ number: Int, _ parts: [ColumnPart], _ lent: LentGroups, _ scatter: Scatter,
    _ targets: UnsafePointer<UInt16>, merging catalogue: ColumnCatalogue
  ) {
    self.number = number
    spread = scatter.spread
    isPlain = parts.contains { part in
      if case .plain = part.column.values { return true }
      return false
    }
    if isPlain {
      putTexts(parts, lent, scatter.count, targets)
    } else {
      putCodes(parts, lent, scatter.count, targets, catalogue)
    }
  }

  private func putCodes(
    _ parts: [ColumnPart], _ lent: LentGroups, _ count: Int, _ targets: UnsafePointer<UInt16>,
    _ catalogue: ColumnCatalogue
  ) {
    let numbers = parts.map { part in
      guard case .coded(let packed) = part.column.values else { return [UInt32]() }
      return catalogue.merge(packed.values, lent.sources[part.source].bytes, of: number)
    }
    if let first = numbers.first?.first, numbers.allSatisfy({ $0 == [first] }) {
      oneCode = first
      return
    }
    isWide = catalogue.values[number].merged.count > 1 << 16
    if isWide {
      wideCodes = GrowingBuffer(capacity: count)
    } else {
      codes = GrowingBuffer(capacity: count)
    }
    var first = 0
    for (part, numbers) in zip(parts, numbers) {
      guard case .coded(let packed) = part.column.values else { continue }
      let base = lent.sources[part.source].base
      // Every code has a number, and every value a target below the count of values,
      // for which there is room.
      numbers.withUnsafeBufferPointer { numbers in
        for index in 0..<part.column.count {
          let number = numbers[packed.code(index, base)]
          let target = Int(targets[first &+ index])
          if isWide {
            wideCodes.base[target] = number
          } else {
            codes.base[target] = UInt16(truncatingIfNeeded: number)
          }
        }
      }
      first += part.column.count
    }
  }

  private func putTexts(
    _ parts: [ColumnPart], _ lent: LentGroups, _ count: Int, _ targets: UnsafePointer<UInt16>
  ) {
    starts = GrowingBuffer(capacity: count + 1)
    var first = 0
    for part in parts {
      // Every value has a target below the count of values.
      part.forEachLength(lent) { index, length in
        starts.base[Int(targets[first &+ index])] = UInt32(truncatingIfNeeded: length)
      }
      first += part.column.count
    }
    var end: UInt32 = 0
    for index in 0..<count {
      let length = starts.base[index]
      starts.base[index] = end
      end &+= length
    }
    starts.base[count] = end
    bytes = GrowingBuffer(capacity: Int(end) + 16)
    first = 0
    for part in parts {
      // What was counted above, each where it begins.
      part.forEachValue(lent) { index, source, offset, length in
        source.copyExactly(
          offset, length, to: bytes.base + Int(starts.base[Int(targets[first &+ index])]))
      }
      first += part.column.count
    }
    bytes.count = Int(end)
  }

  /// What is copied of it; valid as long as the column.
  var view: ColumnView {
    ColumnView(
      before: spread?.before.base, codes: codes.base, wideCodes: wideCodes.base,
      starts: starts.base, bytes: bytes.base, oneCode: oneCode ?? 0, isPlain: isPlain,
      isWide: isWide, hasOneCode: oneCode != nil)
  }
}

extension ColumnPart {
  /// Calls `visit` with the index and length of each value.
  @inline(__always)
  fileprivate func forEachLength(_ lent: LentGroups, _ visit: (Int, Int) -> Void) {
    let base = lent.sources[source].base
    switch column.values {
    case .coded(let packed):
      for index in 0..<column.count {
        visit(index, Int(packed.values[packed.code(index, base)].count))
      }
    case .plain(let text):
      for index in 0..<column.count { visit(index, text.length(index, base)) }
    }
  }

  /// Calls `visit` with the index of each value, the bytes it lies in, its offset and length there.
  @inline(__always)
  fileprivate func forEachValue(
    _ lent: LentGroups, _ visit: (Int, ValueBytes, Int, Int) -> Void
  ) {
    let lender = lent.sources[source]
    switch column.values {
    case .coded(let packed):
      for index in 0..<column.count {
        let value = packed.values[packed.code(index, lender.base)]
        visit(index, lender.bytes, Int(value.offset), Int(value.count))
      }
    case .plain(let text):
      var offset = text.start
      for index in 0..<column.count {
        let length = text.length(index, lender.base)
        visit(index, lender.bytes, offset, length)
        offset &+= length
      }
    }
  }
}

/// The memory of an `OrderedColumn`, for the loops that go through the runs of a tenant: each of
/// them would count references.
struct ColumnView: BitwiseCopyable {
  /// As in `Spread`; nil when all rows have a value.
  let before: UnsafeMutablePointer<UInt16>?
  let codes: UnsafeMutablePointer<UInt16>
  let wideCodes: UnsafeMutablePointer<UInt32>
  let starts: UnsafeMutablePointer<UInt32>
  let bytes: UnsafeMutablePointer<UInt8>
  let oneCode: UInt32
  let isPlain: Bool
  let isWide: Bool
  let hasOneCode: Bool

  /// Which values a stretch of rows has.
  @inline(__always)
  func values(of start: UInt32, _ count: UInt32) -> Range<UInt32> {
    guard let before else { return start..<(start &+ count) }
    // One element more than rows, and a run ends at the last of them.
    let first = UInt32(before[Int(start)])
    return first..<max(first, UInt32(before[Int(start &+ count)]))
  }

  /// Asks for where the values of some rows are found.
  @inline(__always)
  func prefetchSpread(_ start: UInt32) {
    // An address is asked for, not read.
    if let before { plimsoll_prefetch(before + Int(start)) }
  }

  /// Asks for what the first of some values are read from.
  @inline(__always)
  func prefetch(_ values: Range<UInt32>) {
    // Addresses are asked for, not read.
    if isPlain {
      plimsoll_prefetch(starts + Int(values.lowerBound))
    } else if isWide {
      plimsoll_prefetch(wideCodes + Int(values.lowerBound))
    } else if !hasOneCode {
      plimsoll_prefetch(codes + Int(values.lowerBound))
    }
  }
}
