import Bytes
import Testing

/// Base64, with the examples of RFC 4648 section 10.
@Suite struct Base64Tests {
  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
    ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
  ])
  func goesThereAndBack(_ text: String, _ encoded: String) {
    #expect(Base64.encoded(Array(text.utf8)) == Array(encoded.utf8))
    #expect(Base64.bytes(Array(encoded.utf8)).bytes == Array(text.utf8))
  }

  @Test(arguments: ["Z", "Zg", "Zg=", "Zg===", "=", "Z===", "Zg==Zg==", "Z*==", "Zm9vY", "é"])
  func whatIsNoneIsRefused(_ text: String) {
    #expect(Base64.bytes(Array(text.utf8)).bytes == nil)
  }

  @Test func lineEndsAreLeftOut() {
    #expect(Base64.bytes(Array("Zm9v\r\nYmFy\n".utf8)).bytes == Array("foobar".utf8))
  }
}
