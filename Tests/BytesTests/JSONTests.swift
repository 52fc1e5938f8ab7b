import Bytes
import Support
import Testing

@Suite struct JSONTests {
  @Test(arguments: [
    #"{"a":[1,-2.5e3,"x",true,false,null,{}],"b":{}}"#, "[]", "1", #""x""#,
    "{\"\u{e9}\":1,\"e\u{301}\":2}", #"{"__proto__":1,"":2}"#,
  ])
  func acceptedTextPrintsAsItWas(_ text: String) throws {
    let value = try JSONValue(parsing: Array(text.utf8))
    #expect(Self.printed(value) == text)
  }

  @Test(arguments: [
    "", "{", "[1,]", #"{"a":1,}"#, "[1 2]", "01", "+1", ".5", "1.", "1e", "nul", #""\x""#,
    #""\ud8""#, "\"\u{1}\"", "[] []", #"{"a" 1}"#, "{1:2}", #"{"a":1,"a":2}"#, "\u{FEFF}{}", "NaN",
    #"{"a":1,"\u0061":2}"#,
  ])
  func malformedTextIsRefused(_ text: String) {
    #expect(throws: JSONFault.self) { try JSONValue(parsing: Array(text.utf8)) }
  }

  @Test func invalidUTF8IsRefused() {
    let sequences: [[UInt8]] = [
      [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82],
    ]
    for bytes in sequences {
      #expect(throws: JSONFault.self) { try JSONValue(parsing: [34] + bytes + [34]) }
    }
  }

  @Test func nestingIsLimited() {
    let fits = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
    #expect(throws: Never.self) { try JSONValue(parsing: Array(fits.utf8)) }
    for opener in ["[", #"{"a":"#] {
      let deep = Array(String(repeating: opener, count: 1_000_000).utf8)
      #expect(throws: JSONFault.self) { try JSONValue(parsing: deep) }
    }
  }

  @Test func escapesAreDecodedAndWritten() throws {
    let value = try JSONValue(parsing: Array(#""a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00\ud800x""#.utf8))
    #expect(value.text == "a\"\\/\u{8}\u{C}\n\r\té😀\u{FFFD}x")
    var writer = JSONWriter()
    writer.string("a\"\\\n\u{1}é😀")
    #expect(writer.text == #""a\"\\\n\u0001é😀""#)
    var broken = JSONWriter()
    broken.string(ByteString([0x61, 0xFF, 0x62]))
    #expect(broken.text == "\"a\u{FFFD}b\"")
  }

  @Test func mutatedTextNeverTraps() {
    var random = SeededGenerator(seed: 9)
    let seeds = [#"{"a":[1,-2.5e3,"x\n\u00e9",true,null,{}],"b":"é"}"#, #"[[[[{"k":"v"}]]]]"#]
    for round in 0..<20_000 {
      var bytes = Array(seeds[round % seeds.count].utf8)
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.removeSubrange(place...)
        default: bytes.insert(bytes[place], at: place)
        }
        if bytes.isEmpty { bytes = [123] }
      }
      if let value = try? JSONValue(parsing: bytes) {
        let again = try? JSONValue(parsing: Array(Self.printed(value).utf8))
        #expect(again == value)
      }
    }
  }

  private static func printed(_ value: JSONValue) -> String {
    var writer = JSONWriter()
    write(value, &writer)
    return writer.text
  }

  private static func write(_ value: JSONValue, _ writer: inout JSONWriter) {
    switch value {
    case .object(let members):
      writer.object { writer in
        for member in members {
          writer.key(member.key)
          write(member.value, &writer)
        }
      }
    case .array(let elements):
      writer.array { writer in for element in elements { write(element, &writer) } }
    case .string(let text): writer.string(text)
    case .number(let digits): writer.raw(digits.text)
    case .boolean(let flag): writer.boolean(flag)
    case .null: writer.null()
    }
  }
}
