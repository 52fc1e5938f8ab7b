import Bytes
import Model
import Packing

/// Where a column's values lie in the streams of its block.
struct StreamPlace {
  let form: ValueForm
  let count: Int
  /// Behind the form byte.
  let numbers: Int
  let texts: Int
  let hexadecimals: Int
}

/// A column of a block, not yet decoded.
struct ColumnPlace {
  /// How its values are kept.
  enum Values {
    case values(StreamPlace)
    case cut(CutPlace)
  }

  let key: ColumnKey
  /// The bits of the rows that have a value, in the columns' section; nil when all have.
  let presence: Range<Int>?
  let count: Int
  let values: Values
}

/// A column of texts that were cut into shapes, not yet joined.
struct CutPlace {
  /// The shapes' texts, in the section of shapes.
  let keys: [Range<Int>]
  /// For each text the index of its shape.
  let codes: [UInt16]
  /// By shape, then by parameter.
  let parameters: [[StreamPlace]]
}

/// Walks over the columns of a block and notes where they lie. Nil answers are damage.
struct ColumnWalk {
  private let columns: [UInt8]
  private let shapes: [UInt8]
  private let rowCount: Int
  private var values: ValueReading
  private var place = 0
  private var shapePlace = 0
  private var left = 0

  init?(columns: [UInt8], shapes: [UInt8], values: ValueReading, rowCount: Int) {
    self.columns = columns
    self.shapes = shapes
    self.values = values
    self.rowCount = rowCount
    guard let count = VariableInteger.take(in: columns, at: &place),
      count <= UInt64(columns.count)
    else { return nil }
    left = Int(count)
  }

  /// All columns, or those up to the one that `isLast` accepts.
  mutating func run(until isLast: (ColumnKey) -> Bool = { _ in false }) -> [ColumnPlace]? {
    var found: [ColumnPlace] = []
    while left > 0 {
      guard let column = next() else { return nil }
      found.append(column)
      left -= 1
      if isLast(column.key) { break }
    }
    return found
  }

  private mutating func next() -> ColumnPlace? {
    guard columns.count - place >= 3,
      let part = ColumnKey.Part(rawValue: columns[place]),
      let kind = FieldKind(rawValue: columns[place + 1])
    else { return nil }
    let occurrence = columns[place + 2]
    place += 3
    guard let size = VariableInteger.take(in: columns, at: &place),
      size <= UInt64(columns.count - place)
    else { return nil }
    let name = ByteString(columns[place..<(place + Int(size))])
    place += Int(size)
    guard let (presence, count) = presence(), place < columns.count else { return nil }
    let isCut = columns[place] == 1
    place += 1
    let key =
      part == .field ? ColumnKey(field: name, kind, occurrence: occurrence) : ColumnKey(part)
    if isCut {
      guard let cut = cut(count) else { return nil }
      return ColumnPlace(key: key, presence: presence, count: count, values: .cut(cut))
    }
    guard let own = values.step(count) else { return nil }
    return ColumnPlace(key: key, presence: presence, count: count, values: .values(own))
  }

  /// The bits of the rows that have a value, and how many they are; no bits when all have one.
  private mutating func presence() -> (bits: Range<Int>?, count: Int)? {
    guard place < columns.count else { return nil }
    place += 1
    if columns[place - 1] == 1 { return (nil, rowCount) }
    let size = (rowCount + 7) / 8
    guard size <= columns.count - place else { return nil }
    let bits = place..<(place + size)
    place += size
    var count = columns[bits].reduce(0) { $0 + $1.nonzeroBitCount }
    // Bits behind the last row are nobody's.
    if rowCount % 8 != 0, let last = columns[bits].last {
      count -= (last >> UInt8(rowCount % 8)).nonzeroBitCount
    }
    return (bits, count)
  }

  private mutating func cut(_ count: Int) -> CutPlace? {
    guard let shapeCount = VariableInteger.take(in: shapes, at: &shapePlace),
      shapeCount <= UInt64(shapes.count)
    else { return nil }
    var keys: [Range<Int>] = []
    for _ in 0..<shapeCount {
      guard let size = VariableInteger.take(in: shapes, at: &shapePlace),
        size <= UInt64(shapes.count - shapePlace)
      else { return nil }
      keys.append(shapePlace..<(shapePlace + Int(size)))
      shapePlace += Int(size)
    }
    guard let codes = codes(count, keys.count) else { return nil }
    var counts = [Int](repeating: 0, count: keys.count)
    for code in codes { counts[Int(code)] += 1 }
    var parameters: [[StreamPlace]] = []
    for (shape, key) in keys.enumerated() {
      var own: [StreamPlace] = []
      for byte in shapes[key] where byte == TextShapes.mark {
        guard let place = values.step(counts[shape]) else { return nil }
        own.append(place)
      }
      parameters.append(own)
    }
    return CutPlace(keys: keys, codes: codes, parameters: parameters)
  }

  private mutating func codes(_ count: Int, _ shapeCount: Int) -> [UInt16]? {
    let planes = shapeCount > 256 ? 2 : 1
    guard planes * count <= shapes.count - shapePlace else { return nil }
    let low = shapePlace
    let high = shapePlace + (planes - 1) * count
    shapePlace += planes * count
    var isSound = true
    // Each of the `count` places is given its value, once.
    let codes = [UInt16](unsafeUninitializedCapacity: count) { target, initialized in
      for index in 0..<count {
        var code = UInt16(shapes[low + index])
        if planes == 2 { code |= UInt16(shapes[high + index]) << 8 }
        isSound = isSound && Int(code) < shapeCount
        target[index] = code
      }
      initialized = count
    }
    return isSound ? codes : nil
  }
}
