public import Bytes

/// Why input was refused. The raw value is the `reason` label of the counters.
public enum FaultReason: String, Sendable, CaseIterable, Error {
  case invalidJSON = "invalid_json"
  case notAnObject = "not_an_object"
  case tooDeep = "too_deep"
  case tooManyFields = "too_many_fields"
  case tooManyLabels = "too_many_labels"
  case rowTooLong = "row_too_long"
  case nameTooLong = "name_too_long"
  case valueTooLong = "value_too_long"
  case emptyRow = "empty_row"
  case invalidTime = "invalid_time"
  case tooNew = "too_new"
  case tooOld = "too_old"
  case invalidName = "invalid_name"
  case missingName = "missing_name"
  case duplicateLabel = "duplicate_label"
  case missingLabels = "missing_labels"
  case invalidValue = "invalid_value"
  case invalidRate = "invalid_rate"
  case invalidText = "invalid_text"
  case unknownType = "unknown_type"
  case malformed = "malformed"
  case truncated = "truncated"
  case unsupported = "unsupported"
  case bodyTooLarge = "body_too_large"
  case decompression = "decompression"
}

/// One refusal: its reason, where in the frame, and at most 64 bytes of what was refused.
public struct Fault: Error, Sendable, Equatable {
  public static let sampleLimit = 64

  public let reason: FaultReason
  /// A sentence for people; empty when the reason says it all.
  public let detail: String
  public let position: Int
  public let sample: ByteString

  public init(_ reason: FaultReason, _ detail: String = "", at position: Int = 0) {
    self.reason = reason
    self.detail = detail
    self.position = position
    sample = .empty
  }

  /// Keeps the first bytes of `refused` as the sample.
  public init(
    _ reason: FaultReason, _ detail: String = "", at position: Int = 0, refused: Span<UInt8>
  ) {
    self.reason = reason
    self.detail = detail
    self.position = position
    sample = ByteString(refused.extracting(0..<Swift.min(refused.count, Self.sampleLimit)))
  }
}

/// Faults by reason: how many, and the first of each.
public struct FaultTally: Sendable {
  /// A reason's count and its first fault.
  public struct Entry: Sendable {
    public var count: Int
    public let first: Fault
  }

  public private(set) var entries: [FaultReason: Entry] = [:]

  public init() {}

  public var total: Int { entries.values.reduce(0) { $0 + $1.count } }

  public mutating func add(_ fault: Fault, count: Int = 1) {
    entries[fault.reason, default: Entry(count: 0, first: fault)].count += count
  }

  public mutating func add(_ other: FaultTally) {
    for entry in other.entries.values { add(entry.first, count: entry.count) }
  }
}
