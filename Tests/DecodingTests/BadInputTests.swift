import Bytes
import Decoding
import Model
import Packing
import Support
import Testing

/// Input too large for a fixture file: it is refused and counted, or cut and flagged, and the good
/// row behind it is stored.
struct BadInputTests {
  static func repeated(_ text: String, _ count: Int) -> [UInt8] {
    Array(repeatElement(Array(text.utf8), count: count).joined())
  }

  static let good = Array("\n{\"message\":\"good after\"}\n".utf8)

  private func expectGoodAfter(
    _ bad: [UInt8], _ reason: FaultReason, count: Int = 1
  ) throws {
    let batch = try Decoder.decode([bad + Self.good], as: "json")
    #expect(batch.faults.entries.keys.sorted { $0.rawValue < $1.rawValue } == [reason])
    #expect(batch.faults.total == count)
    #expect(batch.records.count == 1)
    #expect(batch.arena.count < 16 * (bad.count + 1_024))
  }

  @Test func jsonOfTenThousandFieldsIsRefused() throws {
    let members = (0..<10_000).map { "\"f\($0)\":\($0)" }.joined(separator: ",")
    try expectGoodAfter(Array("{\(members)}".utf8), .tooManyFields)
  }

  @Test func aLineOfAMebibyteIsRefused() throws {
    let bad = Array("{\"message\":\"".utf8) + Self.repeated("x", 1 << 20) + Array("\"}".utf8)
    try expectGoodAfter(bad, .rowTooLong)
  }

  @Test func depthIsRefusedWithoutRecursion() throws {
    try expectGoodAfter(Self.repeated("{\"a\":", 10_000), .tooDeep)
    try expectGoodAfter(Array("{\"a\":".utf8) + Self.repeated("[", 10_000), .tooDeep)
    let batch = try Decoder.decode([Self.repeated("[", 100_000)], as: "json")
    #expect(batch.faults.entries[.tooDeep]?.count == 1)
  }

  @Test func namesThatRepeatInNestingCannotBlowUp() throws {
    let long = String(repeating: "n", count: 200)
    let inner = (0..<900).map { "\"\($0)\":1" }.joined(separator: ",")
    try expectGoodAfter(Array("{\"\(long)\":{\(inner)}}".utf8), .rowTooLong)
    try expectGoodAfter(Array("{\"\(long)\(long)\":1}".utf8), .nameTooLong)
  }

  @Test func numbersOfAnyLengthAreRead() throws {
    let digits = String(repeating: "7", count: 100_000)
    let batch = try Decoder.decode("{\"n\":\(digits),\"e\":1e\(digits)}", as: "json")
    #expect(batch.faults.total == 0)
    #expect(batch.field("n", of: try #require(batch.records.first))?.count == 100_000)
  }

  @Test func aHundredThousandEmptyLinesAreNothing() throws {
    for format in ["json", "odoo", "metrics"] {
      let batch = try Decoder.decode([Self.repeated("\n", 100_000)], as: format)
      #expect(batch.isEmpty && batch.faults.total == 0)
    }
  }

  @Test func everyCutOfADocumentIsRefusedOrWhole() throws {
    let row =
      "{\"message\":\"caf\\u00e9 \\\"x\\\"\",\"n\":-1.5e3,\"a\":[1,{\"b\":null}],\"t\":true}"
    let bytes = Array(row.utf8)
    for length in 1..<bytes.count {
      let batch = try Decoder.decode([Array(bytes[..<length])], as: "json")
      #expect(batch.isEmpty && batch.faults.total == 1, "cut at \(length)")
    }
  }

  @Test func aLongTextLineIsCutAndSaysSo() throws {
    let head = Array("2026-11-20 08:00:00,000 1 INFO acme odoo: ".utf8)
    let next = Array("\n2026-11-20 08:00:01,000 1 INFO acme odoo: good after \n".utf8)
    for bad in [head + Self.repeated("x", 1 << 20), Self.repeated("y", 1 << 20)] {
      let batch = try Decoder.decode([bad + next], as: "odoo")
      #expect(batch.records.count == 2)
      let record = try #require(batch.records.first)
      #expect(record.message.count == Limits.joinedRecordBytes)
      #expect(batch.field("_truncated", of: record) == "true")
    }
  }

