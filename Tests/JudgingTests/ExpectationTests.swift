import Judging
import Testing

/// Tail probabilities of the negative binomial, against sums of its terms made elsewhere.
@Suite struct ExpectationTests {
  @Test(arguments: [
    (1.0, 4.0, 0.0, 0.0, 0.38764), (1, 4, 3, 1.004892, 0.014728),
    (0.12, 0.8, 10, 9.104572, 0), (20, 8, 5, 0.002994, 1.872573),
    (100, 4, 300, 2.581181, 0.001107), (100, 1_000, 150, 5.229801, 0.000002),
    (1_000, 16, 10, 0, 22.183979), (0.005, 0.18, 10, 17.206666, 0),
  ])
  func tailsAreThoseOfTheSums(
    mean: Double, shape: Double, observed: Double, atLeast: Double, atMost: Double
  ) {
    let expectation = Expectation(mean: mean, shape: shape)
    #expect(abs(expectation.surprise(atLeast: observed) - atLeast) < 1e-5)
    #expect(abs(expectation.surprise(atMost: observed) - atMost) < 1e-5)
  }

  @Test(arguments: [
    (0.0, 0.0), (-1, -1), (.nan, .nan), (.infinity, 1), (1e300, 1e300), (1e-300, 1e-300),
  ])
  func neverLeavesTheScale(mean: Double, shape: Double) {
    let expectation = Expectation(mean: mean, shape: shape)
    for observed in [0, 1, 1e9, 1e300, -1] {
      let up = expectation.surprise(atLeast: observed)
      let down = expectation.surprise(atMost: observed)
      #expect(up >= 0 && up <= 300 && down >= 0 && down <= 300)
    }
  }
}
