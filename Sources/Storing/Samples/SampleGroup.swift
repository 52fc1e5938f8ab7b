import Packing

/// The values of some series, one series behind the other, each in the form that is smallest for
/// it: whole numbers of a power of ten, as differences, or bits against those before.
struct SampleGroupWriter {
  /// Powers of ten that are tried; beyond them decimals are rare.
  static let mostDigits = 9
  /// Marks a series whose values are kept by their bits.
  static let bits: UInt8 = 255
  /// Whole numbers beyond it are not exact as floating point.
  private static let largest = 9_007_199_254_740_992.0

  private(set) var bytes: [UInt8] = []
  var size: Int { bytes.count }

  mutating func add(_ values: [Double]) {
    if let (digits, whole) = Self.decimals(values) {
      bytes.append(digits)
      var steps = [UInt64]()
      steps.reserveCapacity(whole.count)
      var before: Int64 = 0
      for number in whole {
        let step = number - before
        steps.append(UInt64(bitPattern: (step << 1) ^ (step >> 63)))
        before = number
      }
      let first = steps.first ?? 0
      VariableInteger.append(first, to: &bytes)
      put(Array(steps.dropFirst()))
    } else {
      bytes.append(Self.bits)
      var before: UInt64 = 0
      put(
        values.map { value in
          defer { before = value.bitPattern }
          return value.bitPattern ^ before
        })
    }
  }

  /// The lowest bytes of all numbers, then the next ones, as many as the largest has: bytes of one
  /// kind stand together.
  private mutating func put(_ numbers: [UInt64]) {
    var all: UInt64 = 0
    for number in numbers { all |= number }
    let width = (64 - all.leadingZeroBitCount + 7) / 8
    bytes.append(UInt8(width))
    for plane in 0..<width {
      let shift = UInt64(plane * 8)
      bytes.append(
        contentsOf: numbers.lazy.map { UInt8(truncatingIfNeeded: $0 >> shift) })
    }
  }

  /// The values as whole numbers of the largest power of ten that keeps every bit; nil when there
  /// is none.
  private static func decimals(_ values: [Double]) -> (digits: UInt8, whole: [Int64])? {
    var digits = 0
    var whole: [Int64] = []
    whole.reserveCapacity(values.count)
    var index = 0
    while index < values.count {
      let scaled = (values[index] * powers[digits]).rounded()
      guard scaled.magnitude < largest else { return nil }
      let number = Int64(scaled)
      // As it will be read back: minus zero is no whole number.
      if (Double(number) / powers[digits]).bitPattern == values[index].bitPattern {
        whole.append(number)
        index += 1
      } else {
        digits += 1
        guard digits <= mostDigits else { return nil }
        whole.removeAll(keepingCapacity: true)
        index = 0
      }
    }
    return (UInt8(digits), whole)
  }

  static let powers: [Double] = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9]
}

/// Reads the values of a group back.
struct SampleGroupReader: ~Escapable {
  private let bytes: Span<UInt8>
  private var position = 0

  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>) {
    self.bytes = bytes
  }

  /// The next series' values, of which there are `count` (at least one); nil when the bytes are not
  /// what was written.
  mutating func next(count: Int) -> [Double]? {
    guard count > 0, position < bytes.count else { return nil }
    let digits = bytes[position]
    position += 1
    if digits == SampleGroupWriter.bits {
      guard let numbers = numbers(count) else { return nil }
      var before: UInt64 = 0
      return numbers.map { number in
        before ^= number
        return Double(bitPattern: before)
      }
    }
    guard Int(digits) <= SampleGroupWriter.mostDigits,
      let first = VariableInteger.take(bytes, at: &position), let rest = numbers(count - 1)
    else { return nil }
    let power = SampleGroupWriter.powers[Int(digits)]
    // `count` values, each written once before it is counted.
    return [Double](unsafeUninitializedCapacity: count) { values, written in
      var whole = Self.step(first)
      values[0] = Double(whole) / power
      for index in rest.indices {
        whole &+= Self.step(rest[index])
        values[index + 1] = Double(whole) / power
      }
      written = rest.count + 1
    }
  }

  private static func step(_ number: UInt64) -> Int64 {
    Int64(bitPattern: number >> 1) ^ -Int64(bitPattern: number & 1)
  }

  /// Steps behind the next series' values; false when the bytes are not what was written.
  mutating func skip(count: Int) -> Bool {
    guard count > 0, position < bytes.count else { return false }
    let digits = bytes[position]
    position += 1
    guard digits != SampleGroupWriter.bits else { return skipNumbers(count) }
    guard Int(digits) <= SampleGroupWriter.mostDigits,
      VariableInteger.take(bytes, at: &position) != nil
    else { return false }
    return skipNumbers(count - 1)
  }

  private mutating func skipNumbers(_ count: Int) -> Bool {
    guard position < bytes.count else { return false }
    let width = Int(bytes[position])
    position += 1
    guard width <= 8, count <= SampleBlockLayout.longestPart,
      width * count <= bytes.count - position
    else { return false }
    position += width * count
    return true
  }

  private mutating func numbers(_ count: Int) -> [UInt64]? {
    guard position < bytes.count else { return nil }
    let width = Int(bytes[position])
    position += 1
    guard width <= 8, count <= SampleBlockLayout.longestPart,
      width * count <= bytes.count - position
    else { return nil }
    var numbers = [UInt64](repeating: 0, count: count)
    for plane in 0..<width {
      for index in 0..<count {
        numbers[index] |= UInt64(bytes[position + index]) << UInt64(plane * 8)
      }
      position += count
    }
    return numbers
  }
}
