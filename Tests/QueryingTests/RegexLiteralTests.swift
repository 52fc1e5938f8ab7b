import Bytes
import Querying
import Testing

/// What every match of an expression holds.
@Suite struct RegexLiteralTests {
  @Test(
    arguments: [
      ("timeout", "timeout"),
      ("ref=[0-9A-F]{2}AB12CD[0-9A-F]", "AB12CD"),
      ("^order .* failed$", " failed"),
      ("a\\.b\\.com", "a.b.com"),
      ("colou?r", "colo"),
      ("ab*c", "a"),
      ("x{0,3}yz", "yz"),
      ("(abc)?de", "de"),
      ("(abc)+", nil),
      ("a|b", nil),
      ("(?i)error", nil),
      ("\\d+ ms", " ms"),
      ("\\x41bc", nil),
      ("\\Qa.b\\E", nil),
      ("[[:alpha:]]bc", nil),
      ("[^]]tail", "tail"),
      ("caf\u{e9}?s", "caf"),
      ("", nil),
    ] as [(String, String?)])
  func literalIsFound(pattern: String, literal: String?) throws {
    let regex = try Regex.filter(ByteString(pattern))
    #expect(regex.requiredLiteral == literal.map { ByteString($0) })
  }
}
