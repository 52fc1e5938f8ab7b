import Bytes
import Model

/// The database a message names when its head has none, in the wordings Odoo and queue_job use.
enum DatabaseMention {
  /// Where the name stands, or nil.
  static func find(in message: Span<UInt8>) -> Range<Int>? {
    for wording in wordings {
      guard let start = message.firstIndex(of: wording) else { continue }
      let from = start + wording.utf8CodeUnitCount
      var cursor = Cursor(message, from..<message.count)
      // A full stop belongs to the sentence, not to the name.
      let name = message.trimmedEnd(cursor.take(while: isNameByte)) { $0 == 46 }
      if !name.isEmpty, !OdooText.isNoDatabase(message.extracting(name)) { return name }
    }
    return nil
  }

  private static let wordings: [StaticString] = [
    "Skipping database ", "Failed to initialize database `", " on database ", " on db ",
    " ready for db ", "?db=", "&db=", "(db:", " for db:", " runner lock on ",
  ]

  private static func isNameByte(_ byte: UInt8) -> Bool {
    byte.isLetter || byte.isDigit || byte == 46 || byte == 95 || byte == 45
  }
}
