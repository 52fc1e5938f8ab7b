import Bytes
import Model
import Packing

/// Decodes columns of a block into an arena. Nil answers are damage.
struct ColumnReading {
  private let columns: [UInt8]
  private let shapes: [UInt8]
  private let rowCount: Int
  var values: ValueReading

  init(columns: [UInt8], shapes: [UInt8], values: ValueReading, rowCount: Int) {
    self.columns = columns
    self.shapes = shapes
    self.values = values
    self.rowCount = rowCount
  }

  mutating func column(_ place: ColumnPlace) -> RecordColumn? {
    let found: ColumnValues?
    switch place.values {
    case .values(let own): found = values.values(at: own)
    case .cut(let cut): found = join(cut)
    }
    return found.map { RecordColumn(key: place.key, rows: rows(of: place), values: $0) }
  }

  /// The rows that have a value; nil for all of them.
  func rows(of place: ColumnPlace) -> [UInt32]? {
    guard let bits = place.presence else { return nil }
    var rows: [UInt32] = []
    rows.reserveCapacity(place.count)
    for index in 0..<rowCount
    where columns[bits.lowerBound + index / 8] & (1 << UInt8(index & 7)) != 0 {
      rows.append(UInt32(truncatingIfNeeded: index))
    }
    return rows
  }

  private mutating func join(_ cut: CutPlace) -> ColumnValues? {
    var parameters: [[ColumnValues]] = []
    for places in cut.parameters {
      var own: [ColumnValues] = []
      for place in places {
        guard let values = values.values(at: place) else { return nil }
        own.append(values)
      }
      parameters.append(own)
    }
    var next = [Int](repeating: 0, count: cut.keys.count)
    var texts: [Slice] = []
    texts.reserveCapacity(cut.codes.count)
    for code in cut.codes {
      let shape = Int(code)
      let ordinal = next[shape]
      next[shape] += 1
      texts.append(join(cut.keys[shape]) { parameters[shape][$0][ordinal] })
    }
    return .plain(texts)
  }

  /// Puts a text together from its shape and its parameters.
  private mutating func join(_ key: Range<Int>, _ parameter: (Int) -> Slice) -> Slice {
    let start = values.arena.count
    var place = 0
    var count = 0
    for byte in shapes[key] {
      count += byte == TextShapes.mark ? Int(parameter(place).count) : 1
      place += byte == TextShapes.mark ? 1 : 0
    }
    // Room first: an append of a part of the array to itself would copy all of it.
    values.arena.append(contentsOf: repeatElement(0, count: count))
    values.arena.withUnsafeMutableBufferPointer { arena in
      var target = start
      var place = 0
      for byte in shapes[key] {
        guard byte == TextShapes.mark else {
          arena[target] = byte
          target += 1
          continue
        }
        for source in parameter(place).range {
          arena[target] = arena[source]
          target += 1
        }
        place += 1
      }
    }
    return Slice(
      offset: UInt32(truncatingIfNeeded: start), count: UInt32(truncatingIfNeeded: count))
  }

  /// The texts of a column that may hold `core`, a run of bytes of one kind (`TextWords`), with
  /// their places among the column's values: none that does is missing.
  mutating func texts(
    of place: ColumnPlace, mayHold core: [UInt8]
  ) -> (places: [Int], texts: [Slice])? {
    switch place.values {
    case .values(let own):
      guard let found = values.values(at: own) else { return nil }
      return (Array(0..<own.count), (0..<own.count).map { found[$0] })
    case .cut(let cut): return texts(of: cut, mayHold: core)
    }
  }

  /// Of some rows, ascending, the places that those with a value have among the column's values,
  /// and which of the rows they are.
  func places(of chosen: [UInt32], in place: ColumnPlace) -> (places: [Int], rows: [UInt32]) {
    guard let bits = place.presence else {
      return (
        chosen.map { Int($0) },
        chosen.indices.map { UInt32(truncatingIfNeeded: $0) }
      )
    }
    var places: [Int] = []
    var rows: [UInt32] = []
    var before = 0
    var byte = 0
    for (index, row) in chosen.enumerated() {
      while byte < Int(row) / 8 {
        before += columns[bits.lowerBound + byte].nonzeroBitCount
        byte += 1
      }
      let bit = UInt8(1) << UInt8(row & 7)
      guard columns[bits.lowerBound + byte] & bit != 0 else { continue }
      places.append(before + (columns[bits.lowerBound + byte] & (bit - 1)).nonzeroBitCount)
      rows.append(UInt32(truncatingIfNeeded: index))
    }
    return (places, rows)
  }

  /// The texts at those places, ascending, of a column.
  mutating func texts(of place: ColumnPlace, at chosen: [Int]) -> [Slice]? {
    switch place.values {
    case .values(let own):
      guard let found = values.values(at: own, only: PlaceSet(chosen)) else { return nil }
      return chosen.map { found[$0] }
    case .cut(let cut):
      let isChosen = PlaceSet(chosen)
      var wanted: [PlaceSet?] = cut.keys.map { _ in PlaceSet() }
      var next = [Int](repeating: 0, count: cut.keys.count)
      for (index, code) in cut.codes.enumerated() {
        let shape = Int(code)
        if isChosen.contains(index) { wanted[shape]?.insert(next[shape]) }
        next[shape] += 1
      }
      return join(cut, wanted)?.texts
    }
  }

  private mutating func texts(
    of cut: CutPlace, mayHold core: [UInt8]
  ) -> (places: [Int], texts: [Slice])? {
    // For each shape the places among its own texts; nil stands for all of them.
    var wanted: [PlaceSet?] = []
    let isWord = core.first.map { TextWords.classes[Int($0)] != 0 } ?? false
    for (shape, key) in cut.keys.enumerated() {
      if shapes.span.extracting(key).firstRange(of: core.span, from: 0) != nil {
        wanted.append(nil)
        continue
      }
      var own = PlaceSet()
      if isWord {
        for place in cut.parameters[shape] {
          guard let found = values.places(of: core, in: place) else { return nil }
          for index in found { own.insert(index) }
        }
      }
      wanted.append(own)
    }
    guard wanted.contains(where: { $0?.isEmpty != true }) else { return ([], []) }
    return join(cut, wanted)
  }

  private mutating func join(
    _ cut: CutPlace, _ wanted: [PlaceSet?]
  ) -> (places: [Int], texts: [Slice])? {
    var parameters = [[ColumnValues]?](repeating: nil, count: cut.keys.count)
    for (shape, own) in wanted.enumerated() where own?.isEmpty != true {
      var columns: [ColumnValues] = []
      for place in cut.parameters[shape] {
        guard let values = values.values(at: place, only: own) else { return nil }
        columns.append(values)
      }
      parameters[shape] = columns
    }
    var next = [Int](repeating: 0, count: cut.keys.count)
    var places: [Int] = []
    var texts: [Slice] = []
    for (index, code) in cut.codes.enumerated() {
      let shape = Int(code)
      let ordinal = next[shape]
      next[shape] += 1
      guard let columns = parameters[shape], wanted[shape]?.contains(ordinal) ?? true else {
        continue
      }
      places.append(index)
      texts.append(join(cut.keys[shape]) { columns[$0][ordinal] })
    }
    return (places, texts)
  }
}

extension ColumnValues {
  /// The value at a place of the column.
  subscript(index: Int) -> Slice {
    switch self {
    case .plain(let values): values[index]
    case .dictionary(let values, let codes): values[Int(codes[index])]
    }
  }
}
