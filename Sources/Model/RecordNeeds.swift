public import Bytes

/// A part of a record's head that can be counted by.
public enum RecordPart: Sendable, CaseIterable {
  case release, service, environment, host, logger, level
}

/// What a read needs of records, so that a store can leave the rest packed. What is not needed may
/// be missing from the records it lends.
public struct RecordNeeds: Sendable {
  /// Each record that is asked for holds all of these in its message; others may be left out.
  public var texts: [ByteString]
  /// Whether messages are looked at.
  public var message: Bool
  /// Which fields are looked at, by the name they were sent with; nil for all.
  public var fields: (@Sendable (ByteString) -> Bool)?

  public init(
    texts: [ByteString] = [], message: Bool = true,
    fields: (@Sendable (ByteString) -> Bool)? = nil
  ) {
    self.texts = texts
    self.message = message
    self.fields = fields
  }

  /// Whether whole records are needed, all of them.
  public var isAll: Bool { texts.isEmpty && message && fields == nil }
}

/// The values of a part of the heads of some records.
public struct HeadColumn: Sendable {
  /// Each value once; the empty one stands for records without.
  public let values: [ByteString]
  /// How many records have each.
  public let counts: [Int]

  public init(values: [ByteString], counts: [Int]) {
    self.values = values
    self.counts = counts
  }
}

/// The values of a field of some records.
public struct FieldColumn: Sendable {
  /// A text that records have, and what its senders meant it to be.
  public struct Value: Sendable {
    public let text: ByteString
    public let kind: FieldKind

    public init(text: ByteString, kind: FieldKind) {
      self.text = text
      self.kind = kind
    }
  }

  /// As it was sent; empty when no record has it.
  public let name: ByteString
  public let values: [Value]
  /// For each record the index of its value, -1 for those without; empty when no record has one.
  public let codes: [Int32]

  public init(name: ByteString, values: [Value], codes: [Int32]) {
    self.name = name
    self.values = values
    self.codes = codes
  }
}

/// The numbers that a field of some records holds.
public struct FieldNumbers: Sendable {
  /// The records that have it, ascending; nil for all.
  public let rows: [UInt32]?
  public let values: [Double]

  public init(rows: [UInt32]?, values: [Double]) {
    self.rows = rows
    self.values = values
  }
}
