import Glibc

/// Seeded randomness (SplitMix64, Steele et al. 2014): the same seed and salts give the same
/// throws, on every machine.
struct Dice: Sendable {
  private var state: UInt64

  /// Salts separate the throws of tenants, hosts and hours that share one seed.
  init(_ seed: UInt64, _ first: UInt64 = 0, _ second: UInt64 = 0, _ third: UInt64 = 0) {
    state = seed
    for salt in [first, second, third] {
      state = Self.mix(state ^ salt &* 0xA24B_AED4_963E_E407)
    }
  }

  private static func mix(_ value: UInt64) -> UInt64 {
    var mixed = value &+ 0x9E37_79B9_7F4A_7C15
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// 64 random bits.
  mutating func next() -> UInt64 {
    defer { state &+= 0x9E37_79B9_7F4A_7C15 }
    return Self.mix(state)
  }

  /// A float in 0..<1.
  mutating func fraction() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A float in `low..<high`.
  mutating func between(_ low: Double, _ high: Double) -> Double {
    low + (high - low) * fraction()
  }

  /// An integer in `low...high`; `low` when the range is empty.
  mutating func whole(_ low: Int, _ high: Int) -> Int {
    guard high > low else { return low }
    return low + Int(next() % UInt64(high - low + 1))
  }

  /// True with this chance, 0 to 1.
  mutating func isBelow(_ chance: Double) -> Bool { fraction() < chance }

  /// One of the texts; empty of none.
  mutating func choose(_ texts: [String]) -> String {
    texts.isEmpty ? "" : texts[whole(0, texts.count - 1)]
  }

  /// A lognormal throw with this median (Box and Muller, 1958).
  mutating func lognormal(median: Double, sigma: Double) -> Double {
    let radius = (-2 * log(1 - fraction())).squareRoot()
    return median * exp(sigma * radius * cos(2 * Double.pi * fraction()))
  }

  /// The elements in a random order (Fisher and Yates).
  mutating func shuffle<Element>(_ elements: [Element]) -> [Element] {
    var mixed = elements
    for index in mixed.indices.dropFirst().reversed() {
      mixed.swapAt(index, whole(0, index))
    }
    return mixed
  }

  /// A UUID of version 4 as text (RFC 9562, 5.4).
  mutating func uuid() -> String {
    let high = next()
    let low = next()
    let parts = [
      Self.hexadecimal(high >> 32, 8), Self.hexadecimal(high >> 16 & 0xFFFF, 4),
      Self.hexadecimal(high & 0x0FFF | 0x4000, 4),
      Self.hexadecimal(low >> 48 & 0x3FFF | 0x8000, 4),
      Self.hexadecimal(low & 0xFFFF_FFFF_FFFF, 12),
    ]
    return parts.joined(separator: "-")
  }

  /// The lowest `width` hexadecimal digits.
  mutating func digest(_ width: Int) -> String { Self.hexadecimal(next(), width) }

  private static func hexadecimal(_ value: UInt64, _ width: Int) -> String {
    let digits = String(value, radix: 16)
    if digits.count > width { return String(digits.suffix(width)) }
    return String(repeating: "0", count: width - digits.count) + digits
  }
}
