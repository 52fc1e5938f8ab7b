import Bytes
import Support
import Testing

@Suite struct NumberTests {
  @Test(
    arguments: [
      ("0", 0), ("-0", 0), ("42", 42), ("9223372036854775807", Int64.max),
      ("-9223372036854775808", Int64.min),
    ] as [(String, Int64)])
  func readsIntegers(_ text: String, _ want: Int64) {
    #expect(Numbers.integer(Array(text.utf8).span) == want)
  }

  @Test(arguments: [
    "", "-", "+1", "1.0", "9223372036854775808", "-9223372036854775809", "1_000", "١",
  ])
  func refusesWhatIsNoInteger(_ text: String) {
    #expect(Numbers.integer(Array(text.utf8).span) == nil)
  }

  @Test(arguments: ["", ".", "1e", "e5", "nan", "inf", "0x1p3", "1e400", "--1", "1 ", "1,5"])
  func refusesWhatIsNoDecimal(_ text: String) {
    #expect(Numbers.decimal(Array(text.utf8).span) == nil)
  }

  @Test func decimalsReadAsTheLibraryReadsThem() {
    var random = SeededGenerator(seed: 5)
    for _ in 0..<5_000 {
      let value = Double(bitPattern: random.next())
      guard value.isFinite else { continue }
      #expect(Numbers.decimal(Array("\(value)".utf8).span) == value)
      let short = Double(Int.random(in: -99_999...99_999, using: &random)) / 1_000
      #expect(Numbers.decimal(Array("\(short)".utf8).span) == short)
    }
  }

  @Test(
    arguments: [
      (1, "1"), (-0.0, "-0"), (0.1, "0.1"), (1e21, "1000000000000000000000"), (1e-7, "0.0000001"),
      (1.5e300, "15" + String(repeating: "0", count: 299)), (.nan, "NaN"), (.infinity, "+Inf"),
      (-.infinity, "-Inf"), (123456.789, "123456.789"), (1e15, "1000000000000000"),
      (1.25e16, "12500000000000000"), (-2.5e-5, "-0.000025"),
    ] as [(Double, String)])
  func printsValuesAsTheApisDo(_ value: Double, _ want: String) {
    #expect(Numbers.text(value) == want)
  }

  @Test func printedValuesReadBack() {
    var random = SeededGenerator(seed: 6)
    for _ in 0..<5_000 {
      let value = Double(bitPattern: random.next())
      guard value.isFinite else { continue }
      #expect(Double(Numbers.text(value)) == value)
    }
  }
}
