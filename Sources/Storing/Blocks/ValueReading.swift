import Bytes
import Model
import Packing

/// Reads what `ValueStreams` wrote: the values of one column after another, as slices of an arena
/// of its own. Nil answers are damage.
struct ValueReading {
  let numbers: [UInt8]
  let texts: [UInt8]
  let hexadecimals: [UInt8]
  private var numberPlace = 0
  private var textPlace = 0
  private var hexPlace = 0
  /// The values' bytes.
  var arena: [UInt8] = []

  init(numbers: [UInt8], texts: [UInt8], hexadecimals: [UInt8]) {
    self.numbers = numbers
    self.texts = texts
    self.hexadecimals = hexadecimals
  }

  /// Where the next column's values lie; steps behind them without decoding any.
  mutating func step(_ count: Int) -> StreamPlace? {
    var form = ValueForm.texts
    if count > 0 {
      guard numberPlace < numbers.count, let known = ValueForm(rawValue: numbers[numberPlace])
      else { return nil }
      numberPlace += 1
      form = known
    }
    let place = StreamPlace(
      form: form, count: count, numbers: numberPlace, texts: textPlace, hexadecimals: hexPlace)
    return skip(form, count) ? place : nil
  }

  private mutating func skip(_ form: ValueForm, _ count: Int) -> Bool {
    switch form {
    case .constant: return text() != nil
    case .dictionary:
      guard let distinct = VariableInteger.take(in: numbers, at: &numberPlace),
        distinct <= UInt64(texts.count)
      else { return false }
      for _ in 0..<distinct where text() == nil { return false }
      return skipNumbers((distinct <= 256 ? 1 : 3) * count)
    case .padded, .decimals:
      return skipNumbers(1) && skipIntegers(count)
    case .integers: return skipIntegers(count)
    case .smallHexadecimals, .capitalHexadecimals:
      guard let width = VariableInteger.take(in: numbers, at: &numberPlace), width <= 128,
        width % 2 == 0, count * Int(width / 2) <= hexadecimals.count - hexPlace
      else { return false }
      hexPlace += count * Int(width / 2)
      return true
    case .texts:
      guard let sizes = sizes(count) else { return false }
      textPlace += sizes.reduce(0, +)
      return true
    }
  }

  private mutating func skipNumbers(_ count: Int) -> Bool {
    guard count <= numbers.count - numberPlace else { return false }
    numberPlace += count
    return true
  }

  private mutating func skipIntegers(_ count: Int) -> Bool {
    var place = numberPlace
    guard VariableInteger.takeSigned(numbers.span, at: &place) != nil,
      place < numbers.count, numbers[place] <= 8
    else { return false }
    let width = Int(numbers[place])
    numberPlace = place + 1
    return skipNumbers(width * count)
  }

  /// The next text with its size in front.
  private mutating func text() -> Range<Int>? {
    guard let count = VariableInteger.take(in: texts, at: &textPlace),
      count <= UInt64(texts.count - textPlace)
    else { return nil }
    textPlace += Int(count)
    return (textPlace - Int(count))..<textPlace
  }

  private mutating func sizes(_ count: Int) -> [Int]? {
    var sizes: [Int] = []
    sizes.reserveCapacity(count)
    var total = 0
    for _ in 0..<count {
      guard let size = VariableInteger.take(in: numbers, at: &numberPlace),
        size <= UInt64(texts.count - textPlace - total)
      else { return nil }
      sizes.append(Int(size))
      total += Int(size)
    }
    return sizes
  }

  private mutating func go(to place: StreamPlace) {
    (numberPlace, textPlace, hexPlace) = (place.numbers, place.texts, place.hexadecimals)
  }

  /// The values of a place that `step` found; with `wanted`, values at other places of the column
  /// may be left empty.
  mutating func values(at place: StreamPlace, only wanted: PlaceSet? = nil) -> ColumnValues? {
    let count = place.count
    guard count > 0 else { return .plain([]) }
    go(to: place)
    switch place.form {
    case .constant:
      return text().map {
        .dictionary([keep(texts[$0])], codes: [UInt32](repeating: 0, count: count))
      }
    case .dictionary: return dictionary(count)
    case .integers, .padded, .decimals:
      guard let found = integers(at: place) else { return nil }
      return .plain(
        found.values.enumerated().map { index, value in
          wanted?.contains(index) ?? true
            ? number(value, point: found.point, width: found.width) : .empty
        })
    case .smallHexadecimals: return hexadecimals(count, ten: 87, wanted)
    case .capitalHexadecimals: return hexadecimals(count, ten: 55, wanted)
    case .texts:
      guard let sizes = sizes(count) else { return nil }
      var offset = keep(texts[textPlace..<(textPlace + sizes.reduce(0, +))]).offset
      return .plain(
        sizes.map { size in
          defer { offset += UInt32(truncatingIfNeeded: size) }
          return Slice(offset: offset, count: UInt32(truncatingIfNeeded: size))
        })
    }
  }

