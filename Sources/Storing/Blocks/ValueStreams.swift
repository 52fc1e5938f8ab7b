import Glibc
import Model
import Bytes
import Packing

/// How the values of a column are kept. Raw values are stored.
enum ValueForm: UInt8 {
  case constant = 0
  case dictionary = 1
  case integers = 2
  /// Whole numbers of so many digits, zeros in front.
  case padded = 3
  /// Decimals with so many digits behind the point.
  case decimals = 4
  /// Hexadecimal texts of one length: small letters, or capitals.
  case smallHexadecimals = 5
  case capitalHexadecimals = 6
  case texts = 7
}

/// Values on their way into a block: each column takes the form that is smallest for it, and its
/// bytes go to the stream of their kind, packed together in the end.
struct ValueStreams: ~Copyable {
  /// Distinct values up to which a column of short values is a dictionary.
  static let mostDistinct = 256

  var numbers: [UInt8] = []
  var texts: [UInt8] = []
  var hexadecimals: [UInt8] = []
  private let arena: UnsafeBufferPointer<UInt8>
  /// Of the column at work.
  private var integers = GrowingBuffer<Int64>(capacity: 256)

  /// `arena` holds the values and is lent for the time of use.
  init(arena: UnsafeBufferPointer<UInt8>) {
    self.arena = arena
  }

  /// Adds the values of a column, which are lent for the call.
  mutating func add(_ values: UnsafeBufferPointer<Slice>) {
    if !addAlike(values) { addTexts(values) }
  }

  /// Adds the values of a column, lent for the call, as texts.
  mutating func addTexts(_ values: UnsafeBufferPointer<Slice>) {
    if values.isEmpty { return }
    numbers.append(ValueForm.texts.rawValue)
    for value in values { VariableInteger.append(UInt64(value.count), to: &numbers) }
    for value in values { texts.append(contentsOf: arena[value.range]) }
  }

  /// Adds the values of a column, lent for the call, that are all the same, all numbers or all
  /// hexadecimal; else adds nothing and returns false.
  mutating func addAlike(_ values: UnsafeBufferPointer<Slice>) -> Bool {
    guard let first = values.first else { return false }
    if values.allSatisfy({ equal($0, first) }) {
      numbers.append(ValueForm.constant.rawValue)
      putText(first)
      return true
    }
    return addIntegers(values) || addHexadecimals(values)
  }

  /// Adds a column whose distinct values are known.
  mutating func add(_ distinct: [Slice], codes: [UInt32]) {
    if distinct.count == 1 {
      numbers.append(ValueForm.constant.rawValue)
      putText(distinct[0])
      return
    }
    numbers.append(ValueForm.dictionary.rawValue)
    VariableInteger.append(UInt64(distinct.count), to: &numbers)
    for value in distinct { putText(value) }
    if distinct.count <= 256 {
      numbers.append(contentsOf: codes.lazy.map { UInt8(truncatingIfNeeded: $0) })
    } else {
      numbers.append(contentsOf: codes.lazy.map { UInt8(truncatingIfNeeded: $0) })
      numbers.append(contentsOf: codes.lazy.map { UInt8(truncatingIfNeeded: $0 >> 8) })
      numbers.append(contentsOf: codes.lazy.map { UInt8(truncatingIfNeeded: $0 >> 16) })
    }
  }

  private mutating func putText(_ value: Slice) {
    VariableInteger.append(UInt64(value.count), to: &texts)
    texts.append(contentsOf: arena[value.range])
  }

  private func equal(_ left: Slice, _ right: Slice) -> Bool {
    guard left.count == right.count, let base = arena.baseAddress else {
      return left.count == right.count
    }
    // Slices of the arena lie within it.
    return memcmp(base + Int(left.offset), base + Int(right.offset), Int(left.count)) == 0
  }

