import Bytes
import Testing

@Suite struct ByteStringTests {
  @Test func equalityIsByByte() {
    let composed = ByteString("é")
    let decomposed = ByteString("e\u{301}")
    #expect(composed != decomposed)
    #expect(Set([composed, decomposed, ByteString("K"), ByteString("\u{212A}")]).count == 4)
  }

  @Test func aHostileValueHashesInTime() {
    // 400 KB of alternating combining marks takes String 15 s to hash; bytes take none.
    let marks = String(repeating: "\u{301}\u{323}", count: 100_000)
    #expect(Set([ByteString(marks), ByteString(marks + "x")]).count == 2)
  }

  @Test func searchFindsWhatIsThere() {
    let text: ByteString = "picking WH/OUT/00812 validated"
    #expect(text.contains("WH/OUT"))
    #expect(text.contains(""))
    #expect(!text.contains("WH/IN"))
    #expect(text.hasPrefix("picking") && text.hasSuffix("validated") && !text.hasSuffix("xpicking"))
  }

  @Test func cursorsStayInsideTheirBytes() {
    let bytes = Array("ab\r\ncd".utf8)
    var cursor = Cursor(bytes.span)
    #expect(cursor.takeLine() == 0..<2)
    #expect(cursor.takeLine() == 4..<6)
    #expect(cursor.takeLine() == nil)
    #expect(cursor.next() == nil && cursor.peek() == nil && cursor.take(1) == nil)
    cursor.move(to: .max)
    #expect(cursor.position == bytes.count)
    let empty = Cursor(bytes.span, 5..<99)
    #expect(empty.remaining == 5..<6)
  }
}
