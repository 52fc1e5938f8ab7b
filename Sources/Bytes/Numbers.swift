#if canImport(Glibc)
  import Glibc
#endif

/// Decimal integers and floats read from bytes, and written back. Nothing here traps on input:
/// overflow is nil, never a wrap.
public enum Numbers {
  /// A decimal integer with an optional leading `-`, all bytes of it; nil when it is none or does
  /// not fit.
  public static func integer(_ bytes: Span<UInt8>) -> Int64? {
    var index = 0
    let negative = bytes.count > 0 && bytes[0] == 45
    if negative { index = 1 }
    guard index < bytes.count else { return nil }
    var value: Int64 = 0
    while index < bytes.count {
      guard bytes[index].isDigit else { return nil }
      let (product, over) = value.multipliedReportingOverflow(by: 10)
      let (sum, under) = product.subtractingReportingOverflow(Int64(bytes[index] - 48))
      if over || under { return nil }
      value = sum
      index += 1
    }
    if negative { return value }
    return value == .min ? nil : -value
  }

  /// A finite decimal number: digits, optional sign, fraction, exponent; all bytes of it. `nan`,
  /// `inf`, hexadecimal and overflow to infinity are nil.
  public static func decimal(_ bytes: Span<UInt8>) -> Double? {
    guard isDecimal(bytes) else { return nil }
    if let fast = shortDecimal(bytes) { return fast }
    return float(bytes).flatMap { $0.isFinite ? $0 : nil }
  }

  /// A float as Prometheus' text form writes it: `decimal`, or `NaN`, `Inf`, `+Inf`, `-Inf` in any
  /// case.
  public static func prometheusFloat(_ bytes: Span<UInt8>) -> Double? {
    if let value = decimal(bytes) { return value }
    var lower: [UInt8] = []
    for index in 0..<Swift.min(bytes.count, 10) { lower.append(bytes[index].lowercased) }
    switch String(decoding: lower, as: UTF8.self) {
    case "nan", "+nan", "-nan": return .nan
    case "inf", "+inf", "infinity", "+infinity": return .infinity
    case "-inf", "-infinity": return -.infinity
    default: return nil
    }
  }

  /// The shortest text that reads back as the same float, as Go's `strconv.FormatFloat(v, 'f', -1)`
  /// writes it: no exponent, `NaN`, `+Inf`, `-Inf`. This is how both query APIs print values.
  public static func text(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    if value == value.rounded(), abs(value) < 1e15 {
      return value == 0 && value.sign == .minus ? "-0" : String(Int64(value))
    }
    return withoutExponent("\(value)")
  }

  /// Appends the same text.
  public static func append(_ value: Double, to bytes: inout [UInt8]) {
    if append(decimal: value, to: &bytes) { return }
    bytes.append(contentsOf: text(value).utf8)
  }

  /// Appends a float of few digits, as most are; false, with nothing appended, for others. Of at
  /// most 15 digits no two spell the same float, so that the first that reads back is the shortest.
  private static func append(decimal value: Double, to bytes: inout [UInt8]) -> Bool {
    let magnitude = value.magnitude
    guard magnitude < 1e15, value != 0 || value.sign == .plus else { return false }
    // Below 1e15, so that a half can be added and the integer fits.
    var places = magnitude < 1e9 && magnitude != magnitude.rounded() ? 6 : 0
    var scaled = UInt64(magnitude * powersOfTen[places] + 0.5)
    guard Double(scaled) / powersOfTen[places] == magnitude else { return false }
    // The quotient stays what it is without the zeros at the end.
    while places > 0, scaled % 10 == 0 {
      scaled /= 10
      places -= 1
    }
    if value < 0 { bytes.append(45) }
    append(scaled, places: places, to: &bytes)
    return true
  }

  /// Appends digits with a point before the last `places` of them.
  public static func append(_ digits: UInt64, places: Int, to bytes: inout [UInt8]) {
    ShortText(digits, places: min(places, 20)).append(to: &bytes)
  }

