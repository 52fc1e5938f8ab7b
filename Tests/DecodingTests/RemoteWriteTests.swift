import Bytes
import Decoding
import Model
import Packing
import Support
import Testing

/// Remote write requests built byte by byte.
struct RemoteWriteTests {
  private let staleBits: UInt64 = 0x7FF0_0000_0000_0002

  private func decode(_ builder: WriteRequestBuilder) throws -> Batch {
    try Decoder.decode([builder.packed], as: "remote_write")
  }

  private func whole() -> WriteRequestBuilder {
    var builder = WriteRequestBuilder()
    builder.series(
      [("job", "odoo"), ("__name__", "up"), ("tenant", "acme"), ("empty", "")],
      [(1, 1_795_248_000_000), (Double(bitPattern: staleBits), 1_795_248_015_000)])
    builder.series([("__name__", "café_total")], [(.infinity, -1), (-0.0, .max)])
    return builder
  }

  @Test func labelsSamplesAndBitsAreExact() throws {
    let batch = try decode(whole())
    #expect(batch.series.count == 2 && batch.samples.count == 4)
    let labels = batch.labels(ofSeries: 0)
    #expect(labels.pairs.map(\.name) == ["__name__", "job", "tenant"])
    #expect(batch.samples[1].value.bitPattern == staleBits)
    #expect(batch.samples[2].time == -1 && batch.samples[3].time == .max)
    #expect(batch.samples[3].value.sign == .minus)
    #expect(batch.faults.total == 0)
  }

  @Test func aSeriesWithWrongLabelsRefusesItsSamplesOnly() throws {
    var builder = WriteRequestBuilder()
    builder.series([("job", "odoo")], [(1, 1), (2, 2), (3, 3)])
    builder.series([("__name__", "a"), ("x", "1"), ("x", "2")], [(1, 1)])
    builder.series([("__name__", "a"), ("", "1")], [(1, 1)])
    builder.series([("__name__", "a"), ("v", String(repeating: "v", count: 70_000))], [(1, 1)])
    builder.series(
      [("__name__", "a")] + (0..<60).map { ("l\($0)", "v") }, [(1, 1), (2, 2)])
    builder.series([("__name__", "none")], [])
    builder.series([("__name__", "good")], [(9, 9)])
    let batch = try decode(builder)
    #expect(batch.samples.map(\.value) == [9])
    #expect(batch.series.count == 1)
    #expect(batch.faults.entries[.missingName]?.count == 3)
    #expect(batch.faults.entries[.duplicateLabel]?.count == 1)
    #expect(batch.faults.entries[.invalidName]?.count == 1)
    #expect(batch.faults.entries[.valueTooLong]?.count == 1)
    #expect(batch.faults.entries[.tooManyLabels]?.count == 2)
  }

  @Test func exemplarsAndMetadataAreSkipped() throws {
    var builder = WriteRequestBuilder()
    let exemplar = WriteRequestBuilder.field(3, [0x09, 0, 0, 0, 0, 0, 0, 0, 0])
    builder.series([("__name__", "h")], [(1, 1)], extra: exemplar)
    builder.raw(WriteRequestBuilder.field(3, [0x08, 1]))
    builder.raw(WriteRequestBuilder.field(77, [1, 2, 3]))
    let batch = try decode(builder)
    #expect(batch.samples.count == 1 && batch.faults.total == 0)
  }

  @Test(
    arguments: [
      [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F],
      [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
      [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
      [0x0A, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02],
      [0x0A, 0x02, 0x01], [0x00, 0x01], [0x0E], [0x0F], [0x0C], [0x0B], [0x0B, 0x14],
      [0x08], [0x09, 1, 2], [0x0D, 1], [0xF8, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
      [UInt8](repeating: 0x0B, count: 10_000),
    ] as [[UInt8]])
  func whatCannotBeCutRefusesTheFrame(message: [UInt8]) throws {
    var builder = whole()
    builder.raw(message)
    var format = RemoteWrite()
    var batch = Batch()
    let source = FrameSource(key: 0, receivedAt: receivedAt)
    #expect(throws: Fault.self) {
      try format.decode(builder.packed.span, from: source, into: &batch)
    }
    #expect(batch.isEmpty && batch.arena.isEmpty && batch.faults.total == 0)
  }

  @Test func everyCutIsRefusedOrAPrefix() throws {
    let bytes = whole().bytes
    for length in 0..<bytes.count {
      let packed = Snappy.compress(Array(bytes[..<length]))
      let batch = try? Decoder.decode([packed], as: "remote_write")
      #expect((batch?.samples.count ?? 0) <= 2)
    }
  }

  @Test func fieldsOfAnyOrderAndGroupsAreRead() throws {
    let sample = WriteRequestBuilder.sample(Double(5).bitPattern, 6)
    let group: [UInt8] = [0x2B, 0x08, 0x01, 0x2C]
    var builder = WriteRequestBuilder()
    builder.raw(
      WriteRequestBuilder.field(1, sample + group + WriteRequestBuilder.label("__name__", "a")))
    let batch = try decode(builder)
    #expect(batch.samples.map(\.value) == [5])
    #expect(batch.samples.map(\.time) == [6])
  }

  @Test func moreSamplesThanAFrameMayHaveRefuseIt() throws {
    var builder = WriteRequestBuilder()
    let empty = [UInt8](repeatElement([0x12, 0x00], count: 1_001).joined())
    builder.raw(WriteRequestBuilder.field(1, WriteRequestBuilder.label("__name__", "a") + empty))
    var format: any WireFormat = RemoteWrite(sampleLimit: 1_001)
    #expect(try Decoder.decode([builder.packed], with: &format).samples.count == 1_001)
    var smaller: any WireFormat = RemoteWrite(sampleLimit: 1_000)
    #expect(throws: Fault.self) { try Decoder.decode([builder.packed], with: &smaller) }
  }

  @Test func emptyIsNothing() throws {
    let batch = try decode(WriteRequestBuilder())
    #expect(batch.isEmpty && batch.faults.total == 0)
  }
}
