import Bytes
import Model

/// The time of RFC 3164, `Mar 30 07:15:08`: no year, no zone.
enum SyslogStamp {
  /// The instant, as UTC and in the year that brings it nearest to `receivedAt`; moves behind the
  /// stamp. Nil, unmoved, when none stands there or it is no date.
  static func parse(_ cursor: inout Cursor, receivedAt: Int64) -> Int64? {
    var ahead = cursor
    guard let parts = take(&ahead) else { return nil }
    let here = receivedAt / Instant.second / 86_400
    let year = Instant.date(days: Int(here)).year
    var best: Int64?
    for candidate in [year - 1, year, year + 1] {
      guard
        let instant = Instant.nanoseconds(
          year: candidate, month: parts.month, day: parts.day, hour: parts.hour,
          minute: parts.minute, second: parts.second)
      else { continue }
      let distance = instant.subtractingReportingOverflow(receivedAt).partialValue.magnitude
      if let present = best,
        present.subtractingReportingOverflow(receivedAt).partialValue.magnitude <= distance
      {
        continue
      }
      best = instant
    }
    if best != nil { cursor = ahead }
    return best
  }

  /// Moves behind a stamp of that shape; false, unmoved, when there is none.
  static func skipTraditional(_ cursor: inout Cursor) -> Bool {
    var ahead = cursor
    guard take(&ahead) != nil else { return false }
    cursor = ahead
    return true
  }

  private static func take(
    _ cursor: inout Cursor
  ) -> (month: Int, day: Int, hour: Int, minute: Int, second: Int)? {
    guard let month = Stamp.month(cursor.bytes, at: cursor.position), cursor.take(3) != nil,
      cursor.skip(32)
    else { return nil }
    _ = cursor.skip(32)
    let digits = cursor.take(while: \.isDigit)
    guard (1...2).contains(digits.count), let day = Numbers.integer(cursor.slice(digits)),
      cursor.skip(32), let hour = Instant.digits(2, &cursor), cursor.skip(58),
      let minute = Instant.digits(2, &cursor), cursor.skip(58),
      let second = Instant.digits(2, &cursor)
    else { return nil }
    return (month, Int(day), hour, minute, second)
  }
}