  private static func isDecimal(_ bytes: Span<UInt8>) -> Bool {
    var cursor = Cursor(bytes)
    if !cursor.skip(45) { _ = cursor.skip(43) }
    let whole = cursor.take(while: \.isDigit).count
    var fraction = 0
    if cursor.skip(46) { fraction = cursor.take(while: \.isDigit).count }
    guard whole + fraction > 0 else { return false }
    if cursor.skip(101) || cursor.skip(69) {
      if !cursor.skip(45) { _ = cursor.skip(43) }
      guard cursor.take(while: \.isDigit).count > 0 else { return false }
    }
    return cursor.isAtEnd
  }

  /// Up to 15 digits and a scale of at most 22: exact by one division, so no strtod is needed.
  private static func shortDecimal(_ bytes: Span<UInt8>) -> Double? {
    guard bytes.count <= 17 else { return nil }
    var mantissa: Int64 = 0
    var digits = 0
    var scale = 0
    var pastPoint = false
    var index = 0
    let negative = bytes[0] == 45
    if negative || bytes[0] == 43 { index = 1 }
    while index < bytes.count {
      let byte = bytes[index]
      if byte == 46 {
        pastPoint = true
      } else if byte.isDigit {
        mantissa = mantissa * 10 + Int64(byte - 48)
        digits += 1
        if pastPoint { scale += 1 }
      } else {
        return nil
      }
      index += 1
    }
    guard digits <= 15 else { return nil }
    let value = Double(mantissa) / powersOfTen[scale]
    return negative ? -value : value
  }

  private static let powersOfTen: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
  ]

  /// strtod over a bounded, NUL-terminated copy. The caller has checked the shape.
  private static func float(_ bytes: Span<UInt8>) -> Double? {
    guard bytes.count <= 1_024 else { return nil }
    var copy: [CChar] = []
    copy.reserveCapacity(bytes.count + 1)
    for index in 0..<bytes.count { copy.append(CChar(bitPattern: bytes[index])) }
    copy.append(0)
    return strtod(copy, nil)
  }

  private static func withoutExponent(_ text: String) -> String {
    guard let mark = text.firstIndex(of: "e") else {
      return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
    guard let exponent = Int(text[text.index(after: mark)...]) else { return text }
    var digits = text[..<mark].filter { $0 != "." && $0 != "-" }
    let mantissa = text[..<mark].drop { $0 == "-" }
    let whole = mantissa.prefix { $0 != "." }.count
    let sign = text.hasPrefix("-") ? "-" : ""
    let point = whole + exponent
    if point <= 0 {
      while digits.hasSuffix("0") { digits.removeLast() }
      return sign + "0." + String(repeating: "0", count: -point) + digits
    }
    if digits.count <= point {
      return sign + digits.trimmedZeroFraction(whole: whole, point: point)
    }
    let head = digits.prefix(point)
    let tail = digits.dropFirst(point)
    return sign + head + "." + tail
  }
}

extension String {
  /// Digits padded with zeros up to the decimal point.
  fileprivate func trimmedZeroFraction(whole: Int, point: Int) -> String {
    self + String(repeating: "0", count: Swift.max(0, point - count))
  }
}

extension Int64 {
  /// The sum, or nil on overflow.
  public func adding(_ other: Int64) -> Int64? {
    let (sum, over) = addingReportingOverflow(other)
    return over ? nil : sum
  }

  /// The product, or nil on overflow.
  public func multiplied(by other: Int64) -> Int64? {
    let (product, over) = multipliedReportingOverflow(by: other)
    return over ? nil : product
  }

  /// The float rounded to an integer, or nil when it does not fit or is not a number.
  public init?(clamping value: Double) {
    guard value.isFinite, value > -9.2e18, value < 9.2e18 else { return nil }
    self = Int64(value.rounded())
  }
}
