import Bytes
import Packing

/// Reads series as every sender writes them: labels first, then samples of value and time, with
/// lengths of one byte. Anything else is left to the general reader.
struct PlainSeriesReader: ~Escapable {
  /// A sample is a tag, its length, then a tag and eight bytes of value, then a tag and the time.
  private static let headBytes = 2
  private static let valueBytes = 9
  private static let longestTime = 10

  private let bytes: Span<UInt8>
  /// The time read last, and its bytes with what stands behind them cut off: the samples of a
  /// scrape mostly have one time.
  private var lastTime: Int64 = 0
  private var lastBits: UInt64 = 0
  private var lastLength = 0

  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>) {
    self.bytes = bytes
  }

  /// Appends the samples of the series in `range` and returns where its labels lie; nil, with an
  /// unknown number appended, when it is not of that form.
  mutating func read(
    _ range: Range<Int>, _ times: inout [Int64], _ values: inout [Double]
  ) -> Range<Int>? {
    let end = range.upperBound
    var position = range.lowerBound
    // Field 1, a message.
    while end - position >= 2, bytes[position] == 0x0A {
      let length = Int(bytes[position + 1])
      guard length < 128, length <= end - position - 2 else { return nil }
      position += 2 + length
    }
    let labels = range.lowerBound..<position
    guard !labels.isEmpty, position < end else { return nil }
    while position < end {
      guard let (time, value) = sample(&position, end) else { return nil }
      times.append(time)
      values.append(value)
    }
    return labels
  }

  /// Field 2, a message of a fixed64 and a varint, in that order.
  private mutating func sample(_ position: inout Int, _ end: Int) -> (Int64, Double)? {
    let start = position + Self.headBytes
    guard end - start > Self.valueBytes + 1, bytes[position] == 0x12 else { return nil }
    let length = Int(bytes[position + 1]) - Self.valueBytes - 1
    let time = start + Self.valueBytes + 1
    guard length >= 1, length <= Self.longestTime, length <= end - time,
      bytes[start] == 0x09, bytes[time - 1] == 0x10, let bits = bytes.eightBytes(at: start + 1)
    else { return nil }
    position = time + length
    guard let time = self.time(at: time, length) else { return nil }
    return (time, Double(bitPattern: bits))
  }

  /// A varint that takes so many bytes.
  private mutating func time(at start: Int, _ length: Int) -> Int64? {
    guard length < 8, let bits = bytes.eightBytes(at: start) else {
      return slowTime(at: start, length)
    }
    let own = bits & (1 << UInt64(8 * length) - 1)
    if length == lastLength, own == lastBits { return lastTime }
    guard let time = slowTime(at: start, length) else { return nil }
    lastTime = time
    lastBits = own
    lastLength = length
    return time
  }

  private func slowTime(at start: Int, _ length: Int) -> Int64? {
    var position = start
    guard
      let time = VariableInteger.take(
        bytes.extracting(0..<(start + length)), at: &position), position == start + length
    else { return nil }
    return Int64(bitPattern: time)
  }
}
