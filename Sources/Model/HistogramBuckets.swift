/// The buckets of one sign of a native histogram: which there are, and how often each was hit.
public struct HistogramBuckets: Sendable, Equatable {
  /// Buckets that follow each other: `offset` from the one behind the span before (of the first
  /// span: from 0), `length` of them, which may be none.
  public struct BucketSpan: Sendable, Equatable {
    public let offset: Int32
    public let length: UInt32

    public init(offset: Int32, length: UInt32) {
      self.offset = offset
      self.length = length
    }
  }

  public static let none = HistogramBuckets()
  static let tooMany = Fault(
    .invalidValue,
    "native histogram: more than \(Limits.bucketsPerHistogram) buckets; lower its resolution")

  public let spans: [BucketSpan]
  /// The number of each bucket, ascending.
  public let indices: [Int32]
  /// Of each bucket an integer, or the bits of a float.
  public let counts: [UInt64]

  private init() {
    (spans, indices, counts) = ([], [], [])
  }

  /// Throws `invalid_value` for spans that overlap, go too far, or do not have as many buckets as
  /// there are counts.
  public init(spans: [BucketSpan], counts: [UInt64]) throws(Fault) {
    guard spans.count <= Limits.bucketsPerHistogram else { throw Self.tooMany }
    var indices: [Int32] = []
    indices.reserveCapacity(Swift.min(counts.count, Limits.bucketsPerHistogram))
    // No sum of so few numbers of 32 bits leaves 64.
    var next: Int64 = 0
    for (place, span) in spans.enumerated() {
      guard place == 0 || span.offset >= 0 else {
        throw Fault(
          .invalidValue, "native histogram: span \(place) has the negative offset \(span.offset)")
      }
      guard Int(span.length) <= Limits.bucketsPerHistogram - indices.count else {
        throw Self.tooMany
      }
      next += Int64(span.offset)
      let end = next + Int64(span.length)
      guard Int32(exactly: next) != nil, Int32(exactly: end) != nil else {
        throw Fault(.invalidValue, "native histogram: span \(place) goes beyond 32 bits")
      }
      for index in next..<end { indices.append(Int32(truncatingIfNeeded: index)) }
      next = end
    }
    guard indices.count == counts.count else {
      throw Fault(
        .invalidValue,
        "native histogram: spans of \(indices.count) buckets with \(counts.count) counts")
    }
    self.spans = spans
    self.indices = indices
    self.counts = counts
  }
}
