/// How many log rows, of how many tenants and streams. The same shape gives the same bytes.
struct LogShape: Sendable {
  var rows: Int
  var tenants = 50
  /// A tenant's rows come from so many hosts; each is a stream of its own.
  var hostsPerTenant = 1
  var seed: UInt64 = 7

  /// What the file of it is called.
  var fileName: String { "logs-\(rows)-\(tenants)x\(hostsPerTenant)-\(seed).ndjson" }
}

/// Whole numbers, and what is made of them, as text at the end of bytes.
extension [UInt8] {
  mutating func put(_ text: String) { append(contentsOf: text.utf8) }

  /// With leading zeros up to `width` digits.
  mutating func put(_ value: Int, width: Int = 1) {
    let digits = String(value)
    for _ in 0..<Swift.max(0, width - digits.utf8.count) { append(48) }
    put(digits)
  }

  /// A whole number of tenths or thousandths as a decimal with so many digits behind the point.
  mutating func put(_ value: Int, decimals: Int) {
    let unit = decimals == 1 ? 10 : 1_000
    put(value / unit)
    append(46)
    put(value % unit, width: decimals)
  }

  /// Random hexadecimal digits.
  mutating func put(hex count: Int, _ dice: inout Dice, isUpper: Bool = false) {
    var bits: UInt64 = 0
    for place in 0..<count {
      if place % 16 == 0 { bits = dice.next() }
      let digit = UInt8(bits & 15)
      append(digit < 10 ? 48 + digit : (isUpper ? 55 : 87) + digit)
      bits >>= 4
    }
  }
}
