import Bytes
import Model

/// What Odoo's `--syslog` writes: `Odoo Server <version>:<db>:<LEVEL>:<logger>:<message>`, with
/// neither process nor time.
struct OdooPayload {
  static let mark: StaticString = "Odoo Server "

  let version: Range<Int>
  let database: Range<Int>
  let level: Level
  let logger: Range<Int>
  let message: Range<Int>

  /// Reads a payload; nil when it is another. `isCut` says that a relay took `Odoo` for the
  /// program's name, so that the payload begins with `Server`.
  init?(_ text: Span<UInt8>, isCut: Bool) {
    var cursor = Cursor(text)
    if isCut {
      _ = cursor.skip(32)
      guard cursor.skip("Server ") else { return nil }
    } else {
      guard cursor.skip(Self.mark) else { return nil }
    }
    guard let version = cursor.take(until: 58), let database = cursor.take(until: 58),
      let name = cursor.take(until: 58), let logger = cursor.take(until: 58), !logger.isEmpty
    else { return nil }
    level = Level(parsing: text.extracting(name))
    guard level != .unknown, !cursor.slice(database).equals(" ") else { return nil }
    self.version = version
    self.database = database
    self.logger = logger
    message = cursor.remaining
  }

  /// A traceback whose line ends rsyslog wrote as `#012`, with them back; nil for all else, since
  /// a number sign and digits may be the text's own.
  static func unescaped(_ text: Span<UInt8>) -> [UInt8]? {
    guard text.firstIndex(of: "#012Traceback (most recent call last):#012") != nil else {
      return nil
    }
    var plain: [UInt8] = []
    plain.reserveCapacity(text.count)
    var index = 0
    while index < text.count {
      if text.matches("#012", at: index) {
        plain.append(10)
        index += 4
      } else if text.matches("#011", at: index) {
        plain.append(9)
        index += 4
      } else if text.matches("#000", at: index), index + 4 == text.count {
        index += 4
      } else {
        plain.append(text[index])
        index += 1
      }
    }
    return plain
  }
}
