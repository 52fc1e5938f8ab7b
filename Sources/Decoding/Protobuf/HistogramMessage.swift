import Bytes
import Model
import Packing

/// The message `Histogram` of remote write 1.0 (prometheus/prompb: types.proto), as it stands
/// there. Of what a histogram may have only so many of, one more is kept to show that it has.
struct HistogramMessage {
  /// The buckets of one sign.
  private struct Side {
    var spans: [(offset: Int64, length: UInt64)] = []
    var deltas: [Int64] = []
    var counts: [UInt64] = []
  }

  private static let most = Limits.bucketsPerHistogram

  /// Milliseconds.
  private(set) var time: Int64 = 0
  private var kind = NativeHistogram.Kind.integer
  private var count: UInt64 = 0
  private var zeroKind: NativeHistogram.Kind?
  private var zeroCount: UInt64 = 0
  private var sum = 0.0
  private var schema: Int64 = 0
  private var zeroThreshold = 0.0
  private var resetHint: UInt64 = 0
  private var positive = Side()
  private var negative = Side()
  private var customValues: [UInt64] = []

  /// Throws when the message cannot be cut.
  init(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(Fault) {
    var message = MessageReader(bytes, range)
    while let field = try message.next() {
      switch field.value {
      case .varint(let bits): takeInteger(field.number, bits)
      case .fixed64(let bits): takeFloat(field.number, bits)
      case .bytes(let inner): try takeList(field.number, bytes, inner)
      case .fixed32, .group: break
      }
    }
  }

  /// How many samples it becomes at most.
  var partCount: Int {
    let sides = [positive, negative].map { $0.spans.count + $0.deltas.count + $0.counts.count }
    return 5 + sides[0] + sides[1] + customValues.count
  }

  /// Throws `invalid_value` where it is none.
  func histogram() throws(Fault) -> NativeHistogram {
    guard let hint = UInt8(exactly: resetHint).flatMap(NativeHistogram.ResetHint.init) else {
      throw Fault(.invalidValue, "native histogram: reset hint \(resetHint) is not known")
    }
    guard let schema = Int32(exactly: schema) else {
      throw Fault(.invalidValue, "native histogram: schema \(schema)")
    }
    guard zeroKind == nil || zeroKind == kind else {
      throw Fault(.invalidValue, "native histogram: of count and zero count one is a float")
    }
    return try NativeHistogram(
      kind: kind, resetHint: hint, schema: schema, zeroThreshold: zeroThreshold, sum: sum,
      count: count, zeroCount: zeroCount, positive: try buckets(positive),
      negative: try buckets(negative), customValues: customValues.map(Double.init(bitPattern:)))
  }

  private func buckets(_ side: Side) throws(Fault) -> HistogramBuckets {
    var spans: [HistogramBuckets.BucketSpan] = []
    for span in side.spans {
      guard let offset = Int32(exactly: span.offset), let length = UInt32(exactly: span.length)
      else { throw Fault(.invalidValue, "native histogram: a span beyond 32 bits") }
      spans.append(.init(offset: offset, length: length))
    }
    guard kind == .integer ? side.counts.isEmpty : side.deltas.isEmpty else {
      throw Fault(.invalidValue, "native histogram: integers have deltas, floats have counts")
    }
    if kind == .float { return try HistogramBuckets(spans: spans, counts: side.counts) }
    var counts: [UInt64] = []
    var count: Int64 = 0
    for delta in side.deltas {
      guard let sum = count.adding(delta), sum >= 0 else {
        throw Fault(
          .invalidValue, "native histogram: the count of bucket \(counts.count) is out of range")
      }
      count = sum
      counts.append(UInt64(sum))
    }
    return try HistogramBuckets(spans: spans, counts: counts)
  }

  private mutating func takeInteger(_ number: Int, _ bits: UInt64) {
    switch number {
    case 1: (kind, count) = (.integer, bits)
    case 4: schema = Self.signed(bits)
    case 6: (zeroKind, zeroCount) = (.integer, bits)
    case 9: Self.keep(Self.signed(bits), in: &negative.deltas)
    case 12: Self.keep(Self.signed(bits), in: &positive.deltas)
    case 14: resetHint = bits
    case 15: time = Int64(bitPattern: bits)
    default: break
    }
  }

  private mutating func takeFloat(_ number: Int, _ bits: UInt64) {
    switch number {
    case 2: (kind, count) = (.float, bits)
    case 3: sum = Double(bitPattern: bits)
    case 5: zeroThreshold = Double(bitPattern: bits)
    case 7: (zeroKind, zeroCount) = (.float, bits)
    case 10: Self.keep(bits, in: &negative.counts)
    case 13: Self.keep(bits, in: &positive.counts)
    case 16: Self.keep(bits, in: &customValues)
    default: break
    }
  }

  /// A span, or numbers one behind the other.
  private mutating func takeList(
    _ number: Int, _ bytes: Span<UInt8>, _ range: Range<Int>
  ) throws(Fault) {
    switch number {
    case 8: Self.keep(try Self.span(bytes, range), in: &negative.spans)
    case 11: Self.keep(try Self.span(bytes, range), in: &positive.spans)
    case 9, 12:
      let list = bytes.extracting(0..<range.upperBound)
      var position = range.lowerBound
      while position < range.upperBound {
        guard let bits = VariableInteger.take(list, at: &position) else {
          throw Fault(.malformed, "protobuf: number of a histogram", at: position)
        }
        takeInteger(number, bits)
      }
    case 10, 13, 16:
      var cursor = Cursor(bytes, range)
      while !cursor.isAtEnd {
        guard let place = cursor.take(8) else {
          throw Fault(.truncated, "protobuf: end inside a number", at: cursor.position)
        }
        var bits: UInt64 = 0
        for index in place.reversed() { bits = bits << 8 | UInt64(bytes[index]) }
        takeFloat(number, bits)
      }
    default: break
    }
  }

  private static func span(
    _ bytes: Span<UInt8>, _ range: Range<Int>
  ) throws(Fault) -> (offset: Int64, length: UInt64) {
    var offset: Int64 = 0
    var length: UInt64 = 0
    var message = MessageReader(bytes, range)
    while let field = try message.next() {
      if field.number == 1, case .varint(let bits) = field.value { offset = signed(bits) }
      if field.number == 2, case .varint(let bits) = field.value { length = bits }
    }
    return (offset, length)
  }

  private static func keep<Element>(_ element: Element, in list: inout [Element]) {
    if list.count <= most { list.append(element) }
  }

  /// Zigzag (protobuf.dev, "Encoding").
  private static func signed(_ bits: UInt64) -> Int64 {
    Int64(bitPattern: bits >> 1 ^ (0 &- (bits & 1)))
  }
}
