import Bytes
import Model

/// What a column of records holds: a part of their head, or the fields of one name and kind.
struct ColumnKey: Hashable, Sendable {
  /// The parts that have columns of text. Raw values are stored.
  enum Part: UInt8, Sendable {
    case release = 1
    case service = 2
    case environment = 3
    case host = 4
    case logger = 5
    case message = 6
    case field = 7
  }

  let part: Part
  /// Of a field; empty for parts of the head.
  let name: ByteString
  /// Of a field; text for parts of the head.
  let kind: FieldKind
  /// 0, or how many fields of that name and kind stand before it in its record.
  let occurrence: UInt8

  /// A part of the head.
  init(_ part: Part) {
    self.part = part
    name = .empty
    kind = .text
    occurrence = 0
  }

  /// The fields of a name.
  init(field name: ByteString, _ kind: FieldKind, occurrence: UInt8 = 0) {
    part = .field
    self.name = name
    self.kind = kind
    self.occurrence = occurrence
  }
}

/// The values of a column, one for each row that has one, as slices of the arena beside it.
enum ColumnValues: Sendable {
  /// Distinct values, and the index of each row's value among them.
  case dictionary([Slice], codes: [UInt32])
  case plain([Slice])
}

/// A column of some rows. An empty part of a head is no value; an empty field is one.
struct RecordColumn: Sendable {
  let key: ColumnKey
  /// The rows that have a value, ascending; nil when all have.
  var rows: [UInt32]?
  var values: ColumnValues
}

/// Records of one tenant by column, ordered by service, environment, host, then time, then arrival:
/// what a log block is made of, and what it gives back.
struct TenantRows: Sendable {
  var tenant: ByteString
  var arena: [UInt8]
  /// Nanoseconds.
  var times: [Int64]
  /// Nanoseconds.
  var receivedAt: [Int64]
  /// `Level`'s raw values.
  var levels: [UInt8]
  /// In the order their first values came in.
  var columns: [RecordColumn]
}
