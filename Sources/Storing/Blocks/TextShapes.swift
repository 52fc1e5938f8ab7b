import Bytes
import Model

/// Texts that are mostly alike, cut into shapes and what differs: a run of letters, digits and
/// underscores with a digit in it, or of hexadecimal letters only, is a parameter; all else is the
/// text's shape.
struct TextShapes {
  /// The texts of one shape.
  struct Shape {
    /// The text with one mark for each parameter.
    let key: [UInt8]
    let parameterCount: Int
    /// How many texts are of it.
    let textCount: Int
    /// Where its parameters begin among those of all shapes: of all its texts, in order, those of a
    /// text together.
    fileprivate var start = 0

    init(key: [UInt8], parameterCount: Int, textCount: Int) {
      self.key = key
      self.parameterCount = parameterCount
      self.textCount = textCount
    }
  }

  /// Stands for a parameter.
  static let mark = TextCutter.mark

  private(set) var shapes: [Shape] = []
  /// For each text the index of its shape.
  private(set) var codes: [UInt16] = []
  /// The parameters that are no numbers, in the order of the texts, if they were asked for.
  private(set) var words: [Slice] = []
  /// The parameters of all texts, by shape.
  private var parameters: [Slice] = []

  /// Cuts all texts; nil when they are too different for that to be worth it.
  init?(_ texts: [Slice], arena: UnsafeBufferPointer<UInt8>, notesWords: Bool = false) {
    var table = ShapeTable(most: min(4_096, max(16, texts.count / 8)))
    var cutter = TextCutter(texts: texts.count, notesWords: notesWords)
    var codes = GrowingBuffer<UInt16>(capacity: texts.count)
    for (index, text) in texts.enumerated() {
      let before = cutter.parameters.count
      guard let length = cutter.cut(text, arena),
        let code = table.code(
          cutter.shape, length, parameterCount: cutter.parameters.count &- before)
      else { return nil }
      // One for each text.
      codes.base[index] = code
    }
    codes.count = texts.count
    self.codes = codes.array()
    shapes = table.shapes
    words = Self.slices(cutter.words)
    order(cutter.parameters)
  }

  private static func slices(_ places: borrowing GrowingBuffer<ValuePlace>) -> [Slice] {
    [Slice](unsafeUninitializedCapacity: places.count) { target, count in
      // As many as there is room for.
      for index in 0..<places.count { target[index] = slice(places.base[index]) }
      count = places.count
    }
  }

  @inline(__always)
  private static func slice(_ place: ValuePlace) -> Slice {
    Slice(
      offset: UInt32(truncatingIfNeeded: place.offset),
      count: UInt32(truncatingIfNeeded: place.count))
  }

  /// Puts the parameters of the texts in the order of their shapes.
  private mutating func order(_ found: borrowing GrowingBuffer<ValuePlace>) {
    let next = GrowingBuffer<Int>(capacity: shapes.count)
    let counts = GrowingBuffer<Int>(capacity: shapes.count)
    var start = 0
    for index in shapes.indices {
      shapes[index].start = start
      // As many as there is room for.
      next.base[index] = start
      counts.base[index] = shapes[index].parameterCount
      start += shapes[index].textCount * shapes[index].parameterCount
    }
    parameters = [Slice](unsafeUninitializedCapacity: found.count) { target, count in
      var place = found.base
      // Each text's parameters go to a place of their own: together they are as many as were found.
      for code in codes {
        let own = counts.base[Int(code)]
        let first = next.base[Int(code)]
        for offset in 0..<own { target[first &+ offset] = Self.slice(place[offset]) }
        next.base[Int(code)] = first &+ own
        place += own
      }
      count = found.count
    }
  }

  /// The values at one place of all texts of a shape.
  func values(of shape: Shape, at place: Int) -> [Slice] {
    [Slice](unsafeUninitializedCapacity: shape.textCount) { target, count in
      // The parameters of the shape are so many for each of its texts.
      parameters.withUnsafeBufferPointer { own in
        var next = shape.start &+ place
        for index in 0..<shape.textCount {
          target[index] = own[next]
          next &+= shape.parameterCount
        }
      }
      count = shape.textCount
    }
  }
}
