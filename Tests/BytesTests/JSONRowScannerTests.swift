import Bytes
import Support
import Testing

@Suite struct JSONRowScannerTests {
  private static func scan(
    _ scanner: inout JSONRowScanner, _ row: [UInt8]
  ) -> (object: Int, line: Int)? {
    let padded = row + [UInt8](repeating: 10, count: JSONRowScanner.padding)
    return scanner.scan(padded.span, from: 0, to: row.count)
  }

  @Test func membersAreCutWithTheirKinds() throws {
    let text = #"{"a":"x", "b" :1}"#
    var scanner = JSONRowScanner()
    #expect(Self.scan(&scanner, Array(text.utf8)) == nil)
    let row = Array(
      #"{"t":"é","s":"a\"b","l":"a\nb","i":-12,"d":1.50,"n":1e3,"o":true,"z":null } "#.utf8)
    let ends = try #require(Self.scan(&scanner, row))
    #expect(ends == (row.count - 1, row.count))
    let members = scanner.members[..<scanner.count]
    #expect(
      members.map { $0.kind } == [
        .text, .escapedText, .escapedLines, .integer, .decimal, .number, .boolean, .null,
      ])
    let values = members.map { ByteString(row[Int($0.offset)..<Int($0.offset + $0.count)]).text }
    #expect(values == ["é", #"a\"b"#, #"a\nb"#, "-12", "1.50", "1e3", "true", "null"])
    let keys = members.map { ByteString(scanner.key(Int($0.key))).text }
    #expect(keys == ["t", "s", "l", "i", "d", "n", "o", "z"])
  }

  @Test(arguments: [
    "{}", #"{"a":{}}"#, #"{"a":[1]}"#, #"{"a":1,"a":2}"#, #"{"":1}"#, #"{"\u0061":1}"#, "[]", "{",
    #"{"a":1"#, #"{"a":"#, #"{"a"#, #"{"a":01}"#, #"{"a":1.}"#, #"{"a":1e}"#, #"{"a":-}"#,
    #"{"a":"x}"#, #"{"a":"\x"}"#, #"{"a":"\u12"}"#, #"{"a":1} x"#, #"{"a":1,}"#, #"{"a":nul}"#,
    "{\"a\":\"\t\"}",
  ])
  func whatIsRareOrMalformedIsLeftToTheScanner(_ text: String) {
    var scanner = JSONRowScanner()
    #expect(Self.scan(&scanner, Array(text.utf8)) == nil)
    // A second time its key is known.
    #expect(Self.scan(&scanner, Array(text.utf8)) == nil)
  }

  @Test func bytesWithoutPaddingAreNotRead() {
    var scanner = JSONRowScanner()
    let row = Array(#"{"a":1}"#.utf8)
    #expect(scanner.scan(row.span, from: 0, to: row.count) == nil)
    let wrong = row + [UInt8](repeating: 32, count: JSONRowScanner.padding)
    #expect(scanner.scan(wrong.span, from: 0, to: row.count) == nil)
    #expect(scanner.scan(wrong.span, from: -1, to: row.count) == nil)
    #expect(scanner.scan(wrong.span, from: 9, to: .max) == nil)
  }

  /// The row with a few bytes changed, taken out or put in.
  private static func mutate(_ text: String, _ random: inout SeededGenerator) -> [UInt8] {
    var row = Array(text.utf8)
    for _ in 0..<Int.random(in: 0...2, using: &random) {
      let place = Int.random(in: 0..<row.count, using: &random)
      switch Int.random(in: 0..<3, using: &random) {
      case 0: row[place] = UInt8.random(in: 0...255, using: &random)
      case 1: row.remove(at: place)
      default:
        row.insert(Array("\"\\,:{} 0e.-".utf8).randomElement(using: &random) ?? 0, at: place)
      }
    }
    return row
  }

  @Test func whatItAcceptsTheGeneralScannerReadsTheSame() throws {
    var random = SeededGenerator(seed: 77)
    let seeds = [
      #"{"time":"2026-11-20T00:00:00Z","a_rather_long_key_of_shippers":"é😀\u00e9","n":-1.5e3}"#,
      #"{"a":"","b":true,"c":false,"d":null,"time":"x","e":12345678901234567890}"#,
    ]
    var scanner = JSONRowScanner()
    var accepted = 0
    for round in 0..<20_000 {
      let row = Self.mutate(seeds[round % seeds.count], &random)
      guard let ends = Self.scan(&scanner, row) else { continue }
      accepted += 1
      let tree = try JSONValue(parsing: Array(row[..<ends.object]))
      let members = try #require(tree.members)
      #expect(members.count == scanner.count)
      for (index, member) in members.enumerated() {
        let own = scanner.members[index]
        let value = ByteString(row[Int(own.offset)..<Int(own.offset + own.count)])
        #expect(member.key == ByteString(scanner.key(Int(own.key))))
        switch member.value {
        case .string(let text):
          var decoded: [UInt8] = []
          JSONText.unescape(value.bytes.span, 0..<value.count, into: &decoded)
          #expect(text.bytes == decoded)
        case .number(let digits):
          #expect(digits == value)
          if own.kind == .integer { #expect(Numbers.integer(digits.bytes.span) != nil) }
          if own.kind == .decimal { #expect(Numbers.decimal(digits.bytes.span) != nil) }
        case .boolean(let flag): #expect(value.text == "\(flag)")
        default: #expect(own.kind == .null)
        }
      }
    }
    #expect(accepted > 2_000)
  }

  @Test func theDayClockReadsWhatInstantReads() {
    var clock = DayClock()
    var random = SeededGenerator(seed: 5)
    let seeds = [
      "2026-11-20T00:00:00.001Z", "2026-11-20 23:59:59,999", "2026-11-20T10:00:00.123456789Z",
      "2024-02-29T00:00:00+02:00", "1677-09-21T00:12:43.9Z", "2262-04-11T23:47:16.9Z", "",
    ]
    for round in 0..<20_000 {
      var stamp = Array(seeds[round % seeds.count].utf8)
      if !stamp.isEmpty, round % 3 > 0 {
        stamp[Int.random(in: 0..<stamp.count, using: &random)] =
          Array("0123456789-:TZ. \u{0}".utf8).randomElement(using: &random) ?? 0
      }
      #expect(clock.parse(stamp.span) == Instant.parse(stamp.span))
    }
  }
}
