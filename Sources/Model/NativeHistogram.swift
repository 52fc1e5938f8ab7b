/// One sample of a native histogram of Prometheus, with every bit it came with
/// (prometheus/prompb: types.proto, `Histogram`). There is none whose counts do not fit its
/// buckets.
public struct NativeHistogram: Sendable {
  /// What its counts are.
  public enum Kind: Sendable {
    case integer, float
  }

  /// What its sender knows about a reset since the sample before; raw values are the protocol's.
  public enum ResetHint: UInt8, Sendable, CaseIterable {
    case unknown = 0
    case yes = 1
    case no = 2
    case gauge = 3
  }

  /// The schemas whose buckets grow by 2^2^-schema, and that of buckets with bounds of their own.
  public static let exponentialSchemas: ClosedRange<Int32> = -4...8
  public static let customSchema: Int32 = -53

  public let kind: Kind
  public let resetHint: ResetHint
  public let schema: Int32
  public let zeroThreshold: Double
  /// Of what was observed; a NaN with the bits of a stale marker says that the series ends.
  public let sum: Double
  /// Observations: an integer, or the bits of a float, as the kind says.
  public let count: UInt64
  public let zeroCount: UInt64
  public let positive: HistogramBuckets
  public let negative: HistogramBuckets
  /// Upper bounds, ascending, of schema -53 only.
  public let customValues: [Double]

  /// Throws `invalid_value` for a schema that is not known, for buckets that the schema has not,
  /// and for counts that are negative or do not add up.
  public init(
    kind: Kind, resetHint: ResetHint, schema: Int32, zeroThreshold: Double, sum: Double,
    count: UInt64, zeroCount: UInt64, positive: HistogramBuckets, negative: HistogramBuckets,
    customValues: [Double]
  ) throws(Fault) {
    self.kind = kind
    self.resetHint = resetHint
    self.schema = schema
    self.zeroThreshold = zeroThreshold
    self.sum = sum
    self.count = count
    self.zeroCount = zeroCount
    self.positive = positive
    self.negative = negative
    self.customValues = customValues
    guard positive.counts.count + negative.counts.count <= Limits.bucketsPerHistogram,
      customValues.count <= Limits.bucketsPerHistogram
    else { throw HistogramBuckets.tooMany }
    try checkSchema()
    switch kind {
    case .integer: try checkIntegers()
    case .float: try checkFloats()
    }
  }

  private func checkSchema() throws(Fault) {
    if Self.exponentialSchemas.contains(schema) {
      guard customValues.isEmpty else {
        throw Self.fault("custom values belong to schema -53, this one is \(schema)")
      }
      return
    }
    guard schema == Self.customSchema else {
      throw Self.fault("schema \(schema); -4 to 8 and -53 are known")
    }
    let hasZeroCount = kind == .float ? Double(bitPattern: zeroCount) != 0 : zeroCount != 0
    guard negative.spans.isEmpty, !hasZeroCount, zeroThreshold == 0 else {
      throw Self.fault("schema -53 has neither a zero bucket nor negative ones")
    }
    guard customValues.allSatisfy(\.isFinite),
      zip(customValues, customValues.dropFirst()).allSatisfy(<)
    else { throw Self.fault("custom values must be finite and ascend") }
    guard positive.indices.first ?? 0 >= 0, Int(positive.indices.last ?? 0) <= customValues.count
    else { throw Self.fault("a bucket beyond the \(customValues.count) custom values") }
  }

  /// Buckets may hold less than the count only where NaN was observed, as Prometheus has it.
  private func checkIntegers() throws(Fault) {
    var total = zeroCount
    for count in positive.counts + negative.counts {
      let (sum, isOver) = total.addingReportingOverflow(count)
      if isOver { throw Self.fault("counts of more than 64 bits") }
      total = sum
    }
    guard total == count || (sum.isNaN && total < count) else {
      throw Self.fault("its count is \(count), that of its buckets \(total)")
    }
  }

  private func checkFloats() throws(Fault) {
    for bits in [count, zeroCount] + positive.counts + negative.counts
    where Double(bitPattern: bits) < 0 {
      throw Self.fault("a count of \(Double(bitPattern: bits))")
    }
  }

  private static func fault(_ detail: String) -> Fault {
    Fault(.invalidValue, "native histogram: " + detail)
  }
}

/// By bits: a NaN equals itself, and 0 is not -0.
extension NativeHistogram: Equatable {
  public static func == (left: Self, right: Self) -> Bool {
    left.kind == right.kind && left.resetHint == right.resetHint && left.schema == right.schema
      && left.zeroThreshold.bitPattern == right.zeroThreshold.bitPattern
      && left.sum.bitPattern == right.sum.bitPattern && left.count == right.count
      && left.zeroCount == right.zeroCount && left.positive == right.positive
      && left.negative == right.negative
      && left.customValues.map(\.bitPattern) == right.customValues.map(\.bitPattern)
  }
}
