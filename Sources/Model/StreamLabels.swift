public import Bytes

/// The stream labels that a record came with by Loki's push API and that a record has no part for.
/// They are one field of it, `_stream`: a JSON object of names and texts, sorted by name. So a
/// store keeps them as it keeps any field, once for all records of a stream, and a record without
/// labels of its own still says that it was pushed: `{}`.
///
/// Such a record shows these labels, and its service, environment, host, logger and release, and no
/// others; its level is shown as `level` only when that is among them, spelt as it came. Its other
/// fields are Loki's structured metadata.
public enum StreamLabels {
  /// The name of the field. Rows of other formats that have a field of this name get it renamed.
  public static let field: ByteString = "_stream"
  /// The length of its name, which tells nearly all other fields from it.
  fileprivate static let fieldBytes: UInt32 = 7

  /// The field's value for labels of any order, each name once.
  public static func write(_ labels: [Label]) -> [UInt8] {
    var json = JSONWriter()
    json.object { json in
      for label in labels.sorted() {
        json.key(label.name)
        json.string(label.value)
      }
    }
    return json.bytes
  }

  /// The labels of a field's value; nil when it is none that `write` made.
  public static func read(_ value: ByteString) -> [Label]? {
    guard let members = (try? JSONValue(parsing: value.bytes))?.members else { return nil }
    var labels: [Label] = []
    for member in members {
      guard let text = member.value.bytes else { return nil }
      labels.append(Label(member.key, text))
    }
    return labels
  }
}

extension Batch {
  /// Where the field `_stream` of a record has its value; nil for records that were not pushed to
  /// Loki's API.
  public func streamLabels(of record: Record) -> Slice? {
    for index in record.fields where fields[index].name.count == StreamLabels.fieldBytes {
      if bytes(fields[index].name).equals("_stream") { return fields[index].value }
    }
    return nil
  }
}
