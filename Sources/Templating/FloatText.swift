import Bytes
import Glibc

/// Floats as Go's strconv and fmt packages print them.
package enum FloatText {
  /// Go's `%v`: the fewest digits that read back as the same float, with an exponent below 1e-4
  /// and from 1e6 digits before the point on: `0.5`, `1e+06`, `1.234567e+06`, `NaN`, `+Inf`.
  package static func shortest(_ value: Double) -> String {
    if let odd = infinite(value) { return odd }
    if value == value.rounded(), abs(value) < 1e6 {
      return value == 0 && value.sign == .minus ? "-0" : "\(Int64(value))"
    }
    let size = abs(value)
    return size >= 1e-4 && size < 1e6 ? Numbers.text(value) : scientific(value)
  }

  /// `%.4g` and its like: so many significant digits, without zeros at the end.
  package static func significant(_ value: Double, _ digits: Int) -> String {
    printed(value, "%.*g", max(digits, 1))
  }

  /// `%.2f` and its like: so many digits behind the point.
  package static func fixed(_ value: Double, _ places: Int) -> String {
    printed(value, "%.*f", places)
  }

  /// `%.2e` and its like.
  static func exponential(_ value: Double, _ places: Int) -> String {
    printed(value, "%.*e", places)
  }

  /// The power of ten of the first digit; 0 for what is not finite.
  package static func exponent(_ value: Double) -> Int {
    scientific(value).split(separator: "e").dropFirst().first.flatMap { Int($0) } ?? 0
  }

  /// The fewest digits, always with an exponent.
  package static func scientific(_ value: Double) -> String {
    if let odd = infinite(value) { return odd }
    let text = "\(abs(value))"
    let parts = text.split(separator: "e")
    var exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
    let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    let whole = mantissa[0]
    var digits = String(whole) + (mantissa.count > 1 ? String(mantissa[1]) : "")
    exponent += whole.count - 1
    while digits.hasPrefix("0"), digits.count > 1 {
      digits.removeFirst()
      exponent -= 1
    }
    while digits.hasSuffix("0"), digits.count > 1 { digits.removeLast() }
    if value == 0 { exponent = 0 }
    let sign = value.sign == .minus ? "-" : ""
    let fraction = digits.count > 1 ? "." + digits.dropFirst() : ""
    return sign + digits.prefix(1) + fraction + "e" + (exponent < 0 ? "-" : "+")
      + Instant.padded(abs(exponent), 2)
  }

  private static func infinite(_ value: Double) -> String? {
    if value.isNaN { return "NaN" }
    return value.isInfinite ? (value < 0 ? "-Inf" : "+Inf") : nil
  }

  /// The C library rounds the exact binary value, as Go does.
  private static func printed(_ value: Double, _ format: String, _ places: Int) -> String {
    if let odd = infinite(value) { return odd }
    let places = min(max(places, 0), 1_000_000)
    var buffer = [CChar](repeating: 0, count: 400 + places)
    let count = withVaList([Int32(places), value]) {
      vsnprintf(&buffer, buffer.count, format, $0)
    }
    let bytes = buffer.prefix(min(max(Int(count), 0), buffer.count - 1))
    return String(decoding: bytes.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
