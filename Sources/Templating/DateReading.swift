package import Bytes

extension DateLayout {
  /// Reads a time that is written in this layout; one that names no zone is at `offset` (seconds
  /// east) in a zone of the name. Nil when the text is not of the layout or no time.
  package func time(
    _ text: ByteString, offset: Int64 = 0, zone: String = "UTC"
  ) -> TemplateTime? {
    let bytes = text.bytes
    var reader = DateReader(bytes.span)
    for (place, element) in elements.enumerated() {
      switch element {
      case .literal(let literal): guard reader.skip(literal) else { return nil }
      case .field(let field):
        guard reader.read(field) else { return nil }
        // Seconds may have a fraction that the layout does not show.
        if case .second = field, !isFraction(place + 1) { reader.readFraction() }
        if case .paddedSecond = field, !isFraction(place + 1) { reader.readFraction() }
      }
    }
    return reader.time(offset: offset, zone: zone)
  }

  private func isFraction(_ place: Int) -> Bool {
    guard place < elements.count, case .field(.fraction) = elements[place] else { return false }
    return true
  }
}

/// Gathers the parts of a time out of a text.
private struct DateReader: ~Escapable {
  private var cursor: Cursor
  private var civil = CivilTime(
    year: 0, month: 1, day: 1, hour: 0, minute: 0, second: 0, nanosecond: 0)
  private var isAfternoon: Bool?
  private var yearDay: Int?
  private var ownOffset: Int64?
  private var ownZone: String?

  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>) {
    cursor = Cursor(bytes)
  }

  mutating func skip(_ literal: [UInt8]) -> Bool {
    for byte in literal {
      if byte == 32 {
        if cursor.peek() != 32, !cursor.isAtEnd { return false }
        _ = cursor.take(while: { $0 == 32 })
      } else if !cursor.skip(byte) {
        return false
      }
    }
    return true
  }

  mutating func read(_ field: DateLayout.Field) -> Bool {
    switch field {
    case .year: return set(\.year, Instant.digits(4, &cursor), 0...9_999)
    case .shortYear:
      let year = Instant.digits(2, &cursor)
      return set(\.year, year.map { $0 >= 69 ? 1_900 + $0 : 2_000 + $0 }, 0...9_999)
    case .monthName: return set(\.month, name(DateLayout.months, isShort: false), 1...12)
    case .shortMonthName: return set(\.month, name(DateLayout.months, isShort: true), 1...12)
    case .month: return set(\.month, number(), 1...12)
    case .paddedMonth: return set(\.month, Instant.digits(2, &cursor), 1...12)
    case .weekday: return name(DateLayout.weekdays, isShort: false) != nil
    case .shortWeekday: return name(DateLayout.weekdays, isShort: true) != nil
    case .blankedDay, .day:
      if case .blankedDay = field { _ = cursor.skip(32) }
      return set(\.day, number(), 1...31)
    case .paddedDay: return set(\.day, Instant.digits(2, &cursor), 1...31)
    case .yearDay, .blankedYearDay:
      if case .blankedYearDay = field { _ = cursor.take(while: { $0 == 32 }) }
      yearDay = number(most: 3)
      return yearDay.map { (1...366).contains($0) } ?? false
    case .hour: return set(\.hour, number(), 0...23)
    case .halfDayHour: return set(\.hour, number(), 0...12)
    case .paddedHalfDayHour: return set(\.hour, Instant.digits(2, &cursor), 0...12)
    case .minute: return set(\.minute, number(), 0...59)
    case .paddedMinute: return set(\.minute, Instant.digits(2, &cursor), 0...59)
    case .second: return set(\.second, number(), 0...59)
    case .paddedSecond: return set(\.second, Instant.digits(2, &cursor), 0...59)
    case .halfDay, .lowerHalfDay: return readHalfDay()
    case .zone: return readZone()
    case .offset(let parts, let hasColons, let hasZ):
      return readOffset(parts: parts, hasColons: hasColons, hasZ: hasZ)
    case .fraction(let digits, let trims, _):
      if trims {
        readFraction()
        return true
      }
      return readFraction(exactly: digits)
    }
  }

  private mutating func set(
    _ path: WritableKeyPath<CivilTime, Int>, _ value: Int?, _ range: ClosedRange<Int>
  ) -> Bool {
    guard let value, range.contains(value) else { return false }
    civil[keyPath: path] = value
    return true
  }

  /// One digit or some.
  private mutating func number(most: Int = 2) -> Int? {
    var count = 0
    while count < most, cursor.peek(count)?.isDigit == true { count += 1 }
    return count > 0 ? Instant.digits(count, &cursor) : nil
  }

  /// The place of a name from 1, in any case.
  private mutating func name(_ names: [[UInt8]], isShort: Bool) -> Int? {
    for (place, name) in names.enumerated() {
      let name = isShort ? name.prefix(3) : name[...]
      var count = 0
      for byte in name where cursor.peek(count)?.lowercased == byte.lowercased { count += 1 }
      guard count == name.count else { continue }
      _ = cursor.take(name.count)
      return place + 1
    }
    return nil
  }

  private mutating func readHalfDay() -> Bool {
    guard let first = cursor.next()?.lowercased, first == 97 || first == 112,
      cursor.next()?.lowercased == 109
    else { return false }
    isAfternoon = first == 112
    return true
  }

  /// An abbreviation of capitals; only UTC says how far away it is.
  private mutating func readZone() -> Bool {
    let range = cursor.take(while: { $0 >= 65 && $0 <= 90 })
    guard (3...5).contains(range.count) else { return false }
    ownZone = ByteString(cursor.slice(range)).text
    return true
  }

  private mutating func readOffset(parts: Int, hasColons: Bool, hasZ: Bool) -> Bool {
    if hasZ, cursor.skip(90) {
      ownOffset = 0
      ownZone = "UTC"
      return true
    }
    let isNegative = cursor.peek() == 45
    guard cursor.skip(45) || cursor.skip(43) else { return false }
    var seconds = 0
    for (place, unit) in [3_600, 60, 1].prefix(parts).enumerated() {
      if place > 0, hasColons, !cursor.skip(58) { return false }
      guard let number = Instant.digits(2, &cursor), number < (place == 0 ? 24 : 60) else {
        return false
      }
      seconds += number * unit
    }
    ownOffset = Int64(isNegative ? -seconds : seconds)
    return true
  }

  /// A point or comma and digits, if they are next.
  mutating func readFraction() {
    guard cursor.peek() == 46 || cursor.peek() == 44, cursor.peek(1)?.isDigit == true else {
      return
    }
    var count = 0
    while cursor.peek(count + 1)?.isDigit == true { count += 1 }
    _ = readFraction(exactly: count)
  }

  private mutating func readFraction(exactly digits: Int) -> Bool {
    guard cursor.skip(46) || cursor.skip(44), let range = cursor.take(digits) else { return false }
    var value = 0
    for place in 0..<9 {
      guard place < range.count else {
        value *= 10
        continue
      }
      let byte = cursor.bytes[range.lowerBound + place]
      guard byte.isDigit else { return false }
      value = value * 10 + Int(byte - 48)
    }
    civil.nanosecond = value
    return true
  }

  func time(offset: Int64, zone: String) -> TemplateTime? {
    guard cursor.isAtEnd else { return nil }
    var civil = civil
    if let isAfternoon {
      if isAfternoon, civil.hour < 12 { civil.hour += 12 }
      if !isAfternoon, civil.hour == 12 { civil.hour = 0 }
    }
    var days = Instant.days(year: civil.year, month: civil.month, day: civil.day)
    if let yearDay {
      let start = Instant.days(year: civil.year, month: 1, day: 1)
      guard yearDay <= Instant.days(year: civil.year + 1, month: 1, day: 1) - start else {
        return nil
      }
      days = start + yearDay - 1
    } else if civil.day > Instant.daysIn(month: civil.month, year: civil.year) {
      return nil
    }
    let isUTC = ownZone == "UTC"
    let east = ownOffset ?? (isUTC || ownZone != nil ? 0 : offset)
    let name = ownZone ?? (ownOffset.map { $0 == 0 ? "UTC" : DateLayout.offset($0) } ?? zone)
    let clock = civil.hour * 3_600 + civil.minute * 60 + civil.second
    return TemplateTime(
      seconds: Int64(days) * 86_400 + Int64(clock) - east,
      nanoseconds: Int64(civil.nanosecond), offset: east, zone: name)
  }
}
