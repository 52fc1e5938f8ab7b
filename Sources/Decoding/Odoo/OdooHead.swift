import Bytes
import Model

/// The head of a native line of Odoo 14 to 20:
/// `2025-06-02 22:04:41,118 512 INFO acme odoo.modules.loading: Modules loaded.`
/// Its time is UTC always: Odoo sets its own zone.
struct OdooHead {
  /// Nanoseconds since 1970; nil when the stamp is no date.
  let time: Int64?
  let stamp: Range<Int>
  let process: Range<Int>
  let level: Level
  let database: Range<Int>
  let logger: Range<Int>
  /// Where the message begins.
  let message: Int

  /// Reads a head at `start`; nil when none stands there.
  init?(_ line: Span<UInt8>, at start: Int = 0) {
    guard Stamp.stands(in: line, at: start) else { return nil }
    var cursor = Cursor(line, start..<line.count)
    cursor.move(to: start + 19)
    guard cursor.skip(44), let millis = cursor.take(3),
      millis.allSatisfy({ line[$0].isDigit }), cursor.skip(32)
    else { return nil }
    stamp = start..<millis.upperBound
    process = cursor.take(while: \.isDigit)
    guard !process.isEmpty, cursor.skip(32), let level = Self.level(&cursor) else { return nil }
    self.level = level
    guard let database = cursor.take(until: 32) else { return nil }
    self.database = database
    logger = cursor.take { !$0.isBlank && $0 != 58 }
    guard !logger.isEmpty, cursor.skip(58), cursor.isAtEnd || cursor.skip(32) else { return nil }
    message = cursor.position
    time = Instant.parse(line.extracting(stamp))
  }

  private static func level(_ cursor: inout Cursor) -> Level? {
    if cursor.skip("INFO ") { return .info }
    if cursor.skip("DEBUG ") { return .debug }
    if cursor.skip("WARNING ") { return .warning }
    if cursor.skip("ERROR ") { return .error }
    if cursor.skip("CRITICAL ") { return .critical }
    guard cursor.skip("Level ") else { return nil }
    let digits = cursor.take(while: \.isDigit)
    guard let number = Numbers.integer(cursor.slice(digits)), cursor.skip(32) else { return nil }
    return Level(pythonNumber: number)
  }
}

extension Level {
  /// The level of a number of Python's `logging`, which names only the tens.
  init(pythonNumber number: Int64) {
    switch number {
    case 50...: self = .critical
    case 40..<50: self = .error
    case 30..<40: self = .warning
    case 20..<30: self = .info
    case 10..<20: self = .debug
    default: self = .trace
    }
  }
}
