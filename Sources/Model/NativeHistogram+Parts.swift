extension NativeHistogram {
  private static let spanScale: Int64 = 1 << 14

  /// All its parts with their values, the layout first.
  public var parts: [(part: HistogramPart, value: Double)] {
    let layout = HistogramLayout(of: self)
    func number(_ count: UInt64) -> Double {
      layout.form == .numbers ? Double(count) : Double(bitPattern: count)
    }
    var parts: [(part: HistogramPart, value: Double)] = [
      (.layout, layout.value), (.sum, sum), (.count, number(count)),
      (.zeroCount, number(zeroCount)), (.zeroThreshold, zeroThreshold),
    ]
    let sides: [(HistogramPart.Side, HistogramBuckets)] = [
      (.positive, positive), (.negative, negative),
    ]
    for (side, buckets) in sides {
      for (place, span) in buckets.spans.enumerated() {
        // Within 46 bits, as a length is at most the limit of buckets.
        let word = Int64(span.offset) * Self.spanScale + Int64(span.length)
        parts.append((.span(side, place), Double(word)))
      }
      for (index, count) in zip(buckets.indices, buckets.counts) {
        parts.append((.bucket(side, index), number(count)))
      }
    }
    for (place, bound) in customValues.enumerated() {
      parts.append((.customValue(place), bound))
    }
    return parts
  }

  /// The histogram of these parts, which `value` finds; nil when one is missing or they make none.
  public init?(parts value: (HistogramPart) -> Double?) {
    guard let layout = value(.layout).flatMap(HistogramLayout.init),
      let sum = value(.sum), let threshold = value(.zeroThreshold)
    else { return nil }
    func count(_ part: HistogramPart) -> UInt64? {
      guard let number = value(part) else { return nil }
      return layout.form == .numbers ? UInt64(exactly: number) : number.bitPattern
    }
    func buckets(_ side: HistogramPart.Side, _ spanCount: Int) -> HistogramBuckets? {
      var spans: [HistogramBuckets.BucketSpan] = []
      var counts: [UInt64] = []
      var next: Int64 = 0
      for place in 0..<spanCount {
        guard let word = value(.span(side, place)).flatMap({ Int64(exactly: $0) }),
          let offset = Int32(exactly: word >> 14)
        else { return nil }
        let length = word & (Self.spanScale - 1)
        spans.append(.init(offset: offset, length: UInt32(length)))
        next += Int64(offset)
        for _ in 0..<length {
          guard let index = Int32(exactly: next), let count = count(.bucket(side, index)) else {
            return nil
          }
          counts.append(count)
          next += 1
        }
      }
      return try? HistogramBuckets(spans: spans, counts: counts)
    }
    var bounds: [Double] = []
    for place in 0..<layout.customValues {
      guard let bound = value(.customValue(place)) else { return nil }
      bounds.append(bound)
    }
    guard let total = count(.count), let zero = count(.zeroCount),
      let positive = buckets(.positive, layout.positiveSpans),
      let negative = buckets(.negative, layout.negativeSpans),
      let whole = try? NativeHistogram(
        kind: layout.form == .floats ? .float : .integer, resetHint: layout.resetHint,
        schema: layout.schema, zeroThreshold: threshold, sum: sum, count: total, zeroCount: zero,
        positive: positive, negative: negative, customValues: bounds)
    else { return nil }
    self = whole
  }
}
