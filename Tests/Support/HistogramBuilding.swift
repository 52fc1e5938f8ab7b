package import Model

extension WriteRequestBuilder {
  /// The field of a native histogram inside a series; numbers of buckets one by one, as old clients
  /// send them, or packed.
  package static func histogram(
    _ histogram: NativeHistogram, _ time: Int64, isPacked: Bool = true
  ) -> [UInt8] {
    let isFloat = histogram.kind == .float
    var body = number(isFloat ? 2 : 1, histogram.count, isFloat: isFloat)
    body += number(3, histogram.sum.bitPattern, isFloat: true)
    body += number(4, zigzag(Int64(histogram.schema)), isFloat: false)
    body += number(5, histogram.zeroThreshold.bitPattern, isFloat: true)
    body += number(isFloat ? 7 : 6, histogram.zeroCount, isFloat: isFloat)
    for (first, side) in [(UInt64(8), histogram.negative), (11, histogram.positive)] {
      for span in side.spans { body += field(first, Self.span(span.offset, span.length)) }
      var before: UInt64 = 0
      let counts = side.counts.map { count -> UInt64 in
        defer { before = count }
        return isFloat ? count : zigzag(Int64(bitPattern: count) - Int64(bitPattern: before))
      }
      body += list(first + (isFloat ? 2 : 1), counts, isFloat: isFloat, isPacked: isPacked)
    }
    body += number(14, UInt64(histogram.resetHint.rawValue), isFloat: false)
    body += number(15, UInt64(bitPattern: time), isFloat: false)
    body += list(
      16, histogram.customValues.map(\.bitPattern), isFloat: true, isPacked: isPacked)
    return field(4, body)
  }

  /// A span's message.
  package static func span(_ offset: Int32, _ length: UInt32) -> [UInt8] {
    number(1, zigzag(Int64(offset)), isFloat: false) + number(2, UInt64(length), isFloat: false)
  }

  /// A number with its tag.
  package static func number(_ field: UInt64, _ bits: UInt64, isFloat: Bool) -> [UInt8] {
    varint(field << 3 | (isFloat ? 1 : 0)) + plain(bits, isFloat)
  }

  package static func zigzag(_ value: Int64) -> UInt64 {
    UInt64(bitPattern: (value << 1) ^ (value >> 63))
  }

  private static func plain(_ bits: UInt64, _ isFloat: Bool) -> [UInt8] {
    isFloat ? (0..<8).map { UInt8(truncatingIfNeeded: bits >> (8 * UInt64($0))) } : varint(bits)
  }

  private static func list(
    _ field: UInt64, _ all: [UInt64], isFloat: Bool, isPacked: Bool
  ) -> [UInt8] {
    if all.isEmpty { return [] }
    guard isPacked else { return all.flatMap { number(field, $0, isFloat: isFloat) } }
    return Self.field(field, all.flatMap { plain($0, isFloat) })
  }
}

extension NativeHistogram {
  /// Any histogram that is one: of both kinds and all schemas, with empty spans, with buckets at
  /// the ends of their numbers, with counts beyond 2^53, and with floats of any bits.
  package static func random(
    using random: inout SeededGenerator
  ) throws -> NativeHistogram {
    let kind: Kind = Bool.random(using: &random) ? .integer : .float
    let schema =
      Int.random(in: 0..<4, using: &random) == 0
      ? customSchema : Int32.random(in: exponentialSchemas, using: &random)
    let isCustom = schema == customSchema
    let isWide = Int.random(in: 0..<3, using: &random) == 0
    func count() -> UInt64 {
      guard kind == .integer else { return bits(&random, isCount: true) }
      let length: UInt64 = isWide ? 57 : Bool.random(using: &random) ? 50 : 4
      return random.next() >> (64 - length)
    }
    func buckets() throws -> HistogramBuckets {
      var spans: [HistogramBuckets.BucketSpan] = []
      var total = 0
      for place in 0..<Int.random(in: 0...5, using: &random) {
        let ends: [Int32] = isCustom ? [0] : [-2_000_000_000, -7, 0, 3, 1_900_000_000]
        let offset =
          place == 0
          ? ends.randomElement(using: &random) ?? 0 : Int32.random(in: 0...9, using: &random)
        let length = UInt32.random(in: 0...6, using: &random)
        spans.append(.init(offset: offset, length: length))
        total += Int(length)
      }
      return try HistogramBuckets(spans: spans, counts: (0..<total).map { _ in count() })
    }
    let positive = try buckets()
    let negative = isCustom ? .none : try buckets()
    let zeroCount = isCustom ? 0 : count()
    let last = isCustom ? Int(positive.indices.last ?? 0) : 0
    let total = (positive.counts + negative.counts).reduce(zeroCount, &+)
    return try NativeHistogram(
      kind: kind, resetHint: ResetHint.allCases.randomElement(using: &random) ?? .unknown,
      schema: schema,
      zeroThreshold: isCustom ? 0 : Double(bitPattern: bits(&random, isCount: false)),
      sum: Double(bitPattern: bits(&random, isCount: false)),
      count: kind == .integer ? total : count(),
      zeroCount: zeroCount, positive: positive, negative: negative,
      customValues: isCustom ? (0..<(last + 2)).map { Double($0) * 0.3 - 1 } : [])
  }

  /// The bits of a float, odd ones among them; a count is not below 0.
  private static func bits(_ random: inout SeededGenerator, isCount: Bool) -> UInt64 {
    let odd: [Double] = [.infinity, -0.0, 0, 0.1, .leastNonzeroMagnitude, 1e308]
    switch Int.random(in: 0..<4, using: &random) {
    case 0: return 0x7FF8_0000_0000_0000 | random.next() >> 14
    case 1: return (odd.randomElement(using: &random) ?? 0).bitPattern
    default:
      let bits = random.next()
      return isCount ? bits & 0x7FFF_FFFF_FFFF_FFFF : bits
    }
  }
}
