import Bytes
import Model

/// What a statsd line is of.
enum StatsdKind: UInt8 {
  case counter, gauge, set
  /// `ms`: milliseconds, kept as seconds.
  case timer
  /// DogStatsD's `h` and `d`: numbers without a unit, kept as they are.
  case histogram
}

/// One line of statsd, `name:value|type|@rate|#tag:value,...`, in the dialects of Etsy and
/// DogStatsD 1.1 (several values with colons between). Ranges are of the line.
struct StatsdLine {
  let name: Range<Int>
  let values: [Range<Int>]
  let kind: StatsdKind
  /// 0 < rate <= 1.
  let rate: Double
  let tags: Range<Int>

  init(_ line: Span<UInt8>) throws(Fault) {
    if line.matches("_e{", at: 0) || line.matches("_sc|", at: 0) {
      throw Fault(.unsupported, "events and service checks", refused: line)
    }
    var cursor = Cursor(line)
    guard let name = cursor.take(until: 58), !name.isEmpty, let list = cursor.take(until: 124),
      !list.isEmpty
    else { throw Fault(.malformed, "not name:value|type", refused: line) }
    self.name = name
    values = try Self.values(list, of: line)
    let type = cursor.take { $0 != 124 }
    kind = try Self.kind(line.extracting(type), line)
    var rate: Double?
    var tags: Range<Int>?
    while cursor.skip(124) {
      let part = cursor.take { $0 != 124 }
      switch part.first.map({ line[$0] }) {
      case UInt8(ascii: "@"):
        guard rate == nil,
          let value = Numbers.decimal(line.extracting((part.lowerBound + 1)..<part.upperBound)),
          value > 0, value <= 1, (1 / value).isFinite
        else { throw Fault(.invalidRate, "a rate is above 0 and at most 1", refused: line) }
        rate = value
      case UInt8(ascii: "#"):
        guard tags == nil else { throw Fault(.malformed, "two lists of tags", refused: line) }
        tags = (part.lowerBound + 1)..<part.upperBound
      // Time, container, external data, cardinality: nothing we keep.
      default: break
      }
    }
    self.rate = rate ?? 1
    self.tags = tags ?? 0..<0
  }

  private static func values(
    _ list: Range<Int>, of line: Span<UInt8>
  ) throws(Fault) -> [Range<Int>] {
    var cursor = Cursor(line, list)
    var values: [Range<Int>] = []
    repeat {
      let value = cursor.take { $0 != 58 }
      guard !value.isEmpty else { throw Fault(.malformed, "an empty value", refused: line) }
      guard values.count < Limits.valuesPerLine else {
        throw Fault(.rowTooLong, "more than \(Limits.valuesPerLine) values", refused: line)
      }
      values.append(value)
      if cursor.isAtEnd { return values }
    } while cursor.skip(58)
    throw Fault(.malformed, refused: line)
  }

  private static func kind(
    _ type: Span<UInt8>, _ line: Span<UInt8>
  ) throws(Fault) -> StatsdKind {
    if type.equals("c") { return .counter }
    if type.equals("g") { return .gauge }
    if type.equals("ms") { return .timer }
    if type.equals("h") || type.equals("d") { return .histogram }
    if type.equals("s") { return .set }
    if type.isEmpty { throw Fault(.malformed, "no type", refused: line) }
    throw Fault(.unknownType, refused: line)
  }
}
