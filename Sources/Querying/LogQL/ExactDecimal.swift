import Bytes
import Templating

/// A decimal number of up to 38 digits.
struct ExactDecimal {
  /// What is done with two of them.
  enum Operation {
    case sum, difference, product, quotient

    /// The same with floats.
    func rough(_ one: Double, _ other: Double) -> Double {
      switch self {
      case .sum: one + other
      case .difference: one - other
      case .product: one * other
      case .quotient: one / other
      }
    }
  }

  /// What an operation makes of two floats taken as decimals; nil when it has too many digits.
  static func result(_ operation: Operation, _ one: Double, _ other: Double) -> Double? {
    guard let left = ExactDecimal(one), let right = ExactDecimal(other) else { return nil }
    return switch operation {
    case .sum: left.adding(right)?.value
    case .difference: left.adding(right.negated)?.value
    case .product: left.multiplied(by: right)?.value
    case .quotient: left.divided(by: right)?.value
    }
  }

  private let digits: Int128
  /// How many of the digits stand behind the point.
  private let scale: Int

  private init(digits: Int128, scale: Int) {
    self.digits = digits
    self.scale = scale
  }

  /// The shortest decimal that is read as the float; nil when it is not finite or needs zeros
  /// beyond 30 places.
  private init?(_ value: Double) {
    guard value.isFinite else { return nil }
    var digits: Int128 = 0
    var scale = 0
    var isFraction = false
    for byte in FloatText.scientific(abs(value)).utf8 {
      if byte == 101 { break }
      if byte == 46 {
        isFraction = true
      } else {
        digits = digits * 10 + Int128(byte - 48)
        if isFraction { scale += 1 }
      }
    }
    scale -= FloatText.exponent(abs(value))
    if value < 0 { digits = -digits }
    guard scale <= 30, scale >= -20 else { return nil }
    while scale < 0 {
      digits *= 10
      scale += 1
    }
    self.init(digits: digits, scale: scale)
  }

  private var negated: ExactDecimal { ExactDecimal(digits: -digits, scale: scale) }

  /// The float that is nearest.
  private var value: Double? { Numbers.decimal(Array("\(digits)e-\(scale)".utf8).span) }

  /// The digits with so many more places.
  private func widened(by places: Int) -> Int128? {
    var digits = digits
    for _ in 0..<max(places, 0) {
      let (product, isOver) = digits.multipliedReportingOverflow(by: 10)
      if isOver { return nil }
      digits = product
    }
    return digits
  }

  /// The sum; nil when it has too many digits.
  private func adding(_ other: ExactDecimal) -> ExactDecimal? {
    let scale = max(scale, other.scale)
    guard let one = widened(by: scale - self.scale),
      let two = other.widened(by: scale - other.scale)
    else { return nil }
    let (sum, isOver) = one.addingReportingOverflow(two)
    return isOver ? nil : ExactDecimal(digits: sum, scale: scale)
  }

  /// The product; nil when it has too many digits.
  private func multiplied(by other: ExactDecimal) -> ExactDecimal? {
    let (product, isOver) = digits.multipliedReportingOverflow(by: other.digits)
    return isOver ? nil : ExactDecimal(digits: product, scale: scale + other.scale)
  }

  /// The quotient to 16 places behind the point; nil when it has too many digits, and for 0.
  private func divided(by other: ExactDecimal) -> ExactDecimal? {
    guard other.digits != 0, let one = widened(by: 16 + other.scale - scale),
      let two = other.widened(by: scale - 16 - other.scale)
    else { return nil }
    let (quotient, rest) = one.quotientAndRemainder(dividingBy: two)
    let isUp = rest.magnitude >= two.magnitude - rest.magnitude
    let step: Int128 = (one < 0) == (two < 0) ? 1 : -1
    return ExactDecimal(digits: isUp ? quotient + step : quotient, scale: 16)
  }
}