  private mutating func addIntegers(_ values: UnsafeBufferPointer<Slice>) -> Bool {
    guard let text = NumberText(values[0], in: arena) else { return false }
    var isCanonical = true
    let width = values[0].count
    var isPadded = text.point == 0
    integers.count = 0
    integers.reserve(values.count)
    for index in 0..<values.count {
      let value = values[index]
      guard let (number, canonical) = text.read(value) else { return false }
      isCanonical = isCanonical && canonical
      // A sign takes the place of a zero: "-0" is no padded number.
      isPadded = isPadded && value.count == width && arena[Int(value.offset)] != 45
      guard isCanonical || isPadded else { return false }
      // One for each value, as just reserved.
      integers.base[index] = number
    }
    if text.point > 0 {
      numbers.append(ValueForm.decimals.rawValue)
      numbers.append(UInt8(text.point))
    } else if isCanonical {
      numbers.append(ValueForm.integers.rawValue)
    } else {
      numbers.append(ValueForm.padded.rawValue)
      numbers.append(UInt8(truncatingIfNeeded: width))
    }
    // As many as there are values.
    Self.put(UnsafeBufferPointer(start: integers.base, count: values.count), to: &numbers)
    return true
  }

  /// Whole numbers near the least of them, in planes of bytes: all lowest bytes, then the next.
  static func put(_ values: UnsafeBufferPointer<Int64>, to target: inout [UInt8]) {
    var low = values.first ?? 0
    var high = low
    for value in values {
      low = min(low, value)
      high = max(high, value)
    }
    let span = UInt64(bitPattern: high &- low)
    let width = (64 - span.leadingZeroBitCount + 7) / 8
    VariableInteger.append(signed: low, to: &target)
    target.append(UInt8(width))
    let start = target.count
    target.append(contentsOf: repeatElement(0, count: width * values.count))
    // Each plane has one byte for each value, as many as were just added.
    target.withUnsafeMutableBufferPointer { buffer in
      guard var plane = buffer.baseAddress.map({ $0 + start }) else { return }
      for shift in stride(from: 0 as UInt64, to: UInt64(width * 8), by: 8) {
        for index in 0..<values.count {
          plane[index] = UInt8(
            truncatingIfNeeded: UInt64(bitPattern: values[index] &- low) &>> shift)
        }
        plane += values.count
      }
    }
  }

  private mutating func addHexadecimals(_ values: UnsafeBufferPointer<Slice>) -> Bool {
    let width = Int(values[0].count)
    guard width >= 4, width % 2 == 0, width <= 128, let base = arena.baseAddress else {
      return false
    }
    // Most columns are out with their first value.
    guard arena[values[0].range].allSatisfy({ HexDigits.values[Int($0)] < HexDigits.other }) else {
      return false
    }
    let start = hexadecimals.count
    var kinds: UInt8 = 0
    hexadecimals.append(contentsOf: repeatElement(0, count: values.count * width / 2))
    // As many bytes as were just added; slices lie within the arena.
    let isHexadecimal = HexDigits.values.withUnsafeBufferPointer { digits in
      hexadecimals.withUnsafeMutableBufferPointer { target in
        var place = start
        for value in values {
          guard value.count == width else { return false }
          let text = base + Int(value.offset)
          for index in stride(from: 0, to: width, by: 2) {
            let high = digits[Int(text[index])]
            let low = digits[Int(text[index + 1])]
            kinds |= high | low
            target[place] = high << 4 | low & 15
            place += 1
          }
          if kinds & HexDigits.other != 0 { return false }
        }
        return true
      }
    }
    // Letters of both kinds would not come back as they were.
    guard isHexadecimal, kinds & HexDigits.letters != HexDigits.letters else {
      hexadecimals.removeLast(hexadecimals.count - start)
      return false
    }
    let form =
      kinds & HexDigits.capital != 0 ? ValueForm.capitalHexadecimals : .smallHexadecimals
    numbers.append(form.rawValue)
    VariableInteger.append(UInt64(width), to: &numbers)
    return true
  }
}

/// What each byte is as a hexadecimal digit: its value, and a bit for its kind.
enum HexDigits {
  static let small: UInt8 = 16
  static let capital: UInt8 = 32
  static let letters: UInt8 = 48
  static let other: UInt8 = 64

  static let values: [UInt8] = (0..<256).map { value in
    switch UInt8(value) {
    case 48...57: UInt8(value) - 48
    case 97...102: UInt8(value) - 87 | small
    case 65...70: UInt8(value) - 55 | capital
    default: other
    }
  }
}
