import Bytes

/// Numbers as templates print them (Prometheus template/template.go documents the forms; Go's
/// `%v` and `%.4g` are the primitives).
extension TemplateFunctions {
  /// Go's `%v` of a float: the shortest form, with an exponent below 1e-4 and from 1e21 on.
  static func plain(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    let size = abs(value)
    if size != 0, size < 1e-4 || size >= 1e21 { return withExponent("\(value)") }
    return Numbers.text(value)
  }

  /// Swift writes `1e-05` as `1e-05`, Go wants at least two digits of exponent.
  private static func withExponent(_ text: String) -> String {
    guard let mark = text.firstIndex(of: "e") else { return text }
    var mantissa = String(text[..<mark])
    if mantissa.hasSuffix(".0") { mantissa.removeLast(2) }
    let digits = text[text.index(after: mark)...]
    let sign = digits.hasPrefix("-") ? "-" : "+"
    let number = digits.drop { $0 == "-" || $0 == "+" }
    return mantissa + "e" + sign + (number.count < 2 ? "0" : "") + number
  }

  /// Go's `%.4g`: four significant digits.
  static func rounded4(_ value: Double) -> String {
    if value == 0 || !value.isFinite { return plain(value) }
    var exponent = 0
    var scaled = abs(value)
    while scaled >= 10, exponent < 400 {
      scaled /= 10
      exponent += 1
    }
    while scaled < 1, exponent > -400 {
      scaled *= 10
      exponent -= 1
    }
    if fixed(scaled, 3) == "10.000" {
      scaled = 1
      exponent += 1
    }
    if exponent < -4 || exponent >= 4 { return scientific(value, scaled, exponent) }
    let places = 3 - exponent
    return trimmedFraction(fixed(value, places))
  }

  private static func scientific(_ value: Double, _ scaled: Double, _ exponent: Int) -> String {
    let mantissa = trimmedFraction(fixed(scaled, 3))
    let digits = Instant.padded(abs(exponent), 2)
    return (value < 0 ? "-" : "") + mantissa + "e" + (exponent < 0 ? "-" : "+") + digits
  }

  /// A fixed number of places, at most 17, halves to even as binary floats round.
  static func fixed(_ value: Double, _ places: Int) -> String {
    guard value.isFinite else { return plain(value) }
    let places = min(max(places, 0), 17)
    var power = 1.0
    for _ in 0..<places { power *= 10 }
    let size = abs(value)
    let product = size * power
    guard product < 9e15, var units = Int64(clamping: product.rounded(.down)) else {
      return Numbers.text(value)
    }
    // What the product lost decides where it seems to be half way.
    let rest = product - product.rounded(.down)
    let lost = (-product).addingProduct(size, power)
    let isUp = rest == 0.5 ? lost > 0 || (lost == 0 && units % 2 != 0) : rest > 0.5
    if isUp { units += 1 }
    var digits = String(units)
    if digits.count <= places {
      digits = String(repeating: "0", count: places + 1 - digits.count) + digits
    }
    let sign = value < 0 && units != 0 ? "-" : ""
    guard places > 0 else { return sign + digits }
    return sign + digits.dropLast(places) + "." + digits.suffix(places)
  }

  private static func trimmedFraction(_ text: String) -> String {
    guard text.contains(".") else { return text }
    var text = text
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text
  }

  /// Metric prefixes: 1.234k, 12.3m.
  static func humanized(_ value: Double) -> String {
    if value == 0 || !value.isFinite { return rounded4(value) }
    var size = value
    if abs(size) >= 1 {
      var prefix = ""
      for next in ["k", "M", "G", "T", "P", "E", "Z", "Y"] where abs(size) >= 1_000 {
        prefix = next
        size /= 1_000
      }
      return rounded4(size) + prefix
    }
    var prefix = ""
    for next in ["m", "u", "n", "p", "f", "a", "z", "y"] where abs(size) < 1 {
      prefix = next
      size *= 1_000
    }
    return rounded4(size) + prefix
  }

