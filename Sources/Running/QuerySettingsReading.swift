import Bytes
import Querying
import Serving

/// The settings of queries, one line each: to add one, its line here, its flag and its row in the
/// README.
enum QuerySettingsReading {
  /// How a setting is written.
  enum Form {
    case duration(WritableKeyPath<QuerySettings, Int64>)
    case size(WritableKeyPath<QuerySettings, Int>)
    case count(WritableKeyPath<QuerySettings, Int>, most: Int)
  }

  static var all: [(name: String, form: Form)] {
    [
      ("query_timeout", .duration(\.limits.nanoseconds)),
      ("query_samples", .count(\.limits.samples, most: 1_000_000_000_000)),
      ("query_bytes", .size(\.limits.bytes)),
      ("query_memory", .size(\.limits.memory)),
      ("query_memory_total", .size(\.memory)),
      ("query_series", .count(\.limits.series, most: 100_000_000)),
      ("query_regex_bytes", .size(\.limits.regexBytes)),
      ("query_concurrency", .count(\.concurrency, most: 256)),
      ("query_concurrency_per_tenant", .count(\.concurrencyPerTenant, most: 256)),
      ("query_queue", .count(\.queue, most: 10_000)),
      ("query_wait", .duration(\.wait)),
    ]
  }

  /// Sets one from its text; false when it is none of these. Throws with the origin's name when the
  /// text is none of it.
  static func set(
    _ name: String, _ text: String, in settings: inout QuerySettings, origin: String
  ) throws -> Bool {
    guard let form = all.first(where: { $0.name == name })?.form else { return false }
    switch form {
    case .duration(let path): settings[keyPath: path] = try duration(text, origin)
    case .size(let path): settings[keyPath: path] = try SettingsReading.bytes(text, origin)
    case .count(let path, let most):
      guard let count = Int(text), count > 0, count <= most else {
        throw SettingsFailure("\(origin): \"\(text)\" is not a whole number from 1 to \(most)")
      }
      settings[keyPath: path] = count
    }
    return true
  }

  /// The text of one; nil when it is none of these.
  static func text(_ name: String, _ settings: QuerySettings) -> String? {
    switch all.first(where: { $0.name == name })?.form {
    case nil: nil
    case .duration(let path): "\(settings[keyPath: path] / Instant.millisecond)ms"
    case .size(let path), .count(let path, _): "\(settings[keyPath: path])"
    }
  }

  /// Nanoseconds of `500ms`, `30s`, `2m`, `1h`.
  private static func duration(_ text: String, _ origin: String) throws -> Int64 {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let units: [Substring: Int64] = ["ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000]
    guard let amount = Int64(digits), amount > 0, let unit = units[text.dropFirst(digits.count)],
      let nanoseconds = amount.multiplied(by: unit)?.multiplied(by: Instant.millisecond)
    else {
      throw SettingsFailure("\(origin): \"\(text)\" is not a duration such as 500ms, 30s, 2m")
    }
    return nanoseconds
  }
}
