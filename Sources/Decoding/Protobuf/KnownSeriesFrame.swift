import Bytes
import Model
import Packing

/// A write request of which most series have come before: their labels are not read again, only
/// looked up by a hash of their bytes. What is not of the plain form (labels, then samples) or not
/// known takes the long way.
struct KnownSeriesFrame {
  private static let likelyBytes = 128

  /// Where each series of the request lies.
  private var ranges: [Range<Int>] = []
  /// Of their labels' bytes; none for one that is not of the plain form.
  private var fingerprints: [Fingerprint] = []
  /// Where the samples of each begin among all; one more ends the last.
  private var starts: [Int32] = [0]
  private var times: [Int64] = []
  private var values: [Double] = []
  private var numbers: [UInt32] = []
  private(set) var sampleCount = 0

  /// Walks the whole request; throws when it cannot be cut, before anything is kept.
  init(
    _ bytes: Span<UInt8>, salt: UInt64, _ directory: any SeriesDirectory
  ) throws(Fault) {
    // A series with its labels is seldom shorter; a longer one only leaves room unused.
    let likely = bytes.count / Self.likelyBytes
    ranges.reserveCapacity(likely)
    fingerprints.reserveCapacity(likely)
    starts.reserveCapacity(likely + 1)
    times.reserveCapacity(likely)
    values.reserveCapacity(likely)
    var request = MessageReader(bytes)
    var plain = PlainSeriesReader(bytes)
    while let field = try request.next() {
      guard field.number == WriteRequest.series, let range = field.bytes else { continue }
      let first = times.count
      if let labels = plain.read(range, &times, &values) {
        fingerprints.append(Self.fingerprint(bytes.extracting(labels), salt))
      } else {
        times.removeLast(times.count - first)
        values.removeLast(values.count - first)
        fingerprints.append(.none)
      }
      ranges.append(range)
      starts.append(Int32(truncatingIfNeeded: times.count))
    }
    numbers = directory.numbers(of: fingerprints)
    sampleCount = times.count
    for index in numbers.indices where numbers[index] == 0 {
      sampleCount += try WriteRequest.check(bytes, series: ranges[index]) - samples(index).count
    }
  }

  private static func fingerprint(_ labels: Span<UInt8>, _ salt: UInt64) -> Fingerprint {
    let name = Naming.name(of: labels, salt: salt)
    return Fingerprint(low: name.low, high: name.high)
  }

  private func samples(_ index: Int) -> Range<Int> {
    Int(starts[index])..<Int(starts[index + 1])
  }

  /// Adds all samples to the batch.
  func add(to batch: inout Batch, of bytes: Span<UInt8>) throws(Fault) {
    if !numbers.contains(0) { return batch.add(known: columns) }
    batch.reserve(samples: sampleCount)
    for (place, number) in numbers.enumerated() {
      if number == 0 {
        try WriteRequest.decodeSeries(
          bytes, ranges[place], fingerprint: fingerprints[place], into: &batch)
        continue
      }
      let series = batch.addKnownSeries(number)
      for index in samples(place) {
        batch.append(sample: Sample(series: series, time: times[index], value: values[index]))
      }
    }
  }

  /// The samples when all series are known.
  private var columns: SampleColumns {
    // A sender that sends what it scrapes has one sample of each series.
    if numbers.count == times.count, zip(starts, starts.dropFirst()).allSatisfy({ $0 < $1 }) {
      return SampleColumns(numbers: numbers, times: times, values: values)
    }
    var own: [UInt32] = []
    own.reserveCapacity(times.count)
    for (place, number) in numbers.enumerated() {
      own.append(contentsOf: repeatElement(number, count: samples(place).count))
    }
    return SampleColumns(numbers: own, times: times, values: values)
  }
}
