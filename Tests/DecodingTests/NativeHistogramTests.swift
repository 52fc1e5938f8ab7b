import Bytes
import Decoding
import Model
import Packing
import Support
import Testing

/// Native histograms of remote write become samples that hold all of them, or are refused.
@Suite struct NativeHistogramTests {
  private static let time: Int64 = 1_795_248_000_000
  private static let staleBits: UInt64 = 0x7FF0_0000_0000_0002
  private typealias Builder = WriteRequestBuilder

  private func decode(_ histograms: [[UInt8]], labels: Int = 0) throws -> Batch {
    var builder = Builder()
    let more = (0..<labels).map { ("l\($0)", "v") }
    builder.series(
      [("__name__", "h"), ("job", "odoo")] + more, [], extra: Array(histograms.joined()))
    return try Decoder.decode([builder.packed], as: "remote_write")
  }

  /// What a batch has of a time, by part.
  private func parts(_ batch: Batch, at time: Int64) -> [ByteString: Double] {
    var found: [ByteString: Double] = [:]
    for sample in batch.samples where sample.time == time {
      let labels = batch.labels(ofSeries: Int(sample.series))
      if let part = labels.histogramPart { found[part] = sample.value }
    }
    return found
  }

  @Test(arguments: [true, false]) func anyHistogramComesBackToTheBit(isPacked: Bool) throws {
    for seed in 0..<200 as Range<UInt64> {
      var random = SeededGenerator(seed: seed)
      let all = try (0..<3).map { _ in try NativeHistogram.random(using: &random) }
      let batch = try decode(
        all.enumerated().map {
          Builder.histogram($0.element, Self.time + Int64($0.offset), isPacked: isPacked)
        })
      #expect(batch.faults.total == 0, "seed \(seed): \(batch.faults)")
      for (place, histogram) in all.enumerated() {
        let found = parts(batch, at: Self.time + Int64(place))
        #expect(NativeHistogram { found[$0.name] } == histogram, "seed \(seed)")
      }
    }
  }

