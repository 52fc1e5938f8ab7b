package import Bytes
package import Model

extension StoredHeads {
  /// The field whose name `isNamed`; nil when a record has several such.
  package func field(where isNamed: (ByteString) -> Bool) throws -> FieldColumn? {
    ReadMeter.current?.scanned(rows: count)
    guard let found = block.field(where: isNamed) else { throw DamagedRecords() }
    return found.isClear ? found.column : nil
  }

  /// The numbers of the field whose name `isNamed`; each row is in one of them at most. `read`
  /// tells what a text is worth, nil for none; with `readsDigits` what is kept as a number is
  /// worth what it says. Nil when a text is worth nothing, and when a record may have several
  /// such fields.
  package func numbers(
    where isNamed: (ByteString) -> Bool, readsDigits: Bool,
    _ read: (Span<UInt8>, FieldKind) -> Double?
  ) throws -> [FieldNumbers]? {
    ReadMeter.current?.scanned(rows: count)
    guard let found = block.numbers(where: isNamed, readsDigits: readsDigits, read) else {
      throw DamagedRecords()
    }
    guard found.allSatisfy(\.areAll), Self.areApart(found, count) else { return nil }
    return found.map { FieldNumbers(rows: $0.rows, values: $0.values) }
  }

  private static func areApart(_ columns: [FoundNumbers], _ count: Int) -> Bool {
    guard columns.count > 1 else { return true }
    var isTaken = [Bool](repeating: false, count: count)
    for column in columns {
      guard let rows = column.rows else { return false }
      for row in rows {
        if isTaken[Int(row)] { return false }
        isTaken[Int(row)] = true
      }
    }
    return true
  }
}
