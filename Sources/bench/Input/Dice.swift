import Foundation

/// Seeded randomness (SplitMix64, Steele et al. 2014): the same seed gives the same input on every
/// machine.
struct Dice: RandomNumberGenerator, Sendable {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// A float in 0..<1.
  mutating func fraction() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// An integer of a range that is not empty.
  mutating func whole(_ range: Range<Int>) -> Int {
    range.lowerBound + Int(next() % UInt64(range.count))
  }

  /// One of some texts, of which there is at least one.
  mutating func choose(_ texts: [String]) -> String { texts[whole(0..<texts.count)] }

  /// The time to the next of events that are independent of each other, with this mean.
  mutating func exponential(mean: Double) -> Double { -mean * log(1 - fraction()) }

  /// A lognormal throw (Box and Muller, 1958), with the mean and deviation of its logarithm.
  mutating func lognormal(_ mean: Double, _ deviation: Double) -> Double {
    let radius = (-2 * log(1 - fraction())).squareRoot()
    return exp(mean + deviation * radius * cos(2 * .pi * fraction()))
  }
}
