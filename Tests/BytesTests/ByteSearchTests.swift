import Bytes
import Testing

/// What is found is what a look at every place finds.
struct ByteSearchTests {
  @Test(arguments: 0..<40) func theFirstPlaceIsFound(seed: Int) {
    // Few different bytes, so that much is nearly alike.
    var state = UInt64(seed &+ 1)
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
    for _ in 0..<200 {
      let bytes = (0..<next(200)).map { _ in UInt8(97 + next(3)) }
      let needle = (0..<(1 + next(6))).map { _ in UInt8(97 + next(3)) }
      let from = next(bytes.count + 1)
      let to = from + next(bytes.count - from + 1)
      let last = to - needle.count
      let expected =
        last < from
        ? nil : (from...last).first { Array(bytes[$0..<($0 + needle.count)]) == needle }
      #expect(ByteSearch.first(needle, in: bytes, from: from, to: to) == expected)
    }
  }

  @Test func placesBeyondTheBytesAreTheirEnd() {
    #expect(ByteSearch.first([3], in: [1, 2, 3], from: 0, to: 100) == 2)
    #expect(ByteSearch.first([3], in: [1, 2, 3], from: 4) == nil)
    #expect(ByteSearch.first([], in: [1, 2, 3]) == nil)
    #expect(ByteSearch.first([1, 2, 3, 4], in: [1, 2, 3]) == nil)
  }
}
