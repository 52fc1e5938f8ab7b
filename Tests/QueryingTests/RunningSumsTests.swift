import Querying
import Support
import Testing

/// Sums as differences are what adding up gives, or none.
@Suite struct RunningSumsTests {
  @Test(arguments: 1...60 as ClosedRange<UInt64>)
  func sumsAreThoseOfTheWindow(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let scales = [1.0, 1e-3, 1e9, 1e18, 1e100]
    let values = (0..<300).map { _ in
      Double.random(in: -1...1, using: &random)
        * (scales.prefix(Int(seed % 5) + 1).randomElement(using: &random) ?? 1)
    }
    let sums = try #require(RunningSums(values))
    for _ in 0..<200 {
      let low = Int.random(in: 0...280, using: &random)
      let places = low..<Int.random(in: low...300, using: &random)
      guard let sum = sums.sum(of: places) else { continue }
      var exact = CompensatedSum()
      for value in values[places] { exact.add(value) }
      #expect(
        abs(sum.high + sum.low - exact.value) <= abs(exact.value).ulp * 2, "\(places)")
    }
  }

  @Test func whatIsLostIsNoSum() {
    let values = [1e300] + [Double](repeating: 1, count: 40)
    #expect(RunningSums(values)?.sum(of: 1..<41) == nil)
    #expect(RunningSums([.infinity]) == nil)
    #expect(RunningSums([.nan, 1]) == nil)
    #expect(RunningSums([Double](repeating: 0.1, count: 40))?.sum(of: 0..<4) == nil)
  }
}