  /// The whole numbers of a column, with how many digits stand behind the point and how many there
  /// are at least; nil also for a column of another form.
  mutating func integers(at place: StreamPlace) -> (values: [Int64], point: Int, width: Int)? {
    go(to: place)
    var point = 0
    var width = 0
    switch place.form {
    case .integers: break
    case .padded, .decimals:
      guard numberPlace < numbers.count else { return nil }
      let digits = Int(numbers[numberPlace])
      (point, width) = place.form == .padded ? (0, digits) : (digits, 0)
      numberPlace += 1
    default: return nil
    }
    guard let values = Self.integers(numbers, place.count, at: &numberPlace) else { return nil }
    return (values, point, width)
  }

  /// Where the bytes of a column of plain texts lie among the texts.
  mutating func textRange(of place: StreamPlace) -> Range<Int>? {
    go(to: place)
    return sizes(place.count).map { textPlace..<(textPlace + $0.reduce(0, +)) }
  }

  private mutating func keep(_ bytes: ArraySlice<UInt8>) -> Slice {
    let slice = Slice(
      offset: UInt32(truncatingIfNeeded: arena.count),
      count: UInt32(truncatingIfNeeded: bytes.count))
    arena.append(contentsOf: bytes)
    return slice
  }

  private mutating func dictionary(_ count: Int) -> ColumnValues? {
    guard let distinct = VariableInteger.take(in: numbers, at: &numberPlace),
      distinct <= UInt64(texts.count)
    else { return nil }
    var values: [Slice] = []
    for _ in 0..<distinct {
      guard let range = text() else { return nil }
      values.append(keep(texts[range]))
    }
    let planes = distinct <= 256 ? 1 : 3
    guard planes * count <= numbers.count - numberPlace else { return nil }
    var highest: UInt32 = 0
    let start = numberPlace
    // Each of the `count` places is given its value, once.
    let codes = [UInt32](unsafeUninitializedCapacity: count) { target, initialized in
      for index in 0..<count {
        var code = UInt32(numbers[start + index])
        for plane in 1..<max(planes, 1) {
          code |= UInt32(numbers[start + plane * count + index]) << UInt32(plane * 8)
        }
        highest = max(highest, code)
        target[index] = code
      }
      initialized = count
    }
    numberPlace += planes * count
    guard UInt64(highest) < distinct else { return nil }
    return .dictionary(values, codes: codes)
  }

  /// What `ValueStreams.put` wrote.
  static func integers(_ bytes: [UInt8], _ count: Int, at place: inout Int) -> [Int64]? {
    guard let low = VariableInteger.takeSigned(bytes.span, at: &place), place < bytes.count
    else { return nil }
    let width = Int(bytes[place])
    place += 1
    guard width <= 8, width * count <= bytes.count - place else { return nil }
    let start = place
    place += width * count
    // As many planes of `count` bytes as were just counted.
    return bytes.withUnsafeBufferPointer { bytes in
      [Int64](unsafeUninitializedCapacity: count) { target, initialized in
        for index in 0..<count { target[index] = low }
        for plane in 0..<width {
          let shift = Int64(plane * 8)
          let base = start + plane * count
          for index in 0..<count { target[index] &+= Int64(bytes[base + index]) << shift }
        }
        initialized = count
      }
    }
  }

  private mutating func number(_ value: Int64, point: Int, width: Int) -> Slice {
    let start = arena.count
    var rest = value.magnitude
    var digits = 0
    repeat {
      if point > 0, digits == point { arena.append(46) }
      arena.append(48 + UInt8(rest % 10))
      digits += 1
      rest /= 10
    } while rest > 0 || digits < width || (point > 0 && digits < point + 1)
    if value < 0 { arena.append(45) }
    arena[start...].reverse()
    return Slice(
      offset: UInt32(truncatingIfNeeded: start),
      count: UInt32(truncatingIfNeeded: arena.count - start))
  }

  private mutating func hexadecimals(
    _ count: Int, ten: UInt8, _ wanted: PlaceSet?
  ) -> ColumnValues? {
    guard let width = VariableInteger.take(in: numbers, at: &numberPlace), width <= 128,
      width % 2 == 0, count * Int(width / 2) <= hexadecimals.count - hexPlace
    else { return nil }
    var values: [Slice] = []
    values.reserveCapacity(count)
    func digit(_ nibble: UInt8) -> UInt8 { nibble < 10 ? 48 + nibble : ten + nibble }
    for index in 0..<count {
      let own = hexPlace..<(hexPlace + Int(width / 2))
      hexPlace = own.upperBound
      guard wanted?.contains(index) ?? true else {
        values.append(.empty)
        continue
      }
      values.append(
        Slice(
          offset: UInt32(truncatingIfNeeded: arena.count),
          count: UInt32(truncatingIfNeeded: width)))
      for byte in hexadecimals[own] {
        arena.append(digit(byte >> 4))
        arena.append(digit(byte & 15))
      }
    }
    return .plain(values)
  }
}

extension VariableInteger {
  /// Reads the integer at `position` of an array and steps behind it; nil when there is none.
  static func take(in bytes: [UInt8], at position: inout Int) -> UInt64? {
    take(bytes.span, at: &position)
  }
}
