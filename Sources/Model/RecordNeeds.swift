package import Bytes

/// A part of a record's head that can be counted by.
package enum RecordPart: Sendable, CaseIterable {
  case release, service, environment, host, logger, level
}

/// What a read needs of records, so that a store can leave the rest packed. What is not needed may
/// be missing from the records it lends.
package struct RecordNeeds: Sendable {
  /// Each record that is asked for holds all of these in its message; others may be left out.
  package var texts: [ByteString]
  /// Whether messages are looked at.
  package var message: Bool
  /// Which fields are looked at, by the name they were sent with; nil for all.
  package var fields: (@Sendable (ByteString) -> Bool)?

  package init(
    texts: [ByteString] = [], message: Bool = true,
    fields: (@Sendable (ByteString) -> Bool)? = nil
  ) {
    self.texts = texts
    self.message = message
    self.fields = fields
  }

  /// Whether whole records are needed, all of them.
  package var isAll: Bool { texts.isEmpty && message && fields == nil }
}

/// The values of a part of the heads of some records.
package struct HeadColumn: Sendable {
  /// Each value once; the empty one stands for records without.
  package let values: [ByteString]
  /// How many records have each.
  package let counts: [Int]

  package init(values: [ByteString], counts: [Int]) {
    self.values = values
    self.counts = counts
  }
}

/// The values of a field of some records.
package struct FieldColumn: Sendable {
  /// A text that records have, and what its senders meant it to be.
  package struct Value: Sendable {
    package let text: ByteString
    package let kind: FieldKind

    package init(text: ByteString, kind: FieldKind) {
      self.text = text
      self.kind = kind
    }
  }

  /// As it was sent; empty when no record has it.
  package let name: ByteString
  package let values: [Value]
  /// For each record the index of its value, -1 for those without; empty when no record has one.
  package let codes: [Int32]

  package init(name: ByteString, values: [Value], codes: [Int32]) {
    self.name = name
    self.values = values
    self.codes = codes
  }
}

/// The numbers that a field of some records holds.
package struct FieldNumbers: Sendable {
  /// The records that have it, ascending; nil for all.
  package let rows: [UInt32]?
  package let values: [Double]

  package init(rows: [UInt32]?, values: [Double]) {
    self.rows = rows
    self.values = values
  }
}
