import Bytes
import CProcessor
import Model
import Packing

/// Texts that are mostly alike, cut into shapes and what differs: a run of letters, digits and
/// underscores with a digit in it, or of hexadecimal letters only, is a parameter; all else is the
/// text's shape.
struct TextShapes: ~Copyable {
  /// Stands for a parameter.
  static let mark = TextCutter.mark

  private let table: ShapeTable
  /// For each text the index of its shape.
  private let codes: GrowingBuffer<UInt16>
  /// The parameters of all texts: by shape, then by their place in it, then as the texts came.
  private let parameters: GrowingBuffer<Slice>
  private let cutter: TextCutter

  /// Cuts all texts; nil when they are too different for that to be worth it.
  init?(_ texts: [Slice], arena: UnsafeBufferPointer<UInt8>, notesWords: Bool = false) {
    var table = ShapeTable(most: min(4_096, max(16, texts.count / 8)))
    var cutter = TextCutter(texts: texts.count, notesWords: notesWords)
    var codes = GrowingBuffer<UInt16>(capacity: texts.count)
    for (index, text) in texts.enumerated() {
      // An address is asked for, not read.
      if index + 4 < texts.count, let base = arena.baseAddress {
        plimsoll_prefetch(base + Int(texts[index + 4].offset))
      }
      let before = cutter.parameters.count
      guard let length = cutter.cut(text, arena),
        let code = table.code(
          cutter.shape, length, parameterCount: cutter.parameters.count &- before)
      else { return nil }
      // One for each text.
      codes.base[index] = code
    }
    codes.count = texts.count
    parameters = Self.order(cutter.parameters, by: codes, table)
    self.table = table
    self.codes = codes
    self.cutter = cutter
  }

  /// Puts the parameters of the texts in the order of their shapes and places.
  private static func order(
    _ found: borrowing GrowingBuffer<ValuePlace>, by codes: borrowing GrowingBuffer<UInt16>,
    _ table: borrowing ShapeTable
  ) -> GrowingBuffer<Slice> {
    let starts = GrowingBuffer<Int>(capacity: table.count)
    var start = 0
    // As many as there is room for.
    for index in 0..<table.count {
      starts.base[index] = start
      start += table[index].textCount * table[index].parameterCount
    }
    var ordered = GrowingBuffer<Slice>(capacity: found.count)
    var place = found.base
    // Each text's parameters go to places of their own: together they are as many as were found.
    for index in 0..<codes.count {
      let code = Int(codes.base[index])
      let shape = table[code]
      var target = starts.base[code]
      starts.base[code] = target &+ 1
      for offset in 0..<shape.parameterCount {
        ordered.base[target] = slice(place[offset])
        target &+= shape.textCount
      }
      place += shape.parameterCount
    }
    ordered.count = found.count
    return ordered
  }

  @inline(__always)
  private static func slice(_ place: ValuePlace) -> Slice {
    Slice(
      offset: UInt32(truncatingIfNeeded: place.offset),
      count: UInt32(truncatingIfNeeded: place.count))
  }

  /// Calls `visit` with the parameters that are no numbers, in the order of the texts, if they
  /// were asked for.
  func forEachWord(_ visit: (Slice) -> Void) {
    for index in 0..<cutter.words.count { visit(Self.slice(cutter.words[index])) }
  }

  /// Calls `visit` with the parameters at one place of all texts of a shape, one place and shape
  /// after another. They are lent for the call.
  func forEachPlace(_ visit: (UnsafeBufferPointer<Slice>) -> Void) {
    var start = 0
    for index in 0..<table.count {
      let shape = table[index]
      for _ in 0..<shape.parameterCount {
        // Together they are as many as were found.
        visit(UnsafeBufferPointer(start: parameters.base + start, count: shape.textCount))
        start += shape.textCount
      }
    }
  }

  /// Writes the shapes and which each text has.
  func put(to target: inout [UInt8]) {
    VariableInteger.append(UInt64(table.count), to: &target)
    for index in 0..<table.count {
      let key = table.key(index)
      VariableInteger.append(UInt64(key.count), to: &target)
      target.append(contentsOf: key)
    }
    // As many as there are texts.
    let codes = UnsafeBufferPointer(start: codes.base, count: codes.count)
    target.append(contentsOf: codes.lazy.map { UInt8(truncatingIfNeeded: $0) })
    if table.count > 256 {
      target.append(contentsOf: codes.lazy.map { UInt8(truncatingIfNeeded: $0 >> 8) })
    }
  }
}
