package import Bytes

/// Why input was refused. The raw value is the `reason` label of the counters.
package enum FaultReason: String, Sendable, CaseIterable, Error {
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
package struct Fault: Error, Sendable, Equatable {
  package static let sampleLimit = 64

  package let reason: FaultReason
  /// A sentence for people; empty when the reason says it all.
  package let detail: String
  package let position: Int
  package let sample: ByteString

  package init(_ reason: FaultReason, _ detail: String = "", at position: Int = 0) {
    self.reason = reason
    self.detail = detail
    self.position = position
    sample = .empty
  }

  /// Keeps the first bytes of `refused` as the sample.
  package init(
    _ reason: FaultReason, _ detail: String = "", at position: Int = 0, refused: Span<UInt8>
  ) {
    self.reason = reason
    self.detail = detail
    self.position = position
    sample = ByteString(refused.extracting(0..<Swift.min(refused.count, Self.sampleLimit)))
  }
}

/// Faults by reason: how many, and the first of each.
package struct FaultTally: Sendable {
  /// A reason's count and its first fault.
  package struct Entry: Sendable {
    package var count: Int
    package let first: Fault
  }

  package private(set) var entries: [FaultReason: Entry] = [:]

  package init() {}

  package var total: Int { entries.values.reduce(0) { $0 + $1.count } }

  package mutating func add(_ fault: Fault, count: Int = 1) {
    entries[fault.reason, default: Entry(count: 0, first: fault)].count += count
  }

  package mutating func add(_ other: FaultTally) {
    for entry in other.entries.values { add(entry.first, count: entry.count) }
  }
}
