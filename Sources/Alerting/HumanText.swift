import Bytes
import Templating

/// Numbers as people read them (Prometheus "Template reference", humanize and its like).
enum HumanText {
  /// Four significant digits.
  static func rounded(_ value: Double) -> String { FloatText.significant(value, 4) }

  /// Metric prefixes: 1.234k, 12.3m.
  static func humanized(_ value: Double) -> String {
    if value == 0 || !value.isFinite { return rounded(value) }
    var size = value
    if abs(size) >= 1 {
      var prefix = ""
      for next in ["k", "M", "G", "T", "P", "E", "Z", "Y"] where abs(size) >= 1_000 {
        prefix = next
        size /= 1_000
      }
      return rounded(size) + prefix
    }
    var prefix = ""
    for next in ["m", "u", "n", "p", "f", "a", "z", "y"] where abs(size) < 1 {
      prefix = next
      size *= 1_000
    }
    return rounded(size) + prefix
  }

  /// Binary prefixes: 1.5Ki.
  static func humanized1024(_ value: Double) -> String {
    guard abs(value) > 1, value.isFinite else { return rounded(value) }
    var size = value
    var prefix = ""
    for next in ["ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"] where abs(size) >= 1_024 {
      prefix = next
      size /= 1_024
    }
    return rounded(size) + prefix
  }

  /// Seconds as `1d 2h 3m 4s`, below a minute as `12.3s`, below a second as `12.3ms`.
  static func duration(_ value: Double) -> String {
    guard value.isFinite else { return rounded(value) }
    if value == 0 { return "0s" }
    if abs(value) < 1 {
      var size = value
      var prefix = ""
      for next in ["m", "u", "n", "p", "f", "a", "z", "y"] where abs(size) < 1 {
        prefix = next
        size *= 1_000
      }
      return rounded(size) + prefix + "s"
    }
    guard abs(value) < 9e15, let whole = Int64(clamping: abs(value).rounded(.down)) else {
      return rounded(value) + "s"
    }
    let sign = value < 0 ? "-" : ""
    let seconds = whole % 60
    let minutes = whole / 60 % 60
    let hours = whole / 3_600 % 24
    let days = whole / 86_400
    if days != 0 { return "\(sign)\(days)d \(hours)h \(minutes)m \(seconds)s" }
    if hours != 0 { return "\(sign)\(hours)h \(minutes)m \(seconds)s" }
    if minutes != 0 { return "\(sign)\(minutes)m \(seconds)s" }
    return sign + rounded(abs(value)) + "s"
  }
}
