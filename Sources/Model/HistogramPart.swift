public import Bytes

/// What a native histogram is kept as: a sample, of the time of its own, in one float series for
/// each part. The series has the histogram's labels and `__histogram__`, the name of the part.
public enum HistogramPart: Hashable, Sendable {
  /// Of which sign the buckets are.
  public enum Side: String, Sendable {
    case positive = "p"
    case negative = "n"
  }

  /// Kind, hint, schema, and how many spans and custom values there are (`HistogramLayout`).
  case layout
  case sum
  case count
  case zeroCount
  case zeroThreshold
  /// A span by its place: 16,384 times its offset, plus its length.
  case span(Side, Int)
  /// The count of a bucket by its number. Of integers it is the count itself, not the step from
  /// the bucket before.
  case bucket(Side, Int32)
  /// A bound by its place.
  case customValue(Int)

  /// The label that tells the parts apart. No series that somebody sends may have it.
  public static let label: ByteString = "__histogram__"
  /// The name of the part that each histogram has once, whatever its buckets.
  public static let layoutName: ByteString = "layout"

  /// The value of the label: `layout`, `sum`, `p:3` (a bucket), `ps:0` (a span), `c:0` (a bound).
  public var name: ByteString {
    switch self {
    case .layout: Self.layoutName
    case .sum: "sum"
    case .count: "count"
    case .zeroCount: "zero_count"
    case .zeroThreshold: "zero_threshold"
    case .span(let side, let place): ByteString("\(side.rawValue)s:\(place)")
    case .bucket(let side, let index): ByteString("\(side.rawValue):\(index)")
    case .customValue(let place): ByteString("c:\(place)")
    }
  }
}

extension Labels {
  /// The name of the part of a native histogram that a series is; nil for an ordinary series.
  public var histogramPart: ByteString? {
    // Hardly a label stands before it, so an ordinary series is told by its first.
    for pair in pairs {
      if pair.name == HistogramPart.label { return pair.value }
      if HistogramPart.label < pair.name { return nil }
    }
    return nil
  }
}

/// The first part of a histogram, which says what the others are; a whole number below 2^53, and
/// so exact in a float. From the lowest bit: form (2 bits), reset hint (2), schema + 64 (7),
/// numbers of positive spans, negative spans and custom values (14 each).
struct HistogramLayout: Equatable {
  /// How counts are values: as the numbers they are, as bits where an integer is beyond 2^53, or as
  /// the floats they are.
  enum Form: Int64 {
    case numbers = 0
    case bits = 1
    case floats = 2
  }

  private static let schemaOffset: Int64 = 64
  private static let countMask: Int64 = (1 << 14) - 1

  let form: Form
  let resetHint: NativeHistogram.ResetHint
  let schema: Int32
  let positiveSpans: Int
  let negativeSpans: Int
  let customValues: Int

  init(of histogram: NativeHistogram) {
    resetHint = histogram.resetHint
    schema = histogram.schema
    positiveSpans = histogram.positive.spans.count
    negativeSpans = histogram.negative.spans.count
    customValues = histogram.customValues.count
    guard histogram.kind == .integer else {
      form = .floats
      return
    }
    let exact: UInt64 = 1 << 53
    let fits =
      histogram.count <= exact && histogram.zeroCount <= exact
      && histogram.positive.counts.allSatisfy { $0 <= exact }
      && histogram.negative.counts.allSatisfy { $0 <= exact }
    form = fits ? .numbers : .bits
  }

  /// Nil for a value that none has.
  init?(_ value: Double) {
    guard let word = Int64(exactly: value), word >= 0, word < 1 << 53,
      let form = Form(rawValue: word & 3),
      let hint = NativeHistogram.ResetHint(rawValue: UInt8(word >> 2 & 3))
    else { return nil }
    self.form = form
    resetHint = hint
    schema = Int32(truncatingIfNeeded: (word >> 4 & 127) - Self.schemaOffset)
    positiveSpans = Int(word >> 11 & Self.countMask)
    negativeSpans = Int(word >> 25 & Self.countMask)
    customValues = Int(word >> 39 & Self.countMask)
  }

  var value: Double {
    var word = form.rawValue | Int64(resetHint.rawValue) << 2
    word |= (Int64(schema) + Self.schemaOffset) << 4
    word |= Int64(positiveSpans) << 11 | Int64(negativeSpans) << 25 | Int64(customValues) << 39
    return Double(word)
  }
}
