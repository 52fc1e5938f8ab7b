package import Bytes

/// An instant with the offset of a place, from year 0 to 9999, to the nanosecond.
package struct TemplateTime: Sendable, Equatable {
  /// Since 1970-01-01T00:00:00Z.
  package let seconds: Int64
  /// 0 to 999,999,999.
  package let nanoseconds: Int64
  /// East of Greenwich, in seconds.
  package let offset: Int64
  /// `UTC`, or the offset as `+0200`.
  package let zone: String

  /// 0001-01-01T00:00:00Z, Go's time for what is none.
  package static let zero = TemplateTime(checked: -62_135_596_800, 0, 0, "UTC")

  private init(checked seconds: Int64, _ nanoseconds: Int64, _ offset: Int64, _ zone: String) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
    self.offset = offset
    self.zone = zone
  }

  /// Nanoseconds since 1970, in UTC.
  package init(_ nanoseconds: Int64) {
    var seconds = nanoseconds / Instant.second
    var rest = nanoseconds % Instant.second
    if rest < 0 {
      rest += Instant.second
      seconds -= 1
    }
    self.init(checked: seconds, rest, 0, "UTC")
  }

  /// Seconds since 1970; nil before year 0, after 9999, and for offsets of a day or more.
  package init?(seconds: Int64, nanoseconds: Int64 = 0, offset: Int64 = 0, zone: String = "UTC") {
    guard seconds >= -62_167_305_600, seconds <= 253_402_300_799, nanoseconds >= 0,
      nanoseconds < Instant.second, abs(offset) < 86_400
    else { return nil }
    self.init(checked: seconds, nanoseconds, offset, zone)
  }

  /// Nanoseconds since 1970; nil before 1677 and after 2262.
  package var sinceEpoch: Int64? { seconds.multiplied(by: Instant.second)?.adding(nanoseconds) }

  /// As Go prints a time: `2006-01-02 15:04:05.999999999 -0700 MST`.
  package var text: ByteString { DateLayout("2006-01-02 15:04:05.999999999 -0700 MST").text(self) }

  /// The civil time at its offset.
  var civil: CivilTime {
    let local = seconds + offset
    var day = local / 86_400
    var clock = local % 86_400
    if clock < 0 {
      clock += 86_400
      day -= 1
    }
    let date = Instant.date(days: Int(day))
    return CivilTime(
      year: date.year, month: date.month, day: date.day, hour: Int(clock / 3_600),
      minute: Int(clock / 60 % 60), second: Int(clock % 60), nanosecond: Int(nanoseconds),
      // 1970-01-01 was a Thursday.
      weekday: Int(((day + 4) % 7 + 7) % 7),
      yearDay: Int(day) - Instant.days(year: date.year, month: 1, day: 1) + 1)
  }
}

/// A time as calendars and clocks show it; weekdays count from Sunday, 0.
struct CivilTime {
  var year: Int
  var month: Int
  var day: Int
  var hour: Int
  var minute: Int
  var second: Int
  var nanosecond: Int
  var weekday = 0
  var yearDay = 0
}
