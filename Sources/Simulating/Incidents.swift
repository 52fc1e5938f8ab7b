import Bytes

/// What goes wrong or slow without any release: decided by the seed for each hour, so that it needs
/// no memory.
struct Incidents: Sendable {
  static let carriers = ["postlogistics", "sendcloud"]

  let seed: UInt64

  /// How many times more than usual a tenant's process fails: 5 in a burst of some minutes, else 1.
  func burst(of process: BusinessProcess, ofTenant place: Int, at instant: Int64) -> Double {
    let hour = instant / (3_600 * Instant.second)
    var dice = Dice(seed, 11, UInt64(place), UInt64(bitPattern: hour))
    guard dice.isBelow(0.04), dice.whole(0, 2) == process.place else { return 1 }
    let begin = dice.between(0, 3_000)
    let length = dice.between(180, 480)
    return isInside(instant, slot: 3_600, begin: begin, length: length) ? 5 : 1
  }

  /// Whether a carrier does not answer.
  func isOut(carrier: Int, at instant: Int64) -> Bool {
    let slot = instant / (14_400 * Instant.second)
    var dice = Dice(seed, 12, UInt64(carrier), UInt64(bitPattern: slot))
    guard dice.isBelow(0.15) else { return false }
    let begin = dice.between(0, 12_000)
    return isInside(instant, slot: 14_400, begin: begin, length: dice.between(600, 2_400))
  }

  /// How many times longer than usual work takes on a host: 2.5 in a slow period, else 1.
  func slowness(ofHost place: Int, at instant: Int64) -> Double {
    let slot = instant / (7_200 * Instant.second)
    var dice = Dice(seed, 13, UInt64(place), UInt64(bitPattern: slot))
    guard dice.isBelow(0.2) else { return 1 }
    let begin = dice.between(0, 6_600)
    return isInside(instant, slot: 7_200, begin: begin, length: dice.between(240, 600)) ? 2.5 : 1
  }

  /// Whether the instant lies in `begin..<begin + length` seconds of its slot of `slot` seconds.
  private func isInside(
    _ instant: Int64, slot: Int64, begin: Double, length: Double
  ) -> Bool {
    let second = Double(instant % (slot * Instant.second)) / Double(Instant.second)
    return second >= begin && second < begin + length
  }
}
