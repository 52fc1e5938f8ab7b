import Bytes
import Glibc

/// The vertical axis of a plot: where values stand between two round ends, and how they are
/// written.
struct PlotScale {
  let low: Double
  let high: Double
  let step: Double
  private let unit: (factor: Double, name: String)

  /// Nil when there are no finite values, or none that a line of text tells apart.
  init?(_ values: some Sequence<Double>) {
    let finite = values.filter(\.isFinite)
    guard var low = finite.min(), var high = finite.max() else { return nil }
    // Amounts are read from zero, unless they differ by little.
    if low == high || (low > 0 && low < high / 2) { low = min(0, low) }
    if high < 0, high > low / 2 { high = 0 }
    if low == high { high = max(low + 1, low) }
    if high < low { swap(&low, &high) }
    guard (high - low).isFinite, let step = Self.round((high - low) / 4), step > 0 else {
      return nil
    }
    self.low = (low / step).rounded(.down) * step
    self.high = (high / step).rounded(.up) * step
    self.step = step
    guard self.low.isFinite, self.high.isFinite, self.low + step > self.low,
      self.high - step < self.high, self.high > self.low
    else { return nil }
    unit = Self.unit(max(abs(self.low), abs(self.high)))
  }

  /// The values with a label, from below.
  var ticks: [Double] {
    let count = min(12, Int(min(12, ((high - low) / step).rounded())))
    return (0...count).map { low + Double($0) * step }
  }

  /// The row of a value, from 0 below to `rows - 1`; nil when it has none.
  func row(_ value: Double, of rows: Int) -> Int? {
    guard value.isFinite, value >= low, value <= high else { return nil }
    return Int(((value - low) / (high - low) * Double(rows - 1)).rounded())
  }

  /// A value of the axis: `1.5k`, `200µ`.
  func text(_ value: Double) -> String {
    let scaled = step / unit.factor
    let digits = max(0, min(6, Int((-log10(scaled) + 0.999_999).rounded(.down))))
    return Self.decimal(value / unit.factor, digits: digits) + (value == 0 ? "" : unit.name)
  }

  /// A number with so many digits behind the point.
  private static func decimal(_ value: Double, digits: Int) -> String {
    let scale = (0..<digits).reduce(Int64(1)) { scale, _ in scale * 10 }
    guard let scaled = Int64(clamping: abs(value) * Double(scale)) else { return "\(value)" }
    let sign = value < 0 && scaled > 0 ? "-" : ""
    guard digits > 0 else { return sign + "\(scaled)" }
    let rest = String(scaled % scale)
    let zeros = String(repeating: "0", count: digits - rest.utf8.count)
    return "\(sign)\(scaled / scale).\(zeros)\(rest)"
  }

  /// 1, 2 or 5 times a power of ten, not below a length.
  private static func round(_ length: Double) -> Double? {
    guard length > 0, length.isNormal else { return nil }
    let power = pow(10, log10(length).rounded(.down))
    guard power.isNormal else { return nil }
    return [1, 2, 5, 10].map { $0 * power }.first { $0 >= length * 0.999_999 }
  }

  private static func unit(_ size: Double) -> (Double, String) {
    let units: [(Double, String)] = [
      (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k"), (0.1, ""), (1e-4, "m"), (1e-7, "µ"),
    ]
    for (least, name) in units where size >= least {
      switch name {
      case "k": return (1e3, name)
      case "": return (1, name)
      case "m": return (1e-3, name)
      case "µ": return (1e-6, name)
      default: return (least, name)
      }
    }
    return (1e-9, "n")
  }
}
