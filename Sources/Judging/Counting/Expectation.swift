import Glibc

/// How many events are to be expected, and how sure that is: a negative binomial count, which is a
/// Poisson count whose rate is itself a gamma variable. Its shape carries both what is not known
/// of the rate (few past events) and that real rates wander from hour to hour (overdispersion).
package struct Expectation: Sendable, Equatable {
  package let mean: Double
  package let shape: Double

  /// A mean that is not positive is taken as nearly none, a shape that is not positive likewise.
  package init(mean: Double, shape: Double) {
    self.mean = mean.isFinite ? Swift.max(mean, 1e-9) : 1e-9
    self.shape = shape.isFinite ? Swift.max(shape, 1e-6) : 1e9
  }

  /// How surprising it is to count `observed` or more: minus the decimal logarithm of the
  /// probability, so 3 is one in a thousand.
  package func surprise(atLeast observed: Double) -> Double {
    guard observed > 0 else { return 0 }
    return Self.decades(
      IncompleteBeta.logarithm(at: mean / (mean + shape), observed, shape))
  }

  /// How surprising it is to count `observed` or fewer.
  package func surprise(atMost observed: Double) -> Double {
    guard observed >= 0 else { return 0 }
    return Self.decades(
      IncompleteBeta.logarithm(at: shape / (mean + shape), shape, observed + 1))
  }

  /// How far a count of `shape` past events may be trusted when rates wander with `dispersion`
  /// (the shape of the gamma they follow): the inverse variances of both add.
  package static func shape(pastEvents: Double, dispersion: Double) -> Double {
    guard pastEvents > 0, dispersion > 0 else { return 1e-6 }
    return 1 / (1 / pastEvents + 1 / dispersion)
  }

  private static func decades(_ naturalLogarithm: Double) -> Double {
    guard naturalLogarithm.isFinite else { return naturalLogarithm < 0 ? 300 : 0 }
    return Swift.min(300, Swift.max(0, -naturalLogarithm / log(10)))
  }
}

/// The regularised incomplete beta function, whose values are the tails of the negative binomial
/// (Abramowitz and Stegun 26.5.24), by Lentz' continued fraction (A&S 26.5.8).
enum IncompleteBeta {
  /// The natural logarithm of I_x(a, b) for positive a and b.
  static func logarithm(at x: Double, _ a: Double, _ b: Double) -> Double {
    guard x > 0 else { return -.infinity }
    guard x < 1 else { return 0 }
    let front =
      lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)
    if x < (a + 1) / (a + b + 2) {
      return front + log(fraction(x, a, b) / a)
    }
    // The other tail is the small one: this one is its complement.
    let other = exp(front) * fraction(1 - x, b, a) / b
    return log1p(-Swift.min(other, 1 - 1e-16))
  }

  private static func fraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
    let tiny = 1e-300
    var c = 1.0
    var d = 1 - (a + b) * x / (a + 1)
    d = 1 / (abs(d) < tiny ? tiny : d)
    var value = d
    for step in 1...10_000 {
      let m = Double(step)
      let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
      d = 1 + even * d
      d = 1 / (abs(d) < tiny ? tiny : d)
      c = 1 + even / c
      if abs(c) < tiny { c = tiny }
      value *= d * c
      let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
      d = 1 + odd * d
      d = 1 / (abs(d) < tiny ? tiny : d)
      c = 1 + odd / c
      if abs(c) < tiny { c = tiny }
      let change = d * c
      value *= change
      if abs(change - 1) < 1e-12 { break }
    }
    return value
  }
}
