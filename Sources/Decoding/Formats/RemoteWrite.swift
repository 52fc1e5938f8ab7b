import Bytes
package import Model
import Packing

/// Prometheus remote write 1.0: a snappy block that holds a protobuf `WriteRequest`. Exemplars and
/// metadata are skipped; a native histogram becomes samples of its parts (`HistogramPart`). A
/// series whose labels are wrong refuses its samples, a histogram that is none itself; a message
/// that cannot be cut refuses the whole frame.
package struct RemoteWrite: WireFormat {
  package static let name = "remote_write"
  package static let arrivals = [Arrival.http(path: "/api/v1/write")]

  private let sampleLimit: Int

  package init() { self.init(sampleLimit: Limits.rowsPerFrame) }

  /// A format that takes at most so many samples in a frame.
  package init(sampleLimit: Int) {
    self.sampleLimit = sampleLimit
  }

  package mutating func decode(
    _ frame: Span<UInt8>, from source: FrameSource, into batch: inout Batch
  ) throws(Fault) {
    let message: [UInt8]
    do throws(PackingFault) {
      message = try Snappy.decompress(frame, limit: Limits.bodyBytes)
    } catch {
      switch error {
      case .tooLarge: throw Fault(.bodyTooLarge, "more than \(Limits.bodyBytes) bytes unpacked")
      default: throw Fault(.decompression, "not a snappy block", refused: frame)
      }
    }
    let bytes = message.span
    if let directory = source.directory {
      let frame = try KnownSeriesFrame(bytes, salt: source.salt, directory)
      try refuseMore(than: frame.sampleCount)
      try frame.add(to: &batch, of: bytes)
      return
    }
    // All is checked before anything is kept, so that a frame is taken whole or not at all.
    try refuseMore(than: try WriteRequest.check(bytes))
    try WriteRequest.decode(bytes, into: &batch)
  }

  private func refuseMore(than samples: Int) throws(Fault) {
    guard samples <= sampleLimit else {
      throw Fault(.bodyTooLarge, "more than \(sampleLimit) samples")
    }
  }
}

/// The messages of remote write 1.0 (prometheus/prompb: types.proto, remote.proto).
enum WriteRequest {
  static let series = 1
  private static let labels = 1
  private static let samples = 2
  private static let histograms = 4

  /// Walks the whole message and returns how many samples it has. Parts of histograms count for
  /// more with many labels, as each is a series of its own.
  static func check(_ bytes: Span<UInt8>) throws(Fault) -> Int {
    var count = 0
    var request = MessageReader(bytes)
    while let field = try request.next() {
      guard field.number == series, let range = field.bytes else { continue }
      count += try check(bytes, series: range)
    }
    return count
  }

  /// The same for one series.
  static func check(_ bytes: Span<UInt8>, series range: Range<Int>) throws(Fault) -> Int {
    var count = 0
    var parts = 0
    var labelCount = 0
    var row = MessageReader(bytes, range)
    while let part = try row.next() {
      guard let inner = part.bytes else { continue }
      switch part.number {
      case labels:
        _ = try label(bytes, inner)
        labelCount += 1
      case samples:
        _ = try sample(bytes, inner)
        count += 1
      case histograms: parts += try HistogramMessage(bytes, inner).partCount
      default: break
      }
    }
    // Beyond the labels that a series may have, none is kept.
    return count + parts * (4 + Swift.min(labelCount, Limits.labelsPerSeries)) / 4
  }

  static func decode(_ bytes: Span<UInt8>, into batch: inout Batch) throws(Fault) {
    var request = MessageReader(bytes)
    while let field = try request.next() {
      if field.number == series, let range = field.bytes {
        try decodeSeries(bytes, range, into: &batch)
      }
    }
  }

