import Bytes
import Decoding
import Model
import Support
import Testing

/// No line is lost and none joins the wrong record, shown without the decoder's own idea of a head.
struct ConservationTests {
  static let native = Fixture.all("decode/odoo", suffix: ".in").filter { fixture in
    (1...11).contains { fixture.description.contains("/" + Instant.padded($0, 2) + "-") }
  }

  /// The lines of the file without terminal colours and blanks at their ends.
  static func lines(_ bytes: [UInt8]) -> [String] {
    var plain: [UInt8] = []
    var isColour = false
    for byte in bytes {
      if byte == 27 { isColour = true }
      if !isColour { plain.append(byte) }
      if isColour, byte == UInt8(ascii: "m") { isColour = false }
    }
    let text = String(decoding: plain, as: UTF8.self)
    return text.split(separator: "\n", omittingEmptySubsequences: false).map(trimmedEnd)
  }

  static func trimmedEnd(_ text: Substring) -> String {
    var text = text
    while text.last == " " || text.last == "\r" { text.removeLast() }
    return String(text)
  }

  /// `2025-06-02 22:04:41,118 512 `: a date, a time with a comma, a number.
  static func isHead(_ line: String) -> Bool {
    let parts = line.split(separator: " ", maxSplits: 3)
    guard parts.count == 4, parts[0].count == 10, parts[1].count == 12 else { return false }
    return parts[1].contains(",") && parts[2].allSatisfy(\.isNumber)
  }

  @Test func theElevenNativeFilesAreThere() { #expect(Self.native.count == 11) }

  @Test(arguments: native)
  func everyLineStandsInItsRecord(fixture: Fixture) throws {
    let bytes = try fixture.bytes()
    let batch = try Decoder.decode([bytes], as: "odoo")
    #expect(batch.faults.total == 0)
    var rest = Self.lines(bytes)[...]
    for record in batch.records {
      let message = batch.string(record.message).text
      for (index, part) in message.split(separator: "\n", omittingEmptySubsequences: false)
        .enumerated()
      {
        let next = rest.popFirst()
        let line = try #require(next)
        #expect(Self.isHead(line) == (index == 0), "\(line)")
        #expect(line.hasSuffix(Self.trimmedEnd(part)), "\(line)")
      }
      // Empty lines at a record's end are no part of its message.
      while rest.first?.isEmpty == true { rest.removeFirst() }
    }
    #expect(rest.isEmpty)
  }

  @Test(arguments: ["12-json-and-logfmt", "14-neighbours"])
  func otherLinesAreRecordsOneByOne(name: String) throws {
    let bytes = try Fixture.named("decode/odoo/\(name).in").bytes()
    let batch = try Decoder.decode([bytes], as: "odoo")
    let lines = Self.lines(bytes).filter { !$0.isEmpty }
    #expect(batch.records.count == lines.count)
    for (line, record) in zip(lines, batch.records) where !line.hasPrefix("{") {
      #expect(line.hasSuffix(batch.string(record.message).text))
    }
  }

  @Test(arguments: native)
  func aCutBetweenDatagramsChangesNothing(fixture: Fixture) throws {
    let bytes = try fixture.bytes()
    let whole = Rendering.text(of: try Decoder.decode([bytes], as: "odoo"))
    for index in bytes.indices where bytes[index] == 10 {
      let cut = try Decoder.decode(
        [Array(bytes[...index]), Array(bytes[(index + 1)...])], as: "odoo")
      #expect(Rendering.text(of: cut) == whole, "cut at byte \(index)")
    }
  }

  @Test func sendersDoNotMixWhateverTheOrder() throws {
    let fixtures = [Self.native[2], Self.native[6]]
    let files = try fixtures.map { try $0.bytes() }
    let apart = try files.map { try Decoder.decode([$0], as: "odoo") }
    var frames: [[UInt8]] = []
    var sources: [UInt64] = []
    let lines = files.map { $0.split(separator: 10, omittingEmptySubsequences: false) }
    for index in 0..<Swift.max(lines[0].count, lines[1].count) {
      for source in 0...1 where index < lines[source].count {
        frames.append(Array(lines[source][index]) + [10])
        sources.append(UInt64(source))
      }
    }
    let mixed = try Decoder.decode(frames, as: "odoo", sources: sources)
    let expected = apart.flatMap { batch in batch.records.map { batch.string($0.message) } }
    #expect(mixed.records.map { mixed.string($0.message) }.sorted() == expected.sorted())
  }
}
