/// Civil time on bytes: RFC 3339, Odoo's `asctime`, epoch numbers. Instants are Int64 nanoseconds
/// since 1970-01-01T00:00:00Z; what does not fit (before 1677, after 2262) is nil.
public enum Instant {
  public static let second: Int64 = 1_000_000_000
  public static let millisecond: Int64 = 1_000_000

  /// Days since 1970-01-01 of a date of the proleptic Gregorian calendar
  /// (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms"). The date is not checked.
  public static func days(year: Int, month: Int, day: Int) -> Int {
    let shifted = month <= 2 ? year - 1 : year
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  /// Year, month and day of a number of days since 1970-01-01; the inverse of `days`.
  public static func date(days: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let slot = (5 * dayOfYear + 2) / 153
    let month = slot < 10 ? slot + 3 : slot - 9
    return (
      yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * slot + 2) / 5 + 1
    )
  }

  /// How many days a month has.
  public static func daysIn(month: Int, year: Int) -> Int {
    switch month {
    case 4, 6, 9, 11: 30
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    default: 31
    }
  }

  /// Nanoseconds of a checked civil time in UTC; nil when a part is out of range or the whole does
  /// not fit.
  public static func nanoseconds(
    year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int, fraction: Int64 = 0
  ) -> Int64? {
    guard year >= 1, year <= 9_999, month >= 1, month <= 12, day >= 1,
      day <= daysIn(month: month, year: year), hour >= 0, hour < 24, minute >= 0, minute < 60,
      second >= 0, second < 60
    else { return nil }
    let seconds =
      Int64(days(year: year, month: month, day: day)) * 86_400
      + Int64(hour * 3_600 + minute * 60 + second)
    return seconds.multiplied(by: Self.second)?.adding(fraction)
  }

  /// RFC 3339, and the same with a blank for `T`, a comma for the point, and no zone (taken as
  /// UTC, as Odoo's `asctime` is). At most 9 digits of fraction count; more are cut.
  public static func parse(_ bytes: Span<UInt8>) -> Int64? {
    var cursor = Cursor(bytes)
    guard let year = digits(4, &cursor), cursor.skip(45), let month = digits(2, &cursor),
      cursor.skip(45), let day = digits(2, &cursor), let separator = cursor.next(),
      separator == 84 || separator == 116 || separator == 32,
      let hour = digits(2, &cursor), cursor.skip(58), let minute = digits(2, &cursor),
      cursor.skip(58), let second = digits(2, &cursor)
    else { return nil }
    var fraction: Int64 = 0
    if cursor.skip(46) || cursor.skip(44) {
      guard let part = self.fraction(&cursor) else { return nil }
      fraction = part
    }
    guard let offset = zone(&cursor), cursor.isAtEnd,
      let local = nanoseconds(
        year: year, month: month, day: day, hour: hour, minute: minute, second: second,
        fraction: fraction)
    else { return nil }
    return local.adding(-offset)
  }

  /// A number since the epoch whose unit follows from its size: seconds (also with a fraction),
  /// milliseconds, microseconds, nanoseconds. Below 1e11 is seconds, below 1e14 milliseconds,
  /// below 1e17 microseconds.
  public static func parseEpoch(_ bytes: Span<UInt8>) -> Int64? {
    if let whole = Numbers.integer(bytes) {
      switch whole.magnitude {
      case 0..<100_000_000_000: return whole.multiplied(by: second)
      case 0..<100_000_000_000_000: return whole.multiplied(by: millisecond)
      case 0..<100_000_000_000_000_000: return whole.multiplied(by: 1_000)
      default: return whole
      }
    }
    guard let point = bytes.firstIndex(of: 46),
      let whole = Numbers.integer(bytes.extracting(0..<point)), whole.magnitude < 9_000_000_000,
      point + 1 < bytes.count
    else { return nil }
    var cursor = Cursor(bytes, (point + 1)..<bytes.count)
    guard let part = fraction(&cursor), cursor.isAtEnd else { return nil }
    let negative = bytes[0] == 45
    return whole.multiplied(by: second)?.adding(negative ? -part : part)
  }

  /// RFC 3339 in UTC with as many digits of fraction as the value needs: 0, 3, 6 or 9.
  public static func text(_ nanoseconds: Int64) -> String {
    var seconds = nanoseconds / second
    var fraction = nanoseconds % second
    if fraction < 0 {
      fraction += second
      seconds -= 1
    }
    var day = seconds / 86_400
    var clock = seconds % 86_400
    if clock < 0 {
      clock += 86_400
      day -= 1
    }
    let date = date(days: Int(day))
    let head =
      "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))"
      + "T\(padded(Int(clock / 3_600), 2)):\(padded(Int(clock / 60 % 60), 2))"
      + ":\(padded(Int(clock % 60), 2))"
    if fraction == 0 { return head + "Z" }
    if fraction % 1_000_000 == 0 { return head + ".\(padded(Int(fraction / 1_000_000), 3))Z" }
    if fraction % 1_000 == 0 { return head + ".\(padded(Int(fraction / 1_000), 6))Z" }
    return head + ".\(padded(Int(fraction), 9))Z"
  }

  /// A number with leading zeros, at least `width` digits.
  public static func padded(_ value: Int, _ width: Int) -> String {
    let text = String(value)
    return String(repeating: "0", count: Swift.max(0, width - text.count)) + text
  }

  /// Exactly `count` decimal digits.
  public static func digits(_ count: Int, _ cursor: inout Cursor) -> Int? {
    guard let range = cursor.take(count) else { return nil }
    var value = 0
    for index in range {
      let byte = cursor.bytes[index]
      guard byte.isDigit else { return nil }
      value = value * 10 + Int(byte - 48)
    }
    return value
  }

  private static func fraction(_ cursor: inout Cursor) -> Int64? {
    let range = cursor.take(while: \.isDigit)
    guard !range.isEmpty else { return nil }
    var value: Int64 = 0
    for place in 0..<9 {
      let index = range.lowerBound + place
      value = value * 10 + (index < range.upperBound ? Int64(cursor.bytes[index] - 48) : 0)
    }
    return value
  }

  /// The zone's offset in nanoseconds: `Z`, `+hh:mm`, `+hhmm`, or nothing.
  private static func zone(_ cursor: inout Cursor) -> Int64? {
    if cursor.isAtEnd { return 0 }
    if cursor.skip(90) || cursor.skip(122) { return 0 }
    let negative = cursor.peek() == 45
    guard cursor.skip(45) || cursor.skip(43), let hours = digits(2, &cursor), hours < 24 else {
      return nil
    }
    _ = cursor.skip(58)
    guard let minutes = digits(2, &cursor), minutes < 60 else { return nil }
    let offset = Int64(hours * 3_600 + minutes * 60) * second
    return negative ? -offset : offset
  }
}