  /// What an evaluator will find: counters by bucket, a label beside those of the histogram.
  @Test func partsAreNamedAndCountsAreWhole() throws {
    let histogram = try NativeHistogram(
      kind: .integer, resetHint: .no, schema: 3, zeroThreshold: 0.001, sum: 12.5, count: 11,
      zeroCount: 1,
      positive: .init(
        spans: [.init(offset: -2, length: 2), .init(offset: 3, length: 1)], counts: [5, 2, 3]),
      negative: .none, customValues: [])
    let batch = try decode([Builder.histogram(histogram, Self.time)])
    let found = parts(batch, at: Self.time)
    #expect(
      Set(found.keys.map(\.text)) == [
        "layout", "sum", "count", "zero_count", "zero_threshold", "ps:0", "ps:1", "p:-2", "p:-1",
        "p:3",
      ])
    #expect(found["p:-2"] == 5 && found["p:-1"] == 2 && found["p:3"] == 3 && found["count"] == 11)
    let labels = batch.labels(ofSeries: 0)
    #expect(labels["__name__"] == "h" && labels["job"] == "odoo" && labels.count == 3)
  }

  @Test func aStaleMarkerAndFloatsBesideItAreKept() throws {
    let marker =
      Builder.number(3, Self.staleBits, isFloat: true) + Builder.number(15, 7, isFloat: false)
    var builder = Builder()
    builder.series([("__name__", "h")], [(4, 7)], extra: Builder.field(4, marker))
    let batch = try Decoder.decode([builder.packed], as: "remote_write")
    let found = parts(batch, at: 7)
    #expect(NativeHistogram { found[$0.name] }?.sum.bitPattern == Self.staleBits)
    #expect(batch.samples.first?.value == 4 && batch.labels(ofSeries: 0).histogramPart == nil)
  }

  /// Fields of a message, and what is said of it.
  private static let bad: [(fields: [UInt8], detail: String)] = {
    func integer(_ field: UInt64, _ value: Int64) -> [UInt8] {
      Builder.number(field, Builder.zigzag(value), isFloat: false)
    }
    func float(_ field: UInt64, _ value: Double) -> [UInt8] {
      Builder.number(field, value.bitPattern, isFloat: true)
    }
    func span(_ offset: Int32, _ length: UInt32) -> [UInt8] {
      Builder.field(11, Builder.span(offset, length))
    }
    let count = Builder.number(1, 1, isFloat: false)
    return [
      (integer(4, 9), "schema 9"), (integer(4, -5), "schema -5"), (integer(4, .min), "schema -92"),
      (integer(4, -54), "schema -54"), (span(0, 1), "spans of 1 buckets with 0 counts"),
      (count + integer(12, 1), "spans of 0 buckets with 1 counts"),
      (count + span(0, 2) + integer(12, 1), "spans of 2 buckets with 1 counts"),
      (span(0, .max), "more than 10000 buckets"), (span(0, 10_001), "more than 10000 buckets"),
      (span(.max, 1), "beyond 32 bits"), (span(.max, 0) + span(1, 0), "beyond 32 bits"),
      (span(0, 0) + span(-1, 0), "span 1 has the negative offset -1"),
      (Builder.field(11, integer(1, .max)), "a span beyond 32 bits"),
      (count + span(0, 1) + integer(12, -1), "the count of bucket 0 is out of range"),
      (span(0, 2) + integer(12, .max) + integer(12, 1), "the count of bucket 1 is out of range"),
      (count, "its count is 1, that of its buckets 0"),
      (span(0, 1) + integer(12, 1), "its count is 0, that of its buckets 1"),
      (float(3, .nan) + span(0, 1) + integer(12, 1), "its count is 0, that of its buckets 1"),
      (float(2, 1) + span(0, 1) + integer(12, 1), "floats have counts"),
      (span(0, 1) + float(13, 1), "integers have deltas"),
      (float(2, -1), "a count of -1"), (float(2, 1) + float(7, -0.5), "a count of -0.5"),
      (float(2, 1) + span(0, 1) + float(13, -3), "a count of -3"),
      (float(2, 1) + Builder.number(6, 1, isFloat: false), "one is a float"),
      (Builder.number(14, 4, isFloat: false), "reset hint 4"),
      (Builder.number(14, .max, isFloat: false), "reset hint 18446744073709551615"),
      (float(16, 1), "custom values belong to schema -53"),
      (integer(4, -53) + float(5, 1), "neither a zero bucket"),
      (integer(4, -53) + Builder.number(6, 1, isFloat: false), "neither a zero bucket"),
      (integer(4, -53) + Builder.field(8, Builder.span(0, 0)), "neither a zero bucket"),
      (integer(4, -53) + float(16, 2) + float(16, 2), "must be finite and ascend"),
      (integer(4, -53) + float(16, .infinity), "must be finite and ascend"),
      (integer(4, -53) + float(2, 1) + span(1, 1) + float(13, 1), "beyond the 0 custom values"),
      (integer(4, -53) + float(2, 1) + span(-1, 1) + float(13, 1), "beyond the 0 custom values"),
    ]
  }()

  @Test(arguments: bad.indices) func whatIsNoneIsCountedAndTheRestKept(index: Int) throws {
    let (fields, detail) = Self.bad[index]
    let good = Builder.histogram(
      try NativeHistogram(
        kind: .float, resetHint: .gauge, schema: 0, zeroThreshold: 0, sum: 1, count: 0,
        zeroCount: 0, positive: .none, negative: .none, customValues: []), Self.time)
    let batch = try decode([Builder.field(4, fields), good])
    #expect(batch.samples.count == 5)
    let entry = try #require(batch.faults.entries[.invalidValue])
    #expect(entry.count == 1 && batch.faults.total == 1)
    #expect(entry.first.detail.contains(detail), "\(entry.first.detail)")
  }

  @Test func bytesOfAnyKindTrapNothing() throws {
    for seed in 0..<400 as Range<UInt64> {
      var random = SeededGenerator(seed: seed)
      var message = Builder.histogram(try .random(using: &random), Self.time)
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: message.indices, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: message[place] = UInt8.random(in: 0...255, using: &random)
        case 1: message[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        default: message.insert(255, at: place)
        }
      }
      guard let batch = try? decode([message]) else { continue }
      #expect(batch.samples.count <= 30_005)
    }
    let whole = Builder.histogram(try fixedHistogram(), Self.time)
    for length in 0..<whole.count { _ = try? decode([Array(whole[..<length])]) }
  }

  private func fixedHistogram() throws -> NativeHistogram {
    var random = SeededGenerator(seed: 3)
    return try .random(using: &random)
  }

  @Test func manyPartsAreManySamples() throws {
    var builder = Builder()
    let empty = [UInt8](repeatElement([0x22, 0x00], count: 100).joined())
    builder.series([("__name__", "h")], [], extra: empty)
    // Five parts each, a quarter more for their label.
    var format: any WireFormat = RemoteWrite(sampleLimit: 625)
    #expect(try Decoder.decode([builder.packed], with: &format).samples.count == 500)
    var smaller: any WireFormat = RemoteWrite(sampleLimit: 624)
    #expect(throws: Fault.self) { try Decoder.decode([builder.packed], with: &smaller) }
  }

  /// A histogram may have as many labels as any series.
  @Test func labelsAreCheckedAsThoseOfFloatsAre() throws {
    let one = Builder.histogram(try fixedHistogram(), Self.time)
    #expect(try decode([one], labels: 38).faults.total == 0)
    #expect(try decode([one, one], labels: 39).faults.entries[.tooManyLabels]?.count == 2)
    var builder = Builder()
    builder.series([("job", "odoo")], [(1, 1)], extra: one)
    builder.series([("__name__", "h"), ("__histogram__", "sum")], [(1, 1)], extra: one)
    let batch = try Decoder.decode([builder.packed], as: "remote_write")
    #expect(batch.isEmpty && batch.series.isEmpty)
    #expect(batch.faults.entries[.missingName]?.count == 2)
    #expect(batch.faults.entries[.duplicateLabel]?.count == 1)
    #expect(batch.faults.entries[.invalidName]?.count == 1)
    let line = #"{"name":"h","value":1,"labels":{"__histogram__":"sum"}}"#
    let rows = try Decoder.decode(line, as: "metrics")
    #expect(rows.isEmpty && rows.faults.entries[.invalidName]?.count == 1)
  }
}