  @Test func aTracebackWithoutEndIsCutAndSaysSo() throws {
    var text =
      "2026-11-20 08:00:00,000 1 ERROR acme odoo.http: endless\n"
      + "Traceback (most recent call last):\n"
    text += String(repeating: "  File \"/opt/odoo/x.py\", line 1, in y\n", count: 20_000)
    text += "2026-11-20 08:00:01,000 1 INFO acme odoo: good after\n"
    let batch = try Decoder.decode(text, as: "odoo")
    #expect(batch.records.count == 2)
    #expect(Int(batch.records[0].message.count) <= Limits.joinedRecordBytes)
    #expect(batch.field("_truncated", of: batch.records[0]) == "true")
    #expect(batch.field("_truncated", of: batch.records[1]) == nil)
  }

  @Test func containerPiecesWithoutEndAreCut() throws {
    let piece = "2026-11-20T08:00:00.1Z stderr P " + String(repeating: "z", count: 16_384) + "\n"
    let head = "2026-11-20T08:00:00.1Z stderr P 2026-11-20 08:00:00,000 1 INFO acme odoo: \n"
    let batch = try Decoder.decode(head + String(repeating: piece, count: 64), as: "odoo")
    #expect(batch.records.count == 1)
    #expect(batch.field("_truncated", of: batch.records[0]) == "true")
  }

  @Test func moreSendersThanMayBeJoinedAreStored() throws {
    let count = Limits.joinedSources + 50
    let frame = Array("2026-11-20 08:00:00,000 1 INFO acme odoo.http: held".utf8)
    let frames = [[UInt8]](repeating: frame, count: count)
    let batch = try Decoder.decode(
      frames, as: "odoo", sources: (0..<count).map { UInt64($0) })
    #expect(batch.records.count == count)
  }

  @Test func statsdLinesBeyondTheirLimitsAreRefused() throws {
    let values = String(repeating: ":1", count: Limits.valuesPerLine + 1)
    let name = String(repeating: "n", count: Limits.labelNameBytes + 1)
    let tags = (0..<Limits.labelsPerSeries + 1).map { "t\($0):v" }.joined(separator: ",")
    let value = String(repeating: "v", count: Limits.labelValueBytes + 1)
    let lines = [
      "a\(values)|ms", "\(name):1|c", "a:1|c|#\(tags)", "a:1|c|#t:\(value)",
      "good:1|c",
    ]
    let batch = try Decoder.decode(lines.joined(separator: "\n"), as: "statsd")
    #expect(batch.foldedRows == 1)
    #expect(batch.faults.total == 4)
    #expect(batch.samples.count == 2)
  }

  @Test func syslogElementsBeyondTheirLimitAreStoredAsTheyCame() throws {
    let parameters = (0..<Limits.fieldsPerRecord + 1).map { "p\($0)=\"v\"" }.joined(separator: " ")
    let text = "<14>1 - - - - - [id \(parameters)] message"
    let batch = try Decoder.decode(text, as: "syslog")
    #expect(batch.records.count == 1)
    #expect(batch.string(batch.records[0].message) == ByteString(text))
  }

  @Test func moreStreamsThanARequestMayHaveAreRefused() throws {
    let count = Limits.streamsPerFrame + 1
    let json = "{\"streams\":[" + String(repeating: "{},", count: count - 1) + "{}]}"
    let message = [UInt8]((0..<count).flatMap { _ in [0x0A, 0x00] as [UInt8] })
    for frame in [Array(json.utf8), Snappy.compress(message)] {
      let fault = #expect(throws: Fault.self) { try Decoder.decode([frame], as: "loki") }
      #expect(fault?.reason == .bodyTooLarge)
    }
  }

  @Test func anEntryThatIsTooLongIsRefusedAlone() throws {
    let long = String(repeating: "x", count: Limits.recordBytes + 1)
    let fields = (0..<Limits.fieldsPerRecord).map { "\"k\($0)\":\"v\"" }.joined(separator: ",")
    let time = "1795427990000000000"
    let batch = try Decoder.decode(
      #"{"streams":[{"stream":{"a":"b"},"values":[["\#(time)","\#(long)"],"#
        + #"["\#(time)","many",{\#(fields)}],["\#(time)","good"]]}]}"#, as: "loki")
    #expect(batch.records.count == 1)
    #expect(batch.string(batch.records[0].message) == "good")
    #expect(batch.faults.total == 2)
  }
}
