public import Bytes

/// Where bytes lie in a batch's arena.
public struct Slice: Sendable, Equatable, BitwiseCopyable {
  public let offset: UInt32
  public let count: UInt32

  public static let empty = Slice(offset: 0, count: 0)

  public init(offset: UInt32, count: UInt32) {
    self.offset = offset
    self.count = count
  }

  public var isEmpty: Bool { count == 0 }
  public var range: Range<Int> { Int(offset)..<(Int(offset) + Int(count)) }
}

/// A log row of a batch. Times are nanoseconds since 1970.
public struct Record: Sendable, Equatable {
  public var time: Int64
  public var receivedAt: Int64
  public var level = Level.unknown
  /// What the row itself says of its tenant until tagging has decided; then the tenant.
  public var tenant = Slice.empty
  /// As stated by the row; empty where it stated none. Never inferred.
  public var release = Slice.empty
  public var service = Slice.empty
  public var environment = Slice.empty
  public var host = Slice.empty
  public var logger = Slice.empty
  public var message = Slice.empty
  public var firstField: UInt32 = 0
  public var fieldCount: UInt32 = 0

  public init(time: Int64, receivedAt: Int64) {
    self.time = time
    self.receivedAt = receivedAt
  }

  public var fields: Range<Int> { Int(firstField)..<(Int(firstField) + Int(fieldCount)) }
}

/// What a field's bytes mean; the bytes themselves are kept exactly. Raw values are stored.
public enum FieldKind: UInt8, Sendable {
  case text = 0
  case integer = 1
  case decimal = 2
  case boolean = 3
}

/// A typed field of a record.
public struct Field: Sendable, Equatable {
  public let name: Slice
  public let value: Slice
  public let kind: FieldKind

  public init(name: Slice, value: Slice, kind: FieldKind) {
    self.name = name
    self.value = value
    self.kind = kind
  }
}

/// A series a batch has samples of; its labels are sorted by name and unique. One the store knows
/// already needs only its id: such a row has no labels and no tenant.
public struct SeriesRow: Sendable, Equatable {
  /// The store's number for it, from `SeriesDirectory`; 0 when it is described here.
  public var id: UInt32 = 0
  /// What the store may remember it by, for the next frame of the same sender.
  public var fingerprint = Fingerprint.none
  /// As stated by the row until tagging has decided; then the tenant.
  public var tenant: Slice
  public var firstLabel: UInt32
  public var labelCount: UInt32

  public init(tenant: Slice, firstLabel: UInt32, labelCount: UInt32) {
    self.tenant = tenant
    self.firstLabel = firstLabel
    self.labelCount = labelCount
  }

  public var labels: Range<Int> { Int(firstLabel)..<(Int(firstLabel) + Int(labelCount)) }
}

/// A label of a series of a batch.
public struct LabelRow: Sendable, Equatable {
  public let name: Slice
  public let value: Slice

  public init(name: Slice, value: Slice) {
    self.name = name
    self.value = value
  }
}

/// One sample: the index of its series in the batch, milliseconds since 1970, and the value with
/// its exact bits (Prometheus' stale marker is NaN 0x7ff0000000000002).
public struct Sample: Sendable, Equatable {
  public var series: UInt32
  public var time: Int64
  public var value: Double

  public init(series: UInt32, time: Int64, value: Double) {
    self.series = series
    self.time = time
    self.value = value
  }
}

/// The unit of work between receiving and storing: rows whose bytes lie in one arena. Decoding
/// fills it, tagging completes it, storing keeps it. No row ever crosses a room alone.
public struct Batch: Sendable {
  public internal(set) var arena: [UInt8] = []
  /// Tagging changes records and series in place: their heads, never where fields or labels lie.
  public var records: [Record] = []
  public internal(set) var fields: [Field] = []
  public var series: [SeriesRow] = []
  public internal(set) var labels: [LabelRow] = []
  public internal(set) var samples: [Sample] = []
  /// Samples of series that the store knows. A frame has its samples here or in `samples`.
  public internal(set) var known = SampleColumns()
  /// Rows that were refused, by reason.
  public var faults = FaultTally()
  /// How many input rows this batch's rows were folded from (statsd lines into samples), so that
  /// the listener's books balance; nil when every row stands for itself.
  public var foldedRows: Int?

  public init() {}

  public var isEmpty: Bool { rowCount == 0 }
  /// Rows to store.
  public var rowCount: Int { records.count + samples.count + known.count }

  /// The bytes of a slice of this batch's arena.
  @inlinable
  @_lifetime(borrow self)
  public func bytes(_ slice: Slice) -> Span<UInt8> {
    arena.span.extracting(slice.range)
  }

  /// Whether two slices of this batch's arena have the same bytes.
  @inlinable
  public func equal(_ left: Slice, _ right: Slice) -> Bool {
    guard left.count == right.count else { return false }
    if left.offset == right.offset { return true }
    let arena = arena.span
    var (one, other) = (Int(left.offset), Int(right.offset))
    var rest = Int(left.count)
    while rest > 0 {
      guard let word = arena.eightBytes(at: one), let next = arena.eightBytes(at: other) else {
        break
      }
      // Of a last word only the bytes of the slice count.
      let unlike = rest >= 8 ? word ^ next : (word ^ next) << UInt64(64 - rest * 8)
      if unlike != 0 { return false }
      one += 8
      other += 8
      rest -= 8
    }
    while rest > 0 {
      guard arena[one] == arena[other] else { return false }
      one += 1
      other += 1
      rest -= 1
    }
    return true
  }

  /// A copy of the bytes of a slice.
  public func string(_ slice: Slice) -> ByteString {
    ByteString(arena[slice.range])
  }
}
