package import Bytes

/// Where bytes lie in a batch's arena.
package struct Slice: Sendable, Equatable {
  package let offset: UInt32
  package let count: UInt32

  package static let empty = Slice(offset: 0, count: 0)

  package init(offset: UInt32, count: UInt32) {
    self.offset = offset
    self.count = count
  }

  package var isEmpty: Bool { count == 0 }
  package var range: Range<Int> { Int(offset)..<(Int(offset) + Int(count)) }
}

/// A log row of a batch. Times are nanoseconds since 1970.
package struct Record: Sendable, Equatable {
  package var time: Int64
  package var receivedAt: Int64
  package var level = Level.unknown
  /// What the row itself says of its tenant until tagging has decided; then the tenant.
  package var tenant = Slice.empty
  /// As stated by the row; empty where it stated none. Never inferred.
  package var release = Slice.empty
  package var service = Slice.empty
  package var environment = Slice.empty
  package var host = Slice.empty
  package var logger = Slice.empty
  package var message = Slice.empty
  package var firstField: UInt32 = 0
  package var fieldCount: UInt32 = 0

  package init(time: Int64, receivedAt: Int64) {
    self.time = time
    self.receivedAt = receivedAt
  }

  package var fields: Range<Int> { Int(firstField)..<(Int(firstField) + Int(fieldCount)) }
}

/// What a field's bytes mean; the bytes themselves are kept exactly. Raw values are stored.
package enum FieldKind: UInt8, Sendable {
  case text = 0
  case integer = 1
  case decimal = 2
  case boolean = 3
}

/// A typed field of a record.
package struct Field: Sendable, Equatable {
  package let name: Slice
  package let value: Slice
  package let kind: FieldKind

  package init(name: Slice, value: Slice, kind: FieldKind) {
    self.name = name
    self.value = value
    self.kind = kind
  }
}

/// A series a batch has samples of; its labels are sorted by name and unique. One the store knows
/// already needs only its id: such a row has no labels and no tenant.
package struct SeriesRow: Sendable, Equatable {
  /// The store's number for it, from `SeriesDirectory`; 0 when it is described here.
  package var id: UInt32 = 0
  /// What the store may remember it by, for the next frame of the same sender.
  package var fingerprint = Fingerprint.none
  /// As stated by the row until tagging has decided; then the tenant.
  package var tenant: Slice
  package var firstLabel: UInt32
  package var labelCount: UInt32

  package init(tenant: Slice, firstLabel: UInt32, labelCount: UInt32) {
    self.tenant = tenant
    self.firstLabel = firstLabel
    self.labelCount = labelCount
  }

  package var labels: Range<Int> { Int(firstLabel)..<(Int(firstLabel) + Int(labelCount)) }
}

/// A label of a series of a batch.
package struct LabelRow: Sendable, Equatable {
  package let name: Slice
  package let value: Slice

  package init(name: Slice, value: Slice) {
    self.name = name
    self.value = value
  }
}

/// One sample: the index of its series in the batch, milliseconds since 1970, and the value with
/// its exact bits (Prometheus' stale marker is NaN 0x7ff0000000000002).
package struct Sample: Sendable, Equatable {
  package var series: UInt32
  package var time: Int64
  package var value: Double

  package init(series: UInt32, time: Int64, value: Double) {
    self.series = series
    self.time = time
    self.value = value
  }
}

/// The unit of work between receiving and storing: rows whose bytes lie in one arena. Decoding
/// fills it, tagging completes it, storing keeps it. No row ever crosses a room alone.
package struct Batch: Sendable {
  package internal(set) var arena: [UInt8] = []
  /// Tagging changes records and series in place: their heads, never where fields or labels lie.
  package var records: [Record] = []
  package internal(set) var fields: [Field] = []
  package var series: [SeriesRow] = []
  package internal(set) var labels: [LabelRow] = []
  package internal(set) var samples: [Sample] = []
  /// Samples of series that the store knows. A frame has its samples here or in `samples`.
  package internal(set) var known = SampleColumns()
  /// Rows that were refused, by reason.
  package var faults = FaultTally()
  /// How many input rows this batch's rows were folded from (statsd lines into samples), so that
  /// the listener's books balance; nil when every row stands for itself.
  package var foldedRows: Int?

  package init() {}

  package var isEmpty: Bool { rowCount == 0 }
  /// Rows to store.
  package var rowCount: Int { records.count + samples.count + known.count }

  /// The bytes of a slice of this batch's arena.
  @_lifetime(borrow self)
  package func bytes(_ slice: Slice) -> Span<UInt8> {
    arena.span.extracting(slice.range)
  }

  /// A copy of the bytes of a slice.
  package func string(_ slice: Slice) -> ByteString {
    ByteString(arena[slice.range])
  }
}
