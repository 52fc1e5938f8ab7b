import Bytes
import Model
import Packing

/// Reads what `ValueStreams` wrote: the values of one column after another, as slices of an arena
/// of its own. Nil answers are damage.
struct ValueReading {
  private let numbers: [UInt8]
  private let texts: [UInt8]
  private let hexadecimals: [UInt8]
  private var numberPlace = 0
  private var textPlace = 0
  private var hexPlace = 0
  /// The values' bytes.
  var arena: [UInt8] = []

  init(numbers: [UInt8], texts: [UInt8], hexadecimals: [UInt8]) {
    self.numbers = numbers
    self.texts = texts
    self.hexadecimals = hexadecimals
    arena.reserveCapacity(texts.count * 2 + numbers.count)
  }

  /// The next column's values.
  mutating func values(_ count: Int) -> ColumnValues? {
    guard count > 0 else { return .plain([]) }
    guard let form = byte().flatMap(ValueForm.init(rawValue:)) else { return nil }
    switch form {
    case .constant:
      return text().map {
        .dictionary([$0], codes: [UInt32](repeating: 0, count: count))
      }
    case .dictionary: return dictionary(count)
    case .integers: return integers(count).map { .plain($0.map { number($0, point: 0, width: 0) }) }
    case .padded:
      guard let width = byte(), let integers = integers(count) else { return nil }
      return .plain(integers.map { number($0, point: 0, width: Int(width)) })
    case .decimals:
      guard let point = byte(), let integers = integers(count) else { return nil }
      return .plain(integers.map { number($0, point: Int(point), width: 0) })
    case .smallHexadecimals: return hexadecimals(count, ten: 87)
    case .capitalHexadecimals: return hexadecimals(count, ten: 55)
    case .texts: return plainTexts(count)
    }
  }

  private mutating func byte() -> UInt8? {
    guard numberPlace < numbers.count else { return nil }
    numberPlace += 1
    return numbers[numberPlace - 1]
  }

  private mutating func keep(_ bytes: ArraySlice<UInt8>) -> Slice {
    let slice = Slice(
      offset: UInt32(truncatingIfNeeded: arena.count),
      count: UInt32(truncatingIfNeeded: bytes.count))
    arena.append(contentsOf: bytes)
    return slice
  }

  private mutating func text() -> Slice? {
    guard let count = VariableInteger.take(in: texts, at: &textPlace),
      count <= UInt64(texts.count - textPlace)
    else { return nil }
    defer { textPlace += Int(count) }
    return keep(texts[textPlace..<(textPlace + Int(count))])
  }

  private mutating func dictionary(_ count: Int) -> ColumnValues? {
    guard let distinct = VariableInteger.take(in: numbers, at: &numberPlace),
      distinct <= UInt64(texts.count)
    else { return nil }
    var values: [Slice] = []
    for _ in 0..<distinct {
      guard let value = text() else { return nil }
      values.append(value)
    }
    let planes = distinct <= 256 ? 1 : 3
    guard planes * count <= numbers.count - numberPlace else { return nil }
    var codes = [UInt32](repeating: 0, count: count)
    for plane in 0..<planes {
      for index in 0..<count {
        codes[index] |= UInt32(numbers[numberPlace + index]) << UInt32(plane * 8)
      }
      numberPlace += count
    }
    guard codes.allSatisfy({ UInt64($0) < distinct }) else { return nil }
    return .dictionary(values, codes: codes)
  }

  /// What `ValueStreams.put` wrote.
  mutating func integers(_ count: Int) -> [Int64]? {
    Self.integers(numbers, count, at: &numberPlace)
  }

  static func integers(_ bytes: [UInt8], _ count: Int, at place: inout Int) -> [Int64]? {
    guard let low = VariableInteger.takeSigned(bytes.span, at: &place), place < bytes.count
    else { return nil }
    let width = Int(bytes[place])
    place += 1
    guard width <= 8, width * count <= bytes.count - place else { return nil }
    var distances = [UInt64](repeating: 0, count: count)
    for plane in 0..<width {
      let shift = UInt64(plane * 8)
      for index in 0..<count { distances[index] |= UInt64(bytes[place + index]) << shift }
      place += count
    }
    return distances.map { low &+ Int64(bitPattern: $0) }
  }

  private mutating func number(_ value: Int64, point: Int, width: Int) -> Slice {
    var digits: [UInt8] = []
    var rest = value.magnitude
    repeat {
      if point > 0, digits.count == point { digits.append(46) }
      digits.append(48 + UInt8(rest % 10))
      rest /= 10
    } while rest > 0 || digits.count < width || (point > 0 && digits.count < point + 2)
    if value < 0 { digits.append(45) }
    digits.reverse()
    return keep(digits[...])
  }

  private mutating func hexadecimals(_ count: Int, ten: UInt8) -> ColumnValues? {
    guard let width = VariableInteger.take(in: numbers, at: &numberPlace), width <= 128,
      width % 2 == 0, count * Int(width / 2) <= hexadecimals.count - hexPlace
    else { return nil }
    var values: [Slice] = []
    values.reserveCapacity(count)
    func digit(_ nibble: UInt8) -> UInt8 { nibble < 10 ? 48 + nibble : ten + nibble }
    for _ in 0..<count {
      values.append(
        Slice(
          offset: UInt32(truncatingIfNeeded: arena.count),
          count: UInt32(truncatingIfNeeded: width)))
      for byte in hexadecimals[hexPlace..<(hexPlace + Int(width / 2))] {
        arena.append(digit(byte >> 4))
        arena.append(digit(byte & 15))
      }
      hexPlace += Int(width / 2)
    }
    return .plain(values)
  }

  private mutating func plainTexts(_ count: Int) -> ColumnValues? {
    var lengths: [Int] = []
    lengths.reserveCapacity(count)
    var total = 0
    for _ in 0..<count {
      guard let length = VariableInteger.take(in: numbers, at: &numberPlace),
        length <= UInt64(texts.count - textPlace - total)
      else { return nil }
      lengths.append(Int(length))
      total += Int(length)
    }
    let all = keep(texts[textPlace..<(textPlace + total)])
    textPlace += total
    var offset = all.offset
    return .plain(
      lengths.map { length in
        defer { offset += UInt32(truncatingIfNeeded: length) }
        return Slice(offset: offset, count: UInt32(truncatingIfNeeded: length))
      })
  }
}

extension VariableInteger {
  /// Reads the integer at `position` of an array and steps behind it; nil when there is none.
  static func take(in bytes: [UInt8], at position: inout Int) -> UInt64? {
    take(bytes.span, at: &position)
  }
}