  /// Adds a series and its samples; `fingerprint` is what it may be remembered by.
  static func decodeSeries(
    _ bytes: Span<UInt8>, _ range: Range<Int>, fingerprint: Fingerprint = .none,
    into batch: inout Batch
  ) throws(Fault) {
    var pairs: [(Range<Int>, Range<Int>)] = []
    var count = 0
    var histogramCount = 0
    var excess = 0
    var row = MessageReader(bytes, range)
    while let part = try row.next() {
      guard let inner = part.bytes else { continue }
      switch part.number {
      case labels:
        if pairs.count > Limits.labelsPerSeries {
          excess += 1
        } else {
          pairs.append(try label(bytes, inner))
        }
      case samples: count += 1
      case histograms: histogramCount += 1
      default: break
      }
    }
    guard count + histogramCount > 0 else { return }
    do throws(Fault) {
      if excess > 0 { throw Fault(.tooManyLabels, at: range.lowerBound) }
      try checkLengths(pairs, of: bytes)
    } catch {
      return batch.faults.add(error, count: count + histogramCount)
    }
    let slices = pairs.map { name, value in
      (name: batch.intern(bytes.extracting(name)), value: batch.intern(bytes.extracting(value)))
    }
    if count > 0 {
      do throws(Fault) {
        let index = try addSeries(slices, to: &batch)
        batch.remember(fingerprint, ofSeries: Int(index))
        try addSamples(bytes, range, of: index, to: &batch)
      } catch {
        batch.faults.add(error, count: count)
      }
    }
    if histogramCount > 0 {
      try addHistograms(bytes, range, slices, to: &batch)
    }
  }

  private static func checkLengths(
    _ pairs: [(Range<Int>, Range<Int>)], of bytes: Span<UInt8>
  ) throws(Fault) {
    // What is too long is refused before it is copied.
    for (name, value) in pairs {
      if name.count > Limits.labelNameBytes {
        throw Fault(.nameTooLong, refused: bytes.extracting(name))
      }
      if value.count > Limits.labelValueBytes {
        throw Fault(.valueTooLong, "label value", refused: bytes.extracting(value))
      }
    }
  }

  private static func addSeries(
    _ labels: [(name: Slice, value: Slice)], to batch: inout Batch
  ) throws(Fault) -> UInt32 {
    batch.startSeries()
    for (name, value) in labels { batch.addLabel(name, value) }
    return try batch.finishSeries()
  }

  /// Adds the histograms of a series with these labels; what is none is counted.
  private static func addHistograms(
    _ bytes: Span<UInt8>, _ range: Range<Int>, _ labels: [(name: Slice, value: Slice)],
    to batch: inout Batch
  ) throws(Fault) {
    var rows = HistogramRows(labels, in: &batch)
    var row = MessageReader(bytes, range)
    while let part = try row.next() {
      guard part.number == histograms, let inner = part.bytes else { continue }
      let message = try HistogramMessage(bytes, inner)
      let histogram: NativeHistogram
      do throws(Fault) {
        histogram = try message.histogram()
      } catch {
        batch.faults.add(Fault(error.reason, error.detail, at: inner.lowerBound))
        continue
      }
      do throws(Fault) {
        try rows.add(histogram, at: message.time, to: &batch)
      } catch {
        batch.faults.add(error)
      }
    }
  }

  private static func addSamples(
    _ bytes: Span<UInt8>, _ range: Range<Int>, of series: UInt32, to batch: inout Batch
  ) throws(Fault) {
    var row = MessageReader(bytes, range)
    while let part = try row.next() {
      guard part.number == samples, let inner = part.bytes else { continue }
      let (value, time) = try sample(bytes, inner)
      batch.append(sample: Sample(series: series, time: time, value: value))
    }
  }

  private static func label(
    _ bytes: Span<UInt8>, _ range: Range<Int>
  ) throws(Fault) -> (Range<Int>, Range<Int>) {
    var name = 0..<0
    var value = 0..<0
    var message = MessageReader(bytes, range)
    while let field = try message.next() {
      if field.number == 1, let inner = field.bytes { name = inner }
      if field.number == 2, let inner = field.bytes { value = inner }
    }
    return (name, value)
  }

  /// The value with its exact bits, and its time in milliseconds.
  private static func sample(
    _ bytes: Span<UInt8>, _ range: Range<Int>
  ) throws(Fault) -> (Double, Int64) {
    var value = 0.0
    var time: Int64 = 0
    var message = MessageReader(bytes, range)
    while let field = try message.next() {
      if field.number == 1, case .fixed64(let bits) = field.value {
        value = Double(bitPattern: bits)
      }
      if field.number == 2, case .varint(let bits) = field.value {
        time = Int64(bitPattern: bits)
      }
    }
    return (value, time)
  }
}