  /// Binary prefixes: 1.5Ki.
  static func humanized1024(_ value: Double) -> String {
    guard abs(value) > 1, value.isFinite else { return rounded4(value) }
    var size = value
    var prefix = ""
    for next in ["ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"] where abs(size) >= 1_024 {
      prefix = next
      size /= 1_024
    }
    return rounded4(size) + prefix
  }

  /// Seconds as `1d 2h 3m 4s`, below a minute as `12.3s`, below a second as `12.3ms`.
  static func duration(_ value: Double) -> String {
    guard value.isFinite else { return rounded4(value) }
    if value == 0 { return "0s" }
    if abs(value) < 1 {
      var size = value
      var prefix = ""
      for next in ["m", "u", "n", "p", "f", "a", "z", "y"] where abs(size) < 1 {
        prefix = next
        size *= 1_000
      }
      return rounded4(size) + prefix + "s"
    }
    guard abs(value) < 9e15, let whole = Int64(clamping: abs(value).rounded(.down)) else {
      return rounded4(value) + "s"
    }
    let sign = value < 0 ? "-" : ""
    let seconds = whole % 60
    let minutes = whole / 60 % 60
    let hours = whole / 3_600 % 24
    let days = whole / 86_400
    if days != 0 { return "\(sign)\(days)d \(hours)h \(minutes)m \(seconds)s" }
    if hours != 0 { return "\(sign)\(hours)h \(minutes)m \(seconds)s" }
    if minutes != 0 { return "\(sign)\(minutes)m \(seconds)s" }
    return sign + rounded4(abs(value)) + "s"
  }

  /// `printf format values...` with `%s %q %v %d %t %f %.Nf %g %e %x %%`.
  static func formatted(_ arguments: [TemplateValue]) throws(TemplateFault) -> String {
    guard case .text(let format)? = arguments.first else {
      throw TemplateFault(message: "printf wants a format")
    }
    var output = ""
    var values = arguments.dropFirst()[...]
    var characters = Array(format.text)[...]
    while let character = characters.popFirst() {
      guard character == "%" else {
        output.append(character)
        continue
      }
      var modifiers = ""
      while let next = characters.first, "0123456789.+- ".contains(next) {
        modifiers.append(next)
        characters.removeFirst()
      }
      guard let verb = characters.popFirst() else { break }
      if verb == "%" {
        output += "%"
      } else if let value = values.popFirst() {
        output += one(value, verb, modifiers)
      } else {
        output += "%!\(verb)(MISSING)"
      }
    }
    return String(output.prefix(4_096))
  }

  private static func one(
    _ value: TemplateValue, _ verb: Character, _ modifiers: String
  ) -> String {
    let text = String(decoding: value.bytes, as: UTF8.self)
    let places = modifiers.split(separator: ".", omittingEmptySubsequences: false)
    let precision = places.count > 1 ? Int(places[1]) ?? 0 : nil
    switch verb {
    case "s", "v", "t": return padded(text, modifiers)
    case "q": return "\"" + text + "\""
    case "d":
      guard let number = value.number, let whole = Int64(clamping: number) else { return text }
      return padded(String(whole), modifiers)
    case "f":
      guard let number = value.number else { return text }
      return padded(fixed(number, precision ?? 6), modifiers)
    case "g":
      guard let number = value.number else { return text }
      return padded(precision == 4 ? rounded4(number) : plain(number), modifiers)
    default: return "%!\(verb)(\(text))"
    }
  }

  private static func padded(_ text: String, _ modifiers: String) -> String {
    let width = Int(modifiers.prefix { $0 != "." }.filter(\.isNumber)) ?? 0
    let missing = max(0, min(width, 1_000) - text.count)
    guard missing > 0 else { return text }
    if modifiers.hasPrefix("-") { return text + String(repeating: " ", count: missing) }
    let filler = modifiers.hasPrefix("0") ? "0" : " "
    return String(repeating: filler, count: missing) + text
  }
}
