import Bytes
import Templating

/// The functions of templates that are about times. Layouts are Go's; the zone of the server is
/// UTC.
enum LineTimes {
  typealias Function = LineFunctions.Function
  typealias Call = LineFunctions.Call

  static let functions: [Function] = [
    Function("date", 2, prepare: prepare, written),
    // What is not of the layout is the year 1, as in Loki.
    Function("toDate", 2, prepare: prepare) { call throws(TemplateFault) in
      .time(try layout(call).time(try call.text(1)) ?? .zero)
    },
    Function("toDateInZone", 3, prepare: prepare) { call throws(TemplateFault) in
      let (offset, zone) = try zone(call, 1)
      return .time(try layout(call).time(try call.text(2), offset: offset, zone: zone) ?? .zero)
    },
    Function("unixEpoch", 1) { call throws(TemplateFault) in
      .string("\(try call.time(0).seconds)")
    },
    Function("unixEpochMillis", 1) { call throws(TemplateFault) in
      let time = try call.time(0)
      return .string("\(time.seconds * 1_000 + time.nanoseconds / 1_000_000)")
    },
    Function("unixEpochNanos", 1) { call throws(TemplateFault) in
      guard let nanoseconds = try call.time(0).sinceEpoch else {
        throw call.fault("nanoseconds count from 1678 to 2262")
      }
      return .string("\(nanoseconds)")
    },
    Function("unixToTime", 1, fromEpoch),
  ]

  private static func prepare(_ layout: ByteString) -> any Sendable { DateLayout(layout) }

  private static func layout(_ call: Call) throws(TemplateFault) -> DateLayout {
    if case .prepared(let prepared) = call.argument(0), let layout = prepared.object as? DateLayout
    {
      return layout
    }
    return DateLayout(try call.text(0))
  }

  private static func written(_ call: Call) throws(TemplateFault) -> TemplateValue {
    let layout = try layout(call)
    switch call.argument(1) {
    case .time(let time):
      let universal = TemplateTime(seconds: time.seconds, nanoseconds: time.nanoseconds)
      return .text(layout.text(universal ?? time))
    case .integer(let seconds):
      guard let time = TemplateTime(seconds: seconds) else {
        throw call.fault("\(seconds) seconds are not in the years 0 to 9999")
      }
      return .text(layout.text(time))
    default: return .text(layout.text(try call.time(1)))
    }
  }

  /// An offset in seconds and its name.
  private static func zone(
    _ call: Call, _ place: Int
  ) throws(TemplateFault) -> (offset: Int64, name: String) {
    let name = try call.text(place).text
    switch name {
    case "", "UTC", "Local", "Etc/UTC", "GMT", "Z": return (0, "UTC")
    default: break
    }
    guard let time = DateLayout("-07:00").time(ByteString(name)) else {
      throw call.fault(
        "the time zone \(QuotedText.quote(try call.text(place))) is not known: it takes UTC, or an "
          + "offset such as +02:00")
    }
    return (time.offset, time.zone)
  }

  /// Days, seconds, milliseconds, microseconds or nanoseconds, told apart by the number of digits.
  private static func fromEpoch(_ call: Call) throws(TemplateFault) -> TemplateValue {
    let text = try call.text(0)
    let unit: Int64? =
      switch text.count {
      case 5: 86_400 * Instant.second
      case 10: Instant.second
      case 13: Instant.millisecond
      case 16: 1_000
      case 19: 1
      default: nil
      }
    guard let unit, let number = Numbers.integer(text.bytes.span),
      let nanoseconds = number.multiplied(by: unit)
    else {
      throw call.fault(
        "\(QuotedText.quote(text)) is not days (5 digits), seconds (10), milliseconds (13), "
          + "microseconds (16) or nanoseconds (19) since 1970")
    }
    return .time(TemplateTime(nanoseconds))
  }
}
