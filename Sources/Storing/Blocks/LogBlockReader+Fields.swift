import Bytes
import Model
import Packing

extension LogBlockReader {
  /// The texts that the fields of those names have, each once, and which of them each row has.
  /// `isClear` is false when a row has several such fields. Nil when damaged.
  func field(
    where isNamed: (ByteString) -> Bool
  ) -> (column: FieldColumn, isClear: Bool)? {
    guard let all = walk() else { return nil }
    let places = all.filter { $0.key.part == .field && isNamed($0.key.name) }
    if places.isEmpty { return (FieldColumn(name: .empty, values: [], codes: []), true) }
    guard var reading = reading() else { return nil }
    var name = ByteString.empty
    var values: [FieldColumn.Value] = []
    var codes = [Int32](repeating: -1, count: rowCount)
    var isClear = true
    for place in places {
      guard let own = reading.distinct(place) else { return nil }
      // Names that one label spells differently are told apart by nothing else.
      if !values.isEmpty, name != place.key.name { isClear = false }
      name = place.key.name
      let shift = Int32(truncatingIfNeeded: values.count)
      for slice in own.values {
        values.append(
          FieldColumn.Value(
            text: ByteString(reading.values.arena[slice.range]), kind: place.key.kind))
      }
      let rows = reading.rows(of: place)
      for (index, code) in own.codes.enumerated() {
        let row = rows.map { Int($0[index]) } ?? index
        if codes[row] >= 0 { isClear = false }
        codes[row] = code &+ shift
      }
    }
    return (FieldColumn(name: name, values: values, codes: values.isEmpty ? [] : codes), isClear)
  }

  /// The numbers of the fields of those names, by column, and the rows that have them; nil rows
  /// stand for all. `read` tells what a text is worth, nil for none; with `readsDigits` columns
  /// that are kept as numbers are worth what they say. Nil when damaged.
  func numbers(
    where isNamed: (ByteString) -> Bool, readsDigits: Bool,
    _ read: (Span<UInt8>, FieldKind) -> Double?
  ) -> [FoundNumbers]? {
    guard var reading = reading(), let places = walk() else { return nil }
    var found: [FoundNumbers] = []
    for place in places where place.key.part == .field && isNamed(place.key.name) {
      let rows = reading.rows(of: place)
      if readsDigits, case .values(let own) = place.values,
        let integers = reading.values.integers(at: own)
      {
        let scale = Self.scale(integers.point)
        found.append(
          FoundNumbers(
            rows: rows, values: integers.values.map { Double($0) / scale }, areAll: true))
        continue
      }
      guard let own = reading.distinct(place) else { return nil }
      let numbers = own.values.map { slice in
        read(reading.values.arena.span.extracting(slice.range), place.key.kind)
      }
      found.append(
        FoundNumbers(
          rows: rows, values: own.codes.map { numbers[Int($0)] ?? .nan },
          areAll: !numbers.contains { $0 == nil }))
    }
    return found
  }

  /// Exact up to 22 digits, so that a quotient is the number that its text is.
  private static func scale(_ digits: Int) -> Double {
    (0..<digits).reduce(1) { scale, _ in scale * 10 }
  }
}

/// Numbers of a column, and the rows that have them; nil rows stand for all.
struct FoundNumbers: Sendable {
  let rows: [UInt32]?
  let values: [Double]
  /// Whether each text was a number.
  let areAll: Bool
}

extension ColumnReading {
  /// The distinct texts of a column, as slices of the arena, and for each value which of them it
  /// is. Nil when damaged.
  fileprivate mutating func distinct(
    _ place: ColumnPlace
  ) -> (values: [Slice], codes: [Int32])? {
    if case .values(let own) = place.values, let integers = values.integers(at: own) {
      // Numbers are told apart before they are spelled out.
      var known: [Int64: Int32] = [:]
      var firsts: [Int] = []
      let codes = integers.values.enumerated().map { index, value in
        if let code = known[value] { return code }
        let code = Int32(truncatingIfNeeded: firsts.count)
        known[value] = code
        firsts.append(index)
        return code
      }
      guard let texts = values.values(at: own, only: PlaceSet(firsts)) else { return nil }
      return (firsts.map { texts[$0] }, codes)
    }
    guard let column = column(place) else { return nil }
    switch column.values {
    case .dictionary(let distinct, let codes):
      return (distinct, codes.map { Int32(truncatingIfNeeded: $0) })
    case .plain(let all):
      var known: [TextName: Int32] = [:]
      var distinct: [Slice] = []
      let codes = all.map { slice in
        let name = TextName(values.arena.span.extracting(slice.range))
        if let code = known[name] { return code }
        let code = Int32(truncatingIfNeeded: distinct.count)
        known[name] = code
        distinct.append(slice)
        return code
      }
      return (distinct, codes)
    }
  }
}

/// What tells texts apart that are counted in the memory of one process.
private struct TextName: Hashable {
  private static let salt: UInt64 = 3

  private let low: UInt64
  private let high: UInt64

  init(_ text: Span<UInt8>) {
    (low, high) = Naming.name(of: text, salt: Self.salt)
  }
}
