package import Bytes

/// A layout of times in Go's manner, an example that shows Mon Jan 2 15:04:05 MST 2006
/// (Go time, "Layout").
package struct DateLayout: Sendable {
  /// A part of a time.
  enum Field: Sendable {
    case year, shortYear
    case monthName, shortMonthName, month, paddedMonth
    case weekday, shortWeekday
    case day, blankedDay, paddedDay, yearDay, blankedYearDay
    case hour, halfDayHour, paddedHalfDayHour, minute, paddedMinute, second, paddedSecond
    case halfDay, lowerHalfDay
    case zone
    /// `-0700` and its like: parts are hours, minutes, seconds; `Z07:00` prints Z for none.
    case offset(parts: Int, hasColons: Bool, hasZ: Bool)
    /// `.000`, or `.999` without the zeros at the end.
    case fraction(digits: Int, trims: Bool, sign: UInt8)
  }

  /// Bytes as they are, or a part of the time.
  enum Element: Sendable {
    case literal([UInt8])
    case field(Field)
  }

  let elements: [Element]

  package init(_ layout: ByteString) {
    let bytes = layout.bytes
    var elements: [Element] = []
    var literal: [UInt8] = []
    var index = 0
    while index < bytes.count {
      guard let (field, length) = Self.field(bytes[index...]) else {
        literal.append(bytes[index])
        index += 1
        continue
      }
      if !literal.isEmpty { elements.append(.literal(literal)) }
      literal = []
      elements.append(.field(field))
      index += length
    }
    if !literal.isEmpty { elements.append(.literal(literal)) }
    self.elements = elements
  }

  static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
  ].map { Array($0.utf8) }
  static let weekdays = [
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
  ].map { Array($0.utf8) }

  /// How a layout spells a part.
  private struct Spelling {
    let text: [UInt8]
    let field: Field

    init(_ text: String, _ field: Field) {
      self.text = Array(text.utf8)
      self.field = field
    }
  }

  /// Of those that fit the first counts.
  private static let spellings: [Spelling] = [
    Spelling("January", .monthName), Spelling("Jan", .shortMonthName), Spelling("Monday", .weekday),
    Spelling("Mon", .shortWeekday), Spelling("MST", .zone), Spelling("2006", .year),
    Spelling("002", .yearDay),
    Spelling("__2", .blankedYearDay), Spelling("_2", .blankedDay), Spelling("01", .paddedMonth),
    Spelling("02", .paddedDay),
    Spelling("03", .paddedHalfDayHour), Spelling("04", .paddedMinute),
    Spelling("05", .paddedSecond), Spelling("06", .shortYear),
    Spelling("15", .hour), Spelling("1", .month), Spelling("2", .day), Spelling("3", .halfDayHour),
    Spelling("4", .minute),
    Spelling("5", .second), Spelling("PM", .halfDay), Spelling("pm", .lowerHalfDay),
    Spelling("-070000", .offset(parts: 3, hasColons: false, hasZ: false)),
    Spelling("-07:00:00", .offset(parts: 3, hasColons: true, hasZ: false)),
    Spelling("-0700", .offset(parts: 2, hasColons: false, hasZ: false)),
    Spelling("-07:00", .offset(parts: 2, hasColons: true, hasZ: false)),
    Spelling("-07", .offset(parts: 1, hasColons: false, hasZ: false)),
    Spelling("Z070000", .offset(parts: 3, hasColons: false, hasZ: true)),
    Spelling("Z07:00:00", .offset(parts: 3, hasColons: true, hasZ: true)),
    Spelling("Z0700", .offset(parts: 2, hasColons: false, hasZ: true)),
    Spelling("Z07:00", .offset(parts: 2, hasColons: true, hasZ: true)),
    Spelling("Z07", .offset(parts: 1, hasColons: false, hasZ: true)),
  ]

  private static func field(_ rest: ArraySlice<UInt8>) -> (Field, Int)? {
    guard let first = rest.first else { return nil }
    if first == 46 || first == 44 { return fraction(rest, sign: first) }
    // `_2006` is an underscore and a year.
    if rest.starts(with: Array("_2006".utf8)) { return nil }
    for spelling in spellings where rest.starts(with: spelling.text) {
      let text = spelling.text
      // "Janet" and "Month" are words of their own.
      if text.count == 3, text == Array("Jan".utf8) || text == Array("Mon".utf8),
        let next = rest.dropFirst(3).first, next >= 97, next <= 122
      {
        continue
      }
      return (spelling.field, text.count)
    }
    return nil
  }

  private static func fraction(_ rest: ArraySlice<UInt8>, sign: UInt8) -> (Field, Int)? {
    guard let digit = rest.dropFirst().first, digit == 48 || digit == 57 else { return nil }
    let digits = rest.dropFirst().prefix { $0 == digit }
    if let next = rest.dropFirst(digits.count + 1).first, next.isDigit { return nil }
    guard digits.count <= 9 else { return nil }
    return (.fraction(digits: digits.count, trims: digit == 57, sign: sign), digits.count + 1)
  }

  /// The time in this layout.
  package func text(_ time: TemplateTime) -> ByteString {
    let civil = time.civil
    var out: [UInt8] = []
    for element in elements {
      switch element {
      case .literal(let bytes): out += bytes
      case .field(let field): Self.write(field, civil, time, into: &out)
      }
    }
    return ByteString(out)
  }

  private static func write(
    _ field: Field, _ civil: CivilTime, _ time: TemplateTime, into out: inout [UInt8]
  ) {
    func put(_ value: Int, _ width: Int = 1) { out += Instant.padded(value, width).utf8 }
    func blanked(_ value: Int, _ width: Int) {
      let text = "\(value)"
      out += repeatElement(32, count: max(0, width - text.count))
      out += text.utf8
    }
    switch field {
    case .year: put(civil.year, 4)
    case .shortYear: put(civil.year % 100, 2)
    case .monthName: out += months[civil.month - 1]
    case .shortMonthName: out += months[civil.month - 1].prefix(3)
    case .month: put(civil.month)
    case .paddedMonth: put(civil.month, 2)
    case .weekday: out += weekdays[civil.weekday]
    case .shortWeekday: out += weekdays[civil.weekday].prefix(3)
    case .day: put(civil.day)
    case .blankedDay: blanked(civil.day, 2)
    case .paddedDay: put(civil.day, 2)
    case .yearDay: put(civil.yearDay, 3)
    case .blankedYearDay: blanked(civil.yearDay, 3)
    case .hour: put(civil.hour, 2)
    case .halfDayHour: put(civil.hour % 12 == 0 ? 12 : civil.hour % 12)
    case .paddedHalfDayHour: put(civil.hour % 12 == 0 ? 12 : civil.hour % 12, 2)
    case .minute: put(civil.minute)
    case .paddedMinute: put(civil.minute, 2)
    case .second: put(civil.second)
    case .paddedSecond: put(civil.second, 2)
    case .halfDay: out += (civil.hour < 12 ? "AM" : "PM").utf8
    case .lowerHalfDay: out += (civil.hour < 12 ? "am" : "pm").utf8
    case .zone: out += time.zone.utf8
    case .offset(let parts, let hasColons, let hasZ):
      if hasZ, time.offset == 0 { return out.append(90) }
      out += offset(time.offset, parts: parts, hasColons: hasColons).utf8
    case .fraction(let digits, let trims, let sign):
      var text = Array(Instant.padded(civil.nanosecond, 9).utf8.prefix(digits))
      if trims { while text.last == 48 { text.removeLast() } }
      if !text.isEmpty { out += [sign] + text }
    }
  }

  /// `+0200`, `+02:00` or `+02`.
  package static func offset(_ seconds: Int64, parts: Int = 2, hasColons: Bool = false) -> String {
    let size = Int(seconds.magnitude)
    let numbers = [size / 3_600, size / 60 % 60, size % 60].prefix(parts)
    return (seconds < 0 ? "-" : "+")
      + numbers.map { Instant.padded($0, 2) }.joined(separator: hasColons ? ":" : "")
  }
}
