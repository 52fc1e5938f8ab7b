import Bytes
import Model
import Packing

/// A write request of which most series have come before: their labels are not read again, only
/// looked up by a hash of their bytes. What is not of the plain form (labels, then samples) or not
/// known takes the long way.
struct KnownSeriesFrame {
  /// A series of the request.
  private struct Entry {
    let range: Range<Int>
    /// Of its labels' bytes; none when it is not of the plain form.
    let fingerprint: Fingerprint
    /// Its samples among all.
    let samples: Range<Int>
  }

  private static let likelyBytes = 128

  private var entries: [Entry] = []
  private var times: [Int64] = []
  private var values: [Double] = []
  private let numbers: [UInt32]
  private(set) var sampleCount = 0

  /// Walks the whole request; throws when it cannot be cut, before anything is kept.
  init(
    _ bytes: Span<UInt8>, salt: UInt64, _ directory: any SeriesDirectory
  ) throws(Fault) {
    var entries: [Entry] = []
    var times: [Int64] = []
    var values: [Double] = []
    // A series with its labels is seldom shorter; a longer one only leaves room unused.
    let likely = bytes.count / Self.likelyBytes
    entries.reserveCapacity(likely)
    times.reserveCapacity(likely)
    values.reserveCapacity(likely)
    var request = MessageReader(bytes)
    while let field = try request.next() {
      guard field.number == WriteRequest.series, let range = field.bytes else { continue }
      let first = times.count
      var plain = PlainSeries(bytes, range)
      let isPlain = plain.read(&times, &values)
      if !isPlain {
        times.removeLast(times.count - first)
        values.removeLast(values.count - first)
      }
      entries.append(
        Entry(
          range: range,
          fingerprint: isPlain ? Self.fingerprint(bytes.extracting(plain.labels), salt) : .none,
          samples: first..<times.count))
    }
    let numbers = directory.numbers(of: entries.map(\.fingerprint))
    for (entry, number) in zip(entries, numbers) {
      sampleCount +=
        number == 0 ? try WriteRequest.check(bytes, series: entry.range) : entry.samples.count
    }
    self.entries = entries
    self.times = times
    self.values = values
    self.numbers = numbers
  }

  private static func fingerprint(_ labels: Span<UInt8>, _ salt: UInt64) -> Fingerprint {
    let name = Naming.name(of: labels, salt: salt)
    return Fingerprint(low: name.low, high: name.high)
  }

  /// Adds all samples to the batch.
  func add(to batch: inout Batch, of bytes: Span<UInt8>) throws(Fault) {
    batch.reserve(samples: sampleCount)
    for (entry, number) in zip(entries, numbers) {
      if number == 0 {
        try WriteRequest.decodeSeries(
          bytes, entry.range, fingerprint: entry.fingerprint, into: &batch)
        continue
      }
      let series = batch.addKnownSeries(number)
      for index in entry.samples {
        batch.append(sample: Sample(series: series, time: times[index], value: values[index]))
      }
    }
  }
}

/// Reads a series as every sender writes it: labels first, then samples of value and time, with
/// lengths of one byte. Anything else is left to the general reader.
private struct PlainSeries: ~Escapable {
  private let bytes: Span<UInt8>
  private var position: Int
  private let end: Int
  /// Where its labels lie, once it is read.
  private(set) var labels: Range<Int>

  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>, _ range: Range<Int>) {
    self.bytes = bytes
    position = range.lowerBound
    end = range.upperBound
    labels = range.lowerBound..<range.lowerBound
  }

  /// Appends its samples; false, with an unknown number appended, when it is not of that form.
  mutating func read(_ times: inout [Int64], _ values: inout [Double]) -> Bool {
    let start = position
    // Field 1, a message.
    while end - position >= 2, bytes[position] == 0x0A {
      let length = Int(bytes[position + 1])
      guard length < 128, length <= end - position - 2 else { return false }
      position += 2 + length
    }
    labels = start..<position
    guard !labels.isEmpty, position < end else { return false }
    while position < end {
      guard let (time, value) = sample() else { return false }
      times.append(time)
      values.append(value)
    }
    return true
  }

  /// Field 2, a message of a fixed64 and a varint, in that order.
  private mutating func sample() -> (Int64, Double)? {
    guard end - position >= 2, bytes[position] == 0x12 else { return nil }
    let length = Int(bytes[position + 1])
    position += 2
    guard length >= 11, length < 128, length <= end - position else { return nil }
    let last = position + length
    guard bytes[position] == 0x09, bytes[position + 9] == 0x10 else { return nil }
    var bits: UInt64 = 0
    for index in 0..<8 { bits |= UInt64(bytes[position + 1 + index]) << UInt64(index * 8) }
    position += 10
    guard let time = VariableInteger.take(bytes.extracting(0..<last), at: &position),
      position == last
    else { return nil }
    return (Int64(bitPattern: time), Double(bitPattern: bits))
  }
}
